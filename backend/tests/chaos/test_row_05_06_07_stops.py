"""Rows 5, 6 and 7: a worker that stands still for longer than its lease, a deploy, and the end of everything."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from app.worker.standing import FENCED
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually


@pytest.mark.row(5, "I9 I4 I8")
@pytest.mark.parametrize("wakes", ["during the next attempt", "after the end"])
def test_row_05_worker_stopped_for_longer_than_its_lease(
    make_fleet: Callable[..., Fleet], wakes: str, report: Report
) -> None:
    fleet = make_fleet(pace_s=0.3)
    fleet.start()
    fleet.arm("in code", "stop")
    job = fleet.started()
    hit = fleet.await_hit("in code")
    [zombie] = [worker for worker in fleet.workers if worker.pid == hit.pid]
    if wakes == "after the end":
        assert fleet.await_end(job) == ["ready"]
    else:
        fleet.until(lambda: len(fleet.ledger.entries("attempt", job=job)) > 1)
    before = fleet.rows("SELECT digest, evidence, last_seq FROM jobs WHERE status = 'ready'")

    woken = time.monotonic()
    zombie.send(signal.SIGCONT)

    assert zombie.wait() == FENCED
    report.figure("gone_after_s", time.monotonic() - woken)
    assert fleet.await_end(job) == ["ready"]
    if before:
        assert fleet.rows("SELECT digest, evidence, last_seq FROM jobs WHERE status = 'ready'") == before
    assert_invariants(fleet)


@pytest.mark.row(6, "I1 I5 I12")
def test_row_06_worker_told_to_stop_hands_over(make_fleet: Callable[..., Fleet], report: Report) -> None:
    fleet = make_fleet(pace_s=1.0)
    fleet.start()
    job = fleet.started()
    fleet.until(lambda: [one for one in fleet.ledger.entries("began", job=job) if one.name == "deps"])
    [leaver] = [one for one in fleet.workers if one.pid == fleet.ledger.entries("attempt", job=job)[-1].pid]

    told = time.monotonic()
    leaver.send(signal.SIGTERM)

    assert leaver.wait() == 0
    left_s = time.monotonic() - told
    report.figure("left_after_s", left_s)
    assert left_s < 10
    assert fleet.await_end(job) == ["ready"]
    assert fleet.job_row(job)["takeovers"] == 0, "a hand-over is no crash"
    assert_invariants(fleet)


@pytest.mark.row(6, "I1 I5 I12")
def test_row_06_worker_told_to_stop_while_others_wait(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(pace_s=0.5, slots=1)
    fleet.start()
    jobs = [fleet.started() for _ in range(6)]
    fleet.until(lambda: bool(fleet.ledger.entries("began")))

    for leaver in list(fleet.workers):
        fleet.await_worker(fleet.spawn_worker())
        leaver.send(signal.SIGTERM)
        assert leaver.wait() == 0

    assert fleet.await_end(jobs) == ["ready"] * 6
    assert [fleet.job_row(job)["takeovers"] for job in jobs] == [0] * 6, "a hand-over is no crash"
    assert_invariants(fleet)


@pytest.mark.row(7, "I1 I6")
def test_row_07_a_sandbox_that_nobody_noted_is_removed(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet()
    fleet.start()
    fleet.arm("sandbox made", "kill")
    job = fleet.started()
    fleet.await_hit("sandbox made")

    assert fleet.await_end(job) == ["ready"]
    eventually(lambda: not list((fleet.folder / "sandboxes").iterdir()), within_s=30)


@pytest.mark.row(7, "I1 I6")
def test_row_07_everything_killed_while_five_builds_run(
    make_fleet: Callable[..., Fleet], dice: random.Random, report: Report
) -> None:
    fleet = make_fleet(pace_s=0.4, slots=3)
    fleet.start()
    jobs = [fleet.started() for _ in range(5)]
    fleet.until(lambda: {one.job for one in fleet.ledger.entries("began")} == set(jobs))
    time.sleep(dice.uniform(0, 1.5))  # the moment is left to chance, by the seed

    fleet.kill_everything()
    orphans = {place.name for place in (fleet.folder / "sandboxes").iterdir()}
    fleet.restart_servers()
    fleet.start_api()
    for worker in [fleet.spawn_worker() for _ in range(2)]:
        fleet.await_worker(worker)
    back = time.monotonic()

    assert fleet.await_end(jobs) == ["ready"] * 5
    report.figure("all_ready_after_s", time.monotonic() - back)
    eventually(lambda: not orphans & {place.name for place in (fleet.folder / "sandboxes").iterdir()}, within_s=30)
    assert_invariants(fleet)
