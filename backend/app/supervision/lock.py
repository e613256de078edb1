"""One owner at a time: a lock that the kernel releases when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from app.core.errors import ConfigurationError
from app.supervision.process import ProcessKey, own_key


class DataDirLock:
    """The lock file of a directory. It is never deleted: two owners could hold two files of one name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise `ConfigurationError` that names the holder; holding it already is fine."""
        if self._handle is not None:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise self._refusal_by_holder() from None
        self._handle = handle
        key = own_key()
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{key.pid} {key.birth}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back; not holding it is fine."""
        if self._handle is None:
            return
        os.ftruncate(self._handle, 0)
        os.close(self._handle)
        self._handle = None

    @property
    def holder(self) -> ProcessKey | None:
        """The living process that wrote itself into the file; None when there is none."""
        try:
            pid, birth = self.path.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        key = ProcessKey(int(pid), birth)
        return key if key.alive else None

    def _refusal_by_holder(self) -> ConfigurationError:
        holder = self.holder
        who = f"process {holder.pid}" if holder else "another process"
        return ConfigurationError(
            f"{str(self.path.parent)!r} is in use by {who}.",
            remedy="Stop it with `cofounder down`, or set COFOUNDER_DATA_DIR to another directory.",
        )
