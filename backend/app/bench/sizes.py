"""The sizes of a run: enough to be believed, or just enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    """The counts of one run."""

    requests: int
    rounds: int
    """How often they are asked for, in turn with the ceiling: a machine is slow for seconds at a time."""
    starts: int
    inserts: int
    hand_offs: int
    deaf_hand_offs: int
    settle_s: float
    """Until a worker is at rest: for its first minute the engine looks for schedules every second."""
    idle_s: float
    builds: int
    streams: int
    events: int
    projects: int
    jobs_few: int
    jobs_many: int
    versions_many: int
    grown: int
    leak_builds: int
    cancels: int
    kills: int
    commands: int
    export_files: int
    """Of two megabytes each."""
    lease_s: int
    records: tuple[int, ...]
    """Of each kind in a generated app."""
    pages: int
    rounds_of_pages: int
    is_quick: bool = False


FULL: Final = Sizes(
    requests=250,
    rounds=5,
    starts=160,
    inserts=3_200,
    hand_offs=60,
    deaf_hand_offs=20,
    settle_s=62,
    idle_s=20,
    builds=100,
    streams=5_000,
    events=10,
    projects=50,
    jobs_few=100,
    jobs_many=10_000,
    versions_many=1_000,
    grown=400,
    leak_builds=2_000,
    cancels=20,
    kills=5,
    commands=40,
    export_files=100,
    lease_s=10,
    records=(10, 1_000, 20_000),
    pages=100,
    rounds_of_pages=2,
)
QUICK: Final = Sizes(
    requests=60,
    rounds=1,
    starts=16,
    inserts=160,
    hand_offs=3,
    deaf_hand_offs=1,
    settle_s=2,
    idle_s=1,
    builds=4,
    streams=40,
    events=2,
    projects=10,
    jobs_few=20,
    jobs_many=10_000,
    versions_many=100,
    grown=20,
    leak_builds=24,
    cancels=1,
    kills=1,
    commands=2,
    export_files=3,
    lease_s=1,
    records=(10,),
    pages=3,
    rounds_of_pages=1,
    is_quick=True,
)
