"""The fleet itself: what it builds is built, what it is told to hurt is hurt."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

from app.queue.engine import EngineClient
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants

STAGES = ["starting", "scaffold", "code", "deps", "checks"]


def test_a_fleet_builds_and_each_step_runs_once(fleet: Fleet) -> None:
    jobs = [fleet.started() for _ in range(3)]
    listener = fleet.follow(jobs[0])

    assert fleet.await_end(jobs) == ["ready"] * 3

    listener.await_end()
    assert listener.states == ["queued", *STAGES, "ready"]
    for job in jobs:
        assert [entry.name for entry in fleet.ledger.entries("did", job=job)] == STAGES
    assert_invariants(fleet)


def test_an_armed_fault_befalls_one_process_once(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet()
    fleet.start()
    fleet.arm("before code", "kill")
    jobs = [fleet.started() for _ in range(2)]

    assert fleet.await_end(jobs) == ["ready"] * 2

    hit = fleet.await_hit("before code")
    [killed] = [worker for worker in fleet.workers if worker.status == -signal.SIGKILL]
    assert killed.pid == hit.pid
    assert_invariants(fleet)


async def test_what_the_engine_keeps_goes_when_a_build_has_long_been_over(fleet: Fleet) -> None:
    ended = [fleet.started() for _ in range(2)]
    assert fleet.await_end(ended) == ["ready"] * 2
    fleet.arm("in code", "wait")
    running = fleet.started()
    fleet.await_hit("in code")
    client = EngineClient(fleet.database_url)

    assert await client.forget_ended(longer_than=timedelta(hours=1)) == 0
    assert await client.forget_ended(longer_than=timedelta(0)) == 2

    client.close()
    fleet.faults.release("in code")
    assert fleet.await_end(running) == ["ready"]
    assert {row["workflow_uuid"] for row in fleet.rows("SELECT * FROM dbos.workflow_status")} == {running}
    assert_invariants(fleet)
