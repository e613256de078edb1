"""A limit of the kernel's own around a whole sandbox, where a cgroup has been delegated to this service.

Without one, and besides one, the agent's watch over the memory stands.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.ports.sandbox import SandboxLimits

MOUNT: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")
CONTROLLERS: Final = frozenset({"memory", "pids"})
SPARE_PROCESSES: Final = 64
"""Beside the app's there are the agent and a supervisor for each command."""


def find_delegated(*, mount: Path = MOUNT, own: Path = OWN) -> Path | None:
    """The cgroup in which this service may make others, beside its own; None where nobody delegated one."""
    try:
        lines = own.read_text().splitlines()
        # The line of the second version of cgroups.
        path = next(line[3:] for line in lines if line.startswith("0::"))
        parent = (mount / path.lstrip("/")).parent
        between = [folder for folder in (parent, *parent.parents) if folder.is_relative_to(mount)]
        if any(_is_delegated(folder) for folder in between) and _hands_on(parent):
            return parent
    except (OSError, StopIteration):
        return None
    return None


def _is_delegated(folder: Path) -> bool:
    """systemd marks what it will not touch any more."""
    try:
        return os.getxattr(folder, "user.delegate") == b"1"
    except OSError:
        return False


def _hands_on(parent: Path) -> bool:
    """True when children of this cgroup can be limited, after asking for it where it is not so yet."""
    control = parent / "cgroup.subtree_control"
    missing = CONTROLLERS - set(control.read_text().split())
    if not missing <= set((parent / "cgroup.controllers").read_text().split()):
        return False
    if missing:
        control.write_text(" ".join(f"+{name}" for name in sorted(missing)))
    return os.access(parent, os.W_OK)


@dataclass(frozen=True)
class Cgroup:
    """One sandbox's."""

    folder: Path

    @classmethod
    def named(cls, parent: Path, name: str) -> Cgroup:
        """The one for the sandbox in the directory of this name."""
        return cls(parent / f"cofounder-{name}")

    @classmethod
    def around(cls, pids: tuple[int, ...], parent: Path, name: str, limits: SandboxLimits) -> Cgroup | None:
        """A cgroup with these processes in it; None when the kernel does not let us."""
        group = cls.named(parent, name)
        try:
            group.folder.mkdir()
            group.limit(limits)
            for pid in pids:
                (group.folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            group.remove()
            return None
        return group

    def limit(self, limits: SandboxLimits) -> None:
        """Set what everything in it may use together."""
        (self.folder / "memory.max").write_text(str(limits.memory_bytes))
        # All or nothing: the kernel would end one process of it, and an app would half work.
        (self.folder / "memory.oom.group").write_text("1")
        (self.folder / "pids.max").write_text(str(limits.processes + SPARE_PROCESSES))
        # Else what is over the limit is swapped out and goes on growing there.
        if (swap := self.folder / "memory.swap.max").exists():
            swap.write_text("0")

    @property
    def ran_out_of_memory(self) -> bool:
        """True when the kernel ended it for using too much."""
        with suppress(OSError):
            words = (self.folder / "memory.events").read_text().split()
            return int(dict(zip(words[::2], words[1::2], strict=True)).get("oom_kill", 0)) > 0
        return False

    def remove(self) -> None:
        """Once it is empty."""
        with suppress(OSError):
            self.folder.rmdir()
