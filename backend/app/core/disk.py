"""Room on a disk, and errors that mean that there is none."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Final

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_MEGABYTE: Final = 1_000_000
FULL_MB: Final = 100
"""With less than that a database does not start: a cluster begins with some 60 MB."""


def free_megabytes(path: Path) -> int:
    """The megabytes that are free for `path`, which need not exist yet."""
    # The data directory is asked for before the first start has made it.
    existing = next(place for place in (path, *path.parents) if place.exists())
    return shutil.disk_usage(existing).free // _MEGABYTE


def has_no_room(path: Path) -> bool:
    """True when there is less room for `path` than an instance needs at all."""
    return free_megabytes(path) < FULL_MB


def is_disk_full(error: BaseException | None) -> bool:
    """True when a full disk is the error, or what led to it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        # git and the sandbox wrap what the system said in errors of their own.
        error = error.__cause__
    return False
