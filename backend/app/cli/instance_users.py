"""Other users of an instance: each command that uses one holds a lock, so that nobody stops it under another."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.settings import Settings


@contextmanager
def using_instance(settings: Settings) -> Iterator[None]:
    """Be seen as a user of the instance on this data directory inside the block."""
    handle = _open_lock(settings)
    try:
        if handle is not None:
            # The kernel lets go of it however the command ends, so a killed one holds no instance up.
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def alone_with_instance(settings: Settings) -> Iterator[bool]:
    """True when no other command uses it; if so, none begins to before the block ends."""
    handle = _open_lock(settings)
    try:
        yield handle is None or _is_ours_alone(handle)
    finally:
        if handle is not None:
            os.close(handle)


def _is_ours_alone(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_lock(settings: Settings) -> int | None:
    """The lock file; None for a data directory that only others may write to."""
    try:
        # No link is followed: whoever may write here could make it lead to a file of somebody else's.
        return os.open(settings.data.users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
