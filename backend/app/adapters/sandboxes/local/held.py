"""Measuring what the processes of a sandbox hold besides their files and their own memory.

Looked at from outside, where a process cannot hide from whoever started the sandbox.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import psutil

KERNEL_OBJECT_BYTES: Final = 256
"""What the kernel keeps for one area of memory, or for one watched descriptor."""

WATCHES_SHARE: Final = 8
"""A sandbox may take one part in this many of the descriptors that one user may watch by epoll."""

_MOST_WATCHES: Final = Path("/proc/sys/fs/epoll/max_user_watches")
_SHARED_MEMORY: Final = "/dev/zero (deleted)"
_UNNAMED = re.compile(rb"(?m)^.* \(deleted\)$")
_WORDS_OF_AN_AREA: Final = 6


@dataclass(frozen=True)
class Held:
    """Bytes of one kind; not complete where only root may look at all of them."""

    size: int
    is_complete: bool
    watches: int = 0
    """Descriptors that are watched by epoll."""


@dataclass(frozen=True)
class _Area:
    """A part of a task's memory that is a file without a name; shared memory is one that never had any."""

    file: tuple[str, int]
    end: int
    """Where the part ends in the file."""
    is_memory: bool
    entry: Path

    @property
    def blocks(self) -> int | None:
        """The bytes that the whole file takes; None where that is root's to know."""
        try:
            # Blocks are counted in 512 bytes, whatever the file system's own are.
            return self.entry.stat().st_blocks * 512
        except FileNotFoundError:
            return 0
        except OSError:
            return None


def tasks_below(root_pid: int) -> list[int]:
    """The tasks to look at, by thread id: one for each process, a later thread where the first has ended."""
    try:
        tree = psutil.Process(root_pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [task for process in tree if (task := _live_task(process.pid))]


def supervisors_of(agent_pid: int) -> frozenset[int]:
    """The processes that the agent of a sandbox started: each stands between it and the code of one command."""
    try:
        return frozenset(process.pid for process in psutil.Process(agent_pid).children())
    except psutil.NoSuchProcess:
        return frozenset()


def unnamed_files(tasks: Sequence[int], *, trusted: Collection[int] = ()) -> Held:
    """Files on disk that have no name any more and that a process has open or mapped.

    The `trusted` among the tasks run no code of the app, so that nothing is missed where they cannot be looked at.
    """
    opened: dict[tuple[int, int], int] = {}
    for task in tasks:
        for _, status in _descriptors(task):
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                opened[status.st_dev, status.st_ino] = status.st_blocks * 512
    inodes = {inode for _, inode in opened}
    areas = (area for task in tasks for area in _unnamed_areas(task, _read(task, "maps")))
    mapped = _sum_of(area for area in areas if not area.is_memory and area.file[1] not in inodes)
    is_complete = mapped.is_complete and not any(_is_hidden(task) for task in tasks if task not in trusted)
    return Held(sum(opened.values()) + mapped.size, is_complete)


def descriptors_in_flight(tasks: Sequence[int]) -> int:
    """The number of descriptors that were sent to sockets of these processes and not received yet."""
    sockets = (
        (task, name) for task in tasks for name, status in _descriptors(task) if stat.S_ISSOCK(status.st_mode)
    )
    lines = (line for task, name in sockets for line in _lines(task, f"fdinfo/{name}"))
    return sum(int(line.split()[1]) for line in lines if line.startswith(b"scm_fds:"))


def memory_held(tasks: Sequence[int], *, at_most: int) -> Held:
    """Private memory, shared memory, and what the kernel keeps for areas and watches; counted to `at_most`."""
    # What a process took over from its parent counts for both; only a closer look, which is dear, divides it.
    watches = 0
    total = sum(map(_private_bytes, tasks))
    if total > at_most:
        total = sum(map(_divided_bytes, tasks))
    areas: list[_Area] = []
    for task in tasks:
        watched = _count_watches(task, at_most=at_most // KERNEL_OBJECT_BYTES)
        watches += watched
        maps = _read(task, "maps")
        total += (watched + maps.count(b"\n")) * KERNEL_OBJECT_BYTES
        areas += (area for area in _unnamed_areas(task, maps) if area.is_memory)
        if total > at_most or watches > most_watches():
            break
    shared = _sum_of(areas)
    return Held(total + shared.size, shared.is_complete, watches)


@lru_cache(1)
def most_watches() -> int:
    """The descriptors that a sandbox may watch: where it has no user of its own, the service needs the rest."""
    try:
        return int(_MOST_WATCHES.read_text()) // WATCHES_SHARE
    except FileNotFoundError:
        return sys.maxsize


def _sum_of(areas: Iterator[_Area] | list[_Area]) -> Held:
    """Each file once; one whose size nobody tells, as large as what is mapped of it."""
    sizes: dict[tuple[str, int], int] = {}
    is_complete = True
    for area in areas:
        blocks = area.blocks
        is_complete = is_complete and blocks is not None
        sizes[area.file] = max(sizes.get(area.file, 0), area.end if blocks is None else blocks)
    return Held(sum(sizes.values()), is_complete)


def _live_task(pid: int) -> int | None:
    """The process, or a thread of it that goes on after the first has ended; None for neither."""
    if _private_bytes(pid):
        return pid
    try:
        threads = [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return None
    return next((thread for thread in threads if _private_bytes(thread)), None)


def _private_bytes(task: int) -> int:
    for line in _lines(task, "status"):
        if line.startswith(b"RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def _divided_bytes(task: int) -> int:
    """Private memory, of which each page counts for as many as have it; undivided where only root may look."""
    for line in _lines(task, "smaps_rollup"):
        if line.startswith(b"Pss_Anon:"):
            return int(line.split()[1]) * 1024
    return _private_bytes(task)


def _descriptors(task: int) -> Iterator[tuple[str, os.stat_result]]:
    for entry in _entries(task):
        with suppress(OSError):
            yield entry.name, entry.stat()


def _is_hidden(task: int) -> bool:
    """True when a process has made itself such that only root may look at what it has open."""
    try:
        next(Path(f"/proc/{task}/fd").iterdir(), None)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _entries(task: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{task}/fd").iterdir())
    except OSError:
        return []


def _count_watches(task: int, *, at_most: int) -> int:
    """The number of descriptors that the pollers of a process watch."""
    count = 0
    for name in _pollers(task):
        count += _read(task, f"fdinfo/{name}").count(b"\ntfd:")
        if count > at_most:
            break
    return count


def _pollers(task: int) -> Iterator[str]:
    for entry in _entries(task):
        with suppress(OSError):
            if str(entry.readlink()) == "anon_inode:[eventpoll]":
                yield entry.name


def _unnamed_areas(task: int, maps: bytes) -> Iterator[_Area]:
    if b" (deleted)\n" not in maps:  # the usual, and told at once
        return
    for line in _UNNAMED.findall(maps):
        span, _, offset, device, inode, name = line.decode(errors="replace").split(maxsplit=_WORDS_OF_AN_AREA - 1)
        begin, end = (int(place, 16) for place in span.split("-"))
        entry = Path(f"/proc/{task}/map_files/{begin:x}-{end:x}")
        yield _Area((device, int(inode)), int(offset, 16) + end - begin, name == _SHARED_MEMORY, entry)


def _lines(task: int, name: str) -> list[bytes]:
    return _read(task, name).splitlines()


def _read(task: int, name: str) -> bytes:
    """A file about a task; empty when it is gone."""
    try:
        return Path(f"/proc/{task}/{name}").read_bytes()
    except OSError:
        return b""
