"""A process that stands still inside a transaction must not hold up the others by the locks it has taken."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants


@pytest.mark.row(5, "I1 I9 I12")
def test_row_05_a_worker_stopped_inside_a_transaction_holds_nobody_up(make_fleet: Callable[..., Fleet]) -> None:
    # Between the change of a job and its commit the cache is told: the worker stops there, with the row locked.
    fleet = make_fleet(lease_s=3, pace_s=0.1)
    fleet.start()
    fleet.arm("committing 3", "stop")
    job = fleet.started()
    hit = fleet.await_hit("committing 3")
    [zombie] = [worker for worker in fleet.workers if worker.pid == hit.pid]

    assert fleet.await_end(job) == ["ready"]

    zombie.send(signal.SIGCONT)
    zombie.wait()
    assert_invariants(fleet)
