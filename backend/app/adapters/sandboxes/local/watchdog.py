"""Ends a sandbox that fills the disk or the memory, where neither a quota nor a cgroup does it.

The agent watches what its processes show of themselves; from outside more is seen. Cheap figures of the whole
machine are read often, and tell when it is time to look closely.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.adapters.sandboxes.local.disk_notes import largest_note, write_note
from app.adapters.sandboxes.local.held import (
    descriptors_in_flight,
    memory_held,
    most_watches,
    supervisors_of,
    tasks_below,
    unnamed_files,
)
from app.adapters.sandboxes.local.trees import ENTRY_BYTES, TreeTooDeep, disk_usage
from app.ports.sandbox import Limit

INTERVAL_S: Final = 0.2
WALK_EVERY_S: Final = 5.0
WALK_SHARE: Final = 50
"""A walk may take one part in this many of the time, unless the machine visibly fills."""
STEP: Final = 64
"""What is taken of the machine between two looks is seen once it is one part in this many of the limit."""
FLOOR_BYTES: Final = 2 << 30
FLOOR_SHARE: Final = 20
LOOKS_AT_FULL: Final = 4
"""A disk is filled between two looks: at the first that sees it full a watch measures, at this one it judges."""
GREEDY_SHARE: Final = 8
"""A sandbox that holds less than one part in this many of its limit is not what fills the disk."""

_MEMORY_OF_MACHINE: Final = ("Shmem:", "SUnreclaim:")


@dataclass(frozen=True)
class Excess:
    """A limit that was passed, and how to say so."""

    limit: Limit
    words: str


class Schedule:
    """Decides when to look closely: when a figure of the machine has risen by `step`, or after a while."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._lowest: int | None = None
        self._due = 0.0

    def is_due(self, figure: int) -> bool:
        """True when to look now; somebody else's release does not hide what is taken afterwards."""
        if self._lowest is None:
            self._lowest = figure
        self._lowest = min(self._lowest, figure)
        return time.monotonic() >= self._due or figure - self._lowest >= self._step

    def looked(self, figure: int, *, took_s: float) -> None:
        """Note a look that began at this figure."""
        self._lowest = figure
        self._due = time.monotonic() + max(WALK_EVERY_S, WALK_SHARE * took_s)


class ResourceWatch:
    """Measures what one sandbox keeps on disk and in memory, by a name or without one."""

    def __init__(self, trees: Sequence[Path], pid: int, *, disk: int, memory: int, directory: Path) -> None:
        """`disk` and `memory` are limits in bytes; `directory` is the sandbox's own, beside all others."""
        self._trees = trees
        self._pid = pid
        self._disk_limit = disk
        self._memory_limit = memory
        self._disk = Schedule(disk // STEP)
        self._memory = Schedule(memory // STEP)
        self._taken_before: int | None = None
        self._shared_before: int | None = None
        self._is_suspect = False
        self._looks_at_full = 0
        self._directory = directory
        self._disk_bytes = 0
        """The size at the last look."""
        self._is_paused = False

    def pause(self) -> None:
        """Stop looking: a frozen sandbox takes nothing more."""
        self._is_paused = True
        write_note(self._directory, 0)

    def resume(self) -> None:
        """Look again."""
        self._is_paused = False
        write_note(self._directory, self._disk_bytes)

    async def until_exceeded(self) -> Excess:
        """Return when a limit is passed."""
        while True:
            if not self._is_paused and (excess := await self._look()):
                return excess
            await asyncio.sleep(INTERVAL_S)

    async def _look(self) -> Excess | None:
        space = os.statvfs(self._trees[0])
        # It rises as the disk fills; files that are free to be made count as well, since empty ones use those up.
        taken = -(space.f_bavail * space.f_frsize + space.f_favail * ENTRY_BYTES)
        self._looks_at_full = self._looks_at_full + 1 if _is_almost_full(space) else 0
        is_due = self._looks_at_full == 1 or self._disk.is_due(taken)
        if is_due and (excess := await asyncio.to_thread(self._measure_disk, taken)):
            return excess
        if self._looks_at_full >= LOOKS_AT_FULL and self._is_greediest():
            return Excess(Limit.FREE_DISK, "the disk is almost full, and of what runs it takes the most")
        shared, kernel = memory_of_machine()
        if self._memory.is_due(shared + kernel):
            return await asyncio.to_thread(self._measure_memory, shared, kernel)
        return None

    def _measure_disk(self, taken: int) -> Excess | None:
        began = time.monotonic()
        tasks = tasks_below(self._pid)
        # They hide from the app, and so from an ordinary user: taken for hiders they would make all suspect.
        unnamed = unnamed_files(tasks, trusted=supervisors_of(self._pid))
        try:
            self._disk_bytes = sum(disk_usage(tree) for tree in self._trees) + unnamed.size
        except TreeTooDeep as error:
            return Excess(Limit.DISK, f"it made {error}")
        write_note(self._directory, self._disk_bytes)
        self._disk.looked(taken, took_s=time.monotonic() - began)
        excess = Excess(Limit.DISK, f"it used more than {self._disk_limit} bytes of disk")
        if self._disk_bytes > self._disk_limit:
            return excess
        if self._taken_before is None:
            self._taken_before = taken - self._disk_bytes
        unexplained = taken - self._taken_before - self._disk_bytes
        # Others fill the disk too: only who hides files is suspected, and only who does so at two looks in a row.
        was_suspect, self._is_suspect = self._is_suspect, False
        if self._disk_bytes + unexplained > self._disk_limit:
            self._is_suspect = not unnamed.is_complete or descriptors_in_flight(tasks) > 0
        return excess if was_suspect and self._is_suspect else None

    def _measure_memory(self, shared: int, kernel: int) -> Excess | None:
        began = time.monotonic()
        if self._shared_before is None:
            self._shared_before = shared
        held = memory_held(tasks_below(self._pid), at_most=self._memory_limit)
        used = held.size if held.is_complete else max(held.size, shared - self._shared_before)
        self._memory.looked(shared + kernel, took_s=time.monotonic() - began)
        if held.watches > most_watches():
            return Excess(Limit.WATCHES, f"it watched more than {most_watches()} descriptors by epoll")
        words = f"it used more than {self._memory_limit} bytes of memory"
        return Excess(Limit.MEMORY, words) if used > self._memory_limit else None

    def _is_greediest(self) -> bool:
        # Of all processes: else the worker and the previews would each end one for the same full disk.
        is_greedy = self._disk_bytes > self._disk_limit // GREEDY_SHARE
        return is_greedy and self._disk_bytes >= largest_note(self._directory.parent)


def _is_almost_full(space: os.statvfs_result) -> bool:
    floor = min(FLOOR_BYTES, space.f_blocks * space.f_frsize // FLOOR_SHARE)
    return space.f_bavail * space.f_frsize < floor


def memory_of_machine() -> tuple[int, int]:
    """Bytes of shared memory, and of what the kernel keeps for processes."""
    figures = dict.fromkeys(_MEMORY_OF_MACHINE, 0)
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, figure, *_ = line.split()
        if name in figures:
            figures[name] = int(figure) * 1024
    return figures["Shmem:"], figures["SUnreclaim:"]
