"""P11: what is left behind by many builds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from app.bench.builds import build_all
from app.bench.http import get, send_all
from app.bench.meter import own_memory_bytes, slope
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage

SAMPLES = 40
LEAST_BATCH = 4


@dataclass(frozen=True)
class Leftovers:
    """The descriptors, children and directories of a house between builds."""

    descriptors: int
    children: int
    places: frozenset[Path]

    @classmethod
    def of(cls, house: House, pids: tuple[int, int]) -> Leftovers:
        """Count them now."""
        processes = [psutil.Process(pid) for pid in pids]
        return cls(
            sum(process.num_fds() for process in processes),
            sum(len(process.children(recursive=True)) for process in processes),
            frozenset(path for path in house.data.root.rglob("*") if path.is_dir()),
        )

    def beyond(self, before: Leftovers) -> int:
        """The growth since before."""
        growth = (self.descriptors - before.descriptors, self.children - before.children)
        # What went away must not make up for what was left.
        return sum(max(0, count) for count in growth) + len(self.places - before.places)


def measure_leaks(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P11."""
    house = stage.house()
    batch = max(LEAST_BATCH, sizes.leak_builds // SAMPLES)
    with house.api() as api, house.worker() as worker:
        pids = api, worker.pid
        rounds = max(2, sizes.leak_builds // batch)
        for _ in range(rounds // 2):  # until the pools of connections are as large as they get
            _build_batch(house, pids, batch)
        before = Leftovers.of(house, pids)
        points = [_build_batch(house, pids, batch) for _ in range(rounds - rounds // 2)]
        leftovers = Leftovers.of(house, pids).beyond(before)
    # Of a straight line through all points: a single pair would show the garbage of the moment.
    slopes = [slope([(n * batch, point[side]) for n, point in enumerate(points)]) / 1000 for side in (0, 1)]
    size = f"{sizes.leak_builds:,} builds"
    return [
        Reading("P11 api", slopes[0], note=f"{size}; {points[-1][0] / 1e6:.1f} MB of its own at the end"),
        Reading("P11 worker", slopes[1], note=f"{size}; {points[-1][1] / 1e6:.1f} MB of its own at the end"),
        Reading("P11 left", leftovers),
    ]


def _build_batch(house: House, pids: tuple[int, int], count: int) -> tuple[int, int]:
    jobs = build_all(house, count)
    # Asked for too: an API that nobody asks keeps nothing.
    send_all(house.port, [get(f"/api/generation/{job}/status", house.token) for job in jobs], clients=2)
    return own_memory_bytes(pids[0]), own_memory_bytes(pids[1])
