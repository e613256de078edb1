"""Rows 1 and 2: kill -9 of the API between a commit and its answer, and while founders listen."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants


@pytest.mark.row(1, "I1")
def test_row_01_api_killed_after_the_commit_of_start(fleet: Fleet) -> None:
    project = fleet.project()
    fleet.arm("answering POST start 201", "kill")
    with pytest.raises(httpx2.TransportError):
        fleet.post_start(project, key="the-same-wish")
    fleet.api.wait()
    fleet.start_api()

    again = fleet.post_start(project, key="the-same-wish")

    assert again.status_code == 201
    [only] = fleet.rows("SELECT id, number FROM jobs")
    assert (str(only["id"]), only["number"]) == (again.json()["job_id"], 1)
    assert fleet.await_end(again.json()["job_id"]) == ["ready"]
    assert_invariants(fleet)


@pytest.mark.row(2, "I7")
def test_row_02_api_killed_while_founders_listen(fleet: Fleet) -> None:
    fleet.arm("before code", "wait")
    job = fleet.started()
    listeners = [fleet.follow(job) for _ in range(5)]
    for listener in listeners:
        listener.await_state("code")

    fleet.api.kill()
    fleet.faults.release("before code")  # the rest happens while nobody can be told
    assert fleet.await_end(job) == ["ready"]
    fleet.start_api()

    for listener in listeners:
        listener.await_end()
        assert listener.numbers == list(range(1, fleet.job_row(job)["last_seq"] + 1))
        assert listener.connections == 2
    assert_invariants(fleet)
