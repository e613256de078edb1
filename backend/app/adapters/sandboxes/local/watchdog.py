"""Ends a sandbox that fills the disk, where no quota does it; memory is watched by the agent itself."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from app.adapters.sandboxes.local.trees import ENTRY_BYTES, TreeTooDeep, disk_usage

INTERVAL_S: Final = 1.0
WALK_EVERY_S: Final = 5.0
WALK_SHARE: Final = 50
"""A walk may take one part in this many of the time, unless the file system visibly fills."""


class DiskWatch:
    """Measures what one sandbox keeps on disk, files that were deleted but are still open included."""

    def __init__(self, trees: Sequence[Path], pid: int, limit: int) -> None:
        self._trees = trees
        self._pid = pid
        self._limit = limit
        self._free = 0
        self._due = 0.0
        self.paused = False
        """Nothing is written by a frozen sandbox."""

    async def until_exceeded(self) -> str:
        """Return, with what to say, when the limit is passed."""
        while True:
            if not self.paused and (excess := await asyncio.to_thread(self._look)):
                return excess
            await asyncio.sleep(INTERVAL_S)

    def _look(self) -> str | None:
        space = os.statvfs(self._trees[0])
        free = space.f_bavail * space.f_frsize + space.f_favail * ENTRY_BYTES
        began = time.monotonic()
        if began < self._due and self._free - free < self._limit // 64:
            return None
        try:
            used = sum(disk_usage(tree) for tree in self._trees) + deleted_but_open(self._pid)
        except TreeTooDeep as error:
            return f"it made {error}"
        now = time.monotonic()
        self._free, self._due = free, now + max(WALK_EVERY_S, WALK_SHARE * (now - began))
        return f"it used more than {self._limit} bytes of disk" if used > self._limit else None


def deleted_but_open(root_pid: int) -> int:
    """Bytes of files that have no name any more but that a process of this tree holds open."""
    found: dict[tuple[int, int], int] = {}
    try:
        tree = psutil.Process(root_pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        for status in _open_files(process.pid):
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def _open_files(pid: int) -> list[os.stat_result]:
    folder = Path(f"/proc/{pid}/fd")
    try:
        entries = list(folder.iterdir())
    except OSError:
        return []
    found = []
    for entry in entries:
        try:
            found.append(entry.stat())
        except OSError:
            continue
    return found
