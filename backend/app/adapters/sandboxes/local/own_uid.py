"""A user id of its own for each sandbox that root starts, so that none uses up what the kernel counts by user.

The files stay those of one user on disk: a mount shows them to the sandbox as its own.
"""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

FIRST: Final = 60_801
LAST: Final = 61_183
"""Numbers that distributions and systemd give to nobody."""

_CLONE_NEWUSER = 0x10000000
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _AT_EMPTY_PATH, _MOVE_MOUNT_F_EMPTY_PATH, _MOUNT_ATTR_IDMAP = 1, 0x1000, 4, 0x100000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class OwnUid:
    """The user to run as, and a user namespace that maps the files' owner to it."""

    uid: int
    namespace: int


class OwnUids:
    """The user ids that one process gives out, each used again when its sandbox has ended."""

    def __init__(self, owner: int) -> None:
        """`owner` is whom the sandboxes' files belong to."""
        self._owner = owner
        self._known: dict[int, OwnUid] = {}
        self._taken: dict[int, subprocess.Popen[bytes]] = {}
        self._works = True

    @property
    def works(self) -> bool:
        """True while this machine was seen to give a sandbox a user of its own, or was not tried yet."""
        return self._works

    def free(self) -> OwnUid | None:
        """One that no sandbox of this process has; None where this machine has none to give."""
        if not self._works:
            return None
        self._taken = {uid: process for uid, process in self._taken.items() if process.returncode is None}
        for uid, candidate in self._known.items():
            if uid not in self._taken:
                return candidate
        # Another process of the instance chooses too: at random they hardly ever choose the same.
        uid = random.choice([uid for uid in range(FIRST, LAST + 1) if uid not in self._known] or [self._owner])
        try:
            new_uid = self._known[uid] = OwnUid(uid, _user_namespace(self._owner, uid))
        except (OSError, subprocess.SubprocessError) as error:
            self.give_up(error)
            return None
        return new_uid

    def take(self, uid: int, process: subprocess.Popen[bytes]) -> None:
        """Note whose it is until that has ended."""
        self._taken[uid] = process

    def give_up(self, error: Exception) -> None:
        """Let all sandboxes run as the owner of their files, since this machine can do no better."""
        self._works = False
        log.warning("sandboxes_share_a_user", reason=str(error))


def _user_namespace(inside: int, outside: int) -> int:
    """A descriptor of a user namespace with one user. OSError, SubprocessError."""
    # `cat` waits for input that never comes, and keeps the namespace until its maps are written and it is opened.
    with subprocess.Popen(
        ["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=_unshare
    ) as helper:
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{helper.pid}/{name}").write_text(f"{inside} {outside} 1\n")
        return os.open(f"/proc/{helper.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)


def _unshare() -> None:
    check(_libc.unshare(_CLONE_NEWUSER))


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("namespace", ctypes.c_uint64),
    )


def bind_mapped(source: str, target: str, namespace: int) -> None:
    """Mount a directory at another place with its owner mapped. Plain system calls, for between fork and exec."""
    # -100 stands for the current directory; the paths are absolute.
    tree = _libc.syscall(_OPEN_TREE, -100, source.encode(), _OPEN_TREE_CLONE | os.O_CLOEXEC)
    check(min(tree, 0))
    attributes = _MountAttributes(_MOUNT_ATTR_IDMAP, 0, 0, namespace)
    size = ctypes.sizeof(attributes)
    check(_libc.syscall(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, ctypes.byref(attributes), size))
    check(_libc.syscall(_MOVE_MOUNT, tree, b"", -100, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH))


def check(result: int) -> None:
    """Raise what the last system call has left, unless it succeeded."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
