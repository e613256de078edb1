"""Counting what processes use: CPU and memory of whole trees, read from the kernel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from statistics import mean

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """The process and everything below it that runs now."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_s(pid: int) -> float:
    """CPU seconds of a process tree so far, its children that have ended included."""
    total = 0.0
    for process in tree(pid):
        # Between the list and the look a process may have ended; its parent has its time then.
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_bytes(pid: int) -> int:
    """The resident memory of one process."""
    return int(psutil.Process(pid).memory_info().rss)


def own_memory_bytes(pid: int) -> int:
    """The memory that is this process's alone; it moves less than the resident memory does."""
    return int(psutil.Process(pid).memory_full_info().uss)


class Spent:
    """The CPU seconds of some process trees between two moments."""

    def __init__(self, **pids: int) -> None:
        self._pids = pids
        self._before = self._read_totals()

    def _read_totals(self) -> dict[str, float]:
        return {name: cpu_s(pid) for name, pid in self._pids.items()}

    def stop(self) -> dict[str, float]:
        """The CPU that each tree has used since the beginning."""
        return {name: total - self._before[name] for name, total in self._read_totals().items()}


def abba(ours: Callable[[], float], ceiling: Callable[[], float], *, rounds: int = 1) -> tuple[float, float]:
    """The means of both, in rounds of A B B A, so that a machine that gets slower favours neither."""
    a: list[float] = []
    b: list[float] = []
    for _ in range(rounds):
        a.append(ours())
        b += [ceiling(), ceiling()]
        a.append(ours())
    return mean(a), mean(b)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def slope(points: list[tuple[float, float]]) -> float:
    """The rise a step of the straight line through the points."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
