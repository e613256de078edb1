"""One founder's flood does not hold up the others, and a worker's death leaks no slot."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

DAILY = 200
"""Jobs of a day in the highest tier: one more would be scheduled for tomorrow."""


@pytest.mark.row("I15", "I15 I12")
@pytest.mark.timeout(900)
def test_a_flood_of_one_founder_does_not_hold_up_another(
    make_fleet: Callable[..., Fleet], many: Callable[[int, int], int], report: Report
) -> None:
    fleet = make_fleet(pace_s=0.1, lease_s=4)
    fleet.start(workers=0)
    flood = [fleet.started() for _ in range(many(30, DAILY))]
    calm = fleet.project(founder="bob")
    for worker in [fleet.spawn_worker() for _ in range(2)]:
        fleet.await_worker(worker)
    places = 2 * fleet.slots
    eventually(lambda: len(_started(fleet)) > places, within_s=60)

    late = fleet.started(calm, founder="bob")
    eventually(lambda: fleet.job_row(late)["started_at"], within_s=60)
    victim = fleet.living[0]
    victim.kill()

    assert fleet.await_end([*flood, late], within_s=600) == ["ready"] * (len(flood) + 1)
    mine = fleet.job_row(late)
    rows = [fleet.job_row(job) for job in flood]
    between = [
        row for row in rows if row["started_at"] and mine["created_at"] < row["started_at"] < mine["started_at"]
    ]
    length_s = median((row["finished_at"] - row["started_at"]).total_seconds() for row in rows)
    waited_s = (mine["started_at"] - mine["created_at"]).total_seconds()
    report.figure("jobs", len(flood) + 1)
    report.figure("started_before_it", len(between))
    report.figure("waited_s", waited_s)
    report.figure("job_s", length_s)
    # Each place may start one job that was admitted before it came, and be taken once while it comes.
    assert len(between) <= 2 * places
    assert_invariants(fleet)


def _started(fleet: Fleet) -> list[str]:
    return [str(row["id"]) for row in fleet.rows("SELECT id FROM jobs WHERE started_at IS NOT NULL")]
