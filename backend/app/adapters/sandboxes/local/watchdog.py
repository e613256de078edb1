"""Ends a sandbox that fills the disk, where no quota does it; memory is watched by the agent itself."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from app.adapters.sandboxes.local.trees import TreeTooDeep, disk_usage

INTERVAL_S: Final = 1.0
FULL_WALK_EVERY: Final = 20
"""Walks are skipped while the file system has hardly less room than at the last one."""


class DiskWatch:
    """Measures what one sandbox keeps on disk, files that were deleted but are still open included."""

    def __init__(self, trees: Sequence[Path], pid: int, limit: int) -> None:
        self._trees = trees
        self._pid = pid
        self._limit = limit
        self._free = 0
        self._skipped = FULL_WALK_EVERY

    async def until_exceeded(self) -> str:
        """Return, with what to say, when the limit is passed."""
        while True:
            if excess := await asyncio.to_thread(self._look):
                return excess
            await asyncio.sleep(INTERVAL_S)

    def _look(self) -> str | None:
        space = os.statvfs(self._trees[0])
        free = space.f_bavail * space.f_frsize
        if self._free - free < self._limit // 16 and self._skipped < FULL_WALK_EVERY:
            self._skipped += 1
            return None
        self._free, self._skipped = free, 0
        try:
            used = sum(disk_usage(tree) for tree in self._trees) + deleted_but_open(self._pid)
        except TreeTooDeep as error:
            return f"made {error}"
        return f"used more than {self._limit} bytes of disk" if used > self._limit else None


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
