"""A process that stands still inside a transaction must not hold up the others by the locks it has taken."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants


@pytest.mark.row(5, "I4 I8 I12")
def test_row_05_an_api_stopped_inside_a_cancel_holds_no_build_up(make_fleet: Callable[..., Fleet]) -> None:
    # Between the change of a job and its commit the cache is told: the API stops there, with the row locked.
    fleet = make_fleet(lease_s=3)
    fleet.start()
    fleet.arm("before starting", "wait")
    job = fleet.started()
    fleet.await_hit("before starting")
    cancelled = fleet.job_row(job)["last_seq"] + 1
    fleet.arm(f"committing {cancelled}", "stop", who="api")

    with ThreadPoolExecutor(1) as pool:
        cancel = pool.submit(fleet.cancel, job)
        fleet.await_hit(f"committing {cancelled}")
        fleet.faults.release("before starting")
        try:
            assert fleet.await_end(job) == ["ready"]
        finally:
            fleet.api.send(signal.SIGCONT)

        assert cancel.result(timeout=20).status_code == 503, "nobody is told that it was cancelled"

    assert fleet.status(job)["status"] == "ready"
    assert_invariants(fleet)
