"""From root to an unprivileged user between fork and exec, with closed directories still reachable."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from app.adapters.sandboxes.local.own_uid import bind_mapped, check

STAGE: Final = "/run"
"""Covered by a small tmpfs in a mount namespace of the sandbox's own; nobody else sees that."""

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_NOSUID_NODEV, _MS_PRIVATE_REC = 0x1000, 0x6, 0x44000
_libc = ctypes.CDLL(None, use_errno=True)


class Drop:
    """A `preexec_fn`. bubblewrap follows its sources by path, so under a 0700 home it needs them elsewhere."""

    def __init__(
        self, sources: Sequence[Path], uid: int, *, mapped: Collection[Path] = (), namespace: int | None = None
    ) -> None:
        """With a user namespace the owner of the `mapped` sources is shown as that of the sandbox."""
        if uid <= 0:
            raise ValueError(f"{uid} is not an unprivileged user id")
        self._uid = uid
        self._namespace = namespace
        self._sources = [
            (str(path.resolve()), path.is_dir(), namespace is not None and path in mapped) for path in sources
        ]
        self._names = {path: f"{STAGE}/{place}" for place, path in enumerate(sources)}

    def staged(self, source: Path) -> str:
        """The place where bubblewrap finds this source."""
        return self._names[source]

    def __call__(self) -> None:
        """Runs in the forked child: plain system calls only."""
        # Where memory runs out, the kernel takes this before the service that made it.
        _write("/proc/self/oom_score_adj", b"1000")
        check(_libc.unshare(_CLONE_NEWNS))
        check(_libc.mount(b"none", b"/", None, _MS_PRIVATE_REC, None))
        # Opened first: some lie below STAGE themselves, which the next line covers.
        opened = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source, _, _ in self._sources]
        check(_libc.mount(b"tmpfs", STAGE.encode(), b"tmpfs", _MS_NOSUID_NODEV, b"mode=755,size=1m"))
        for place, (fd, (_, is_dir, is_mapped)) in enumerate(zip(opened, self._sources, strict=True)):
            self._bind(fd, f"{STAGE}/{place}", is_dir=is_dir, is_mapped=is_mapped)
        # In this order: who is no longer root gives up no groups.
        os.setgroups([])
        os.setresgid(self._uid, self._uid, self._uid)
        os.setresuid(self._uid, self._uid, self._uid)
        _require_powerless()

    def _bind(self, fd: int, target: str, *, is_dir: bool, is_mapped: bool) -> None:
        if is_dir:
            os.mkdir(target, 0o755)  # noqa: PTH102 (between fork and exec)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        if is_mapped and self._namespace is not None:
            bind_mapped(f"/proc/self/fd/{fd}", target, self._namespace)
        else:
            check(_libc.mount(f"/proc/self/fd/{fd}".encode(), target.encode(), None, _MS_BIND, None))


def _write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY)
    os.write(fd, data)
    os.close(fd)


def _require_powerless() -> None:
    """Secure bits can keep capabilities over a change of uid."""
    fd = os.open("/proc/self/status", os.O_RDONLY)
    status = os.read(fd, 8192)
    os.close(fd)
    for name in (b"CapPrm:", b"CapEff:"):
        if int(status.partition(name)[2].split(None, 1)[0], 16) != 0:
            raise PermissionError("capabilities survived the change of user")
