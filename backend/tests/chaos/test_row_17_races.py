"""Row 17: founders who click twice, and cancel against the last step of a build."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier, Lock
from typing import TypeVar

import pytest

from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants

T = TypeVar("T")
LANES = 4


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all the calls at the same moment; their results in order."""
    gate = Barrier(len(calls))

    def call(work: Callable[[], T]) -> T:
        gate.wait(20)
        return work()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@pytest.mark.row(17, "I2 I4 I10")
def test_row_17_everything_clicked_twice(fleet: Fleet, many: Callable[[int, int], int]) -> None:
    for _ in range(many(5, 50)):
        project = fleet.project()
        cancel_twice(fleet, start_twice(fleet, project))
        ready = fleet.started(project)
        assert fleet.await_end(ready) == ["ready"]
        view_four_times(fleet, ready)
    assert_invariants(fleet)


def start_twice(fleet: Fleet, project: str) -> str:
    """The one job of two starts; its worker waits before the first step."""
    fleet.arm("before starting", "wait")
    starts = at_once([lambda: fleet.post_start(project)] * 2)
    assert sorted(one.status_code for one in starts) == [201, 409]
    [refused] = [one.json() for one in starts if one.status_code == 409]
    [job] = [str(one.json()["job_id"]) for one in starts if one.status_code == 201]
    assert (refused["code"], refused["job_id"]) == ("build_in_progress", job)
    return job


def cancel_twice(fleet: Fleet, job: str) -> None:
    cancels = at_once([lambda: fleet.cancel(job)] * 2)
    fleet.faults.disarm("before starting")
    assert sorted(one.status_code for one in cancels) == [200, 409]


def view_four_times(fleet: Fleet, job: str) -> None:
    views = [one.json() for one in at_once([lambda: fleet.view_preview(job)] * 4)]
    assert Counter(one["status"] for one in views) == {"gate_created": 1, "gate_already_created": 3}
    assert len({one["gate_id"] for one in views}) == 1


class Duel:
    """Cancels builds ever closer to their end: later when the cancel won, earlier when the build did."""

    def __init__(self, fleet: Fleet, dice: random.Random, *, rounds: int) -> None:
        self._fleet = fleet
        self._dice = dice
        self._rounds = rounds
        self._numbers = count()
        self._lock = Lock()
        self._delay_s = 0.02
        self.verdicts: Counter[tuple[int, str]] = Counter()

    def run_lane(self, lane: int) -> None:
        """One founder's client; a founder has so many builds a day, so it goes by several names."""
        for number in self._numbers:
            if number >= self._rounds:
                return
            founder = f"lane-{lane}-{number // (100 * LANES)}"
            self._fight(self._fleet.project(founder=founder), founder)

    def _fight(self, project: str, founder: str) -> None:
        job = self._fleet.started(project, founder=founder)
        listener = self._fleet.follow(job)
        listener.await_state("checks")
        with self._lock:
            delay_s = self._delay_s * self._dice.uniform(0.5, 1.5)
        time.sleep(delay_s)
        answer = self._fleet.cancel(job)
        [end] = self._fleet.await_end(job)
        listener.await_end()
        with self._lock:
            self.verdicts[answer.status_code, end] += 1
            self._delay_s *= 1.15 if answer.status_code == 200 else 0.85


@pytest.mark.row(17, "I4")
@pytest.mark.timeout(900)
def test_row_17_cancel_against_the_last_step(
    make_fleet: Callable[..., Fleet], dice: random.Random, many: Callable[[int, int], int], report: Report
) -> None:
    # The last step takes longer than a cancel needs to arrive, or the build would always win.
    fleet = make_fleet(lease_s=10, slots=2, pace_s=0.05)
    fleet.start()
    rounds = many(60, 500)
    duel = Duel(fleet, dice, rounds=rounds)

    with ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(duel.run_lane, range(LANES)))

    won, lost = duel.verdicts[200, "failed"], duel.verdicts[409, "ready"]
    report.figure("rounds", rounds)
    report.figure("cancelled", won)
    report.figure("ready", lost)
    assert won + lost == rounds, f"cancel and build both won: {duel.verdicts}"
    assert won > 0
    assert lost > 0
    assert_invariants(fleet)
