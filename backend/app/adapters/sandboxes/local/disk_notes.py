"""Notes of what each sandbox keeps on disk, so that the watches of every process agree on the one to end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.adapters.sandboxes.local.instances import find_instances

_NAME: Final = "disk-bytes"
_DIGITS: Final = 20


def write_note(directory: Path, size: int) -> None:
    """Keep what the sandbox of that directory takes; 0 for one that takes nothing more."""
    # Always as long, and in place: where the disk is full there is no room for a file that grows or is replaced.
    # One that cannot be written leaves the last figure, which is at most a few seconds old.
    with suppress(OSError):
        file = os.open(directory / _NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, f"{size:0{_DIGITS}}".encode(), 0)
        finally:
            os.close(file)


def largest_note(root: Path) -> int:
    """The most that a sandbox of any process takes; one that has ended does until its files are removed."""
    return max((_read_note(instance.directory) for instance in find_instances(root)), default=0)


def _read_note(directory: Path) -> int:
    try:
        return int((directory / _NAME).read_text())
    except (OSError, ValueError):
        return 0
