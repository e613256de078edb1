"""Row 3: a worker dies between admitting a job and starting its workflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from app.domain.job import BUILD_STAGES
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants


@pytest.mark.row(3, "I1 I9")
def test_row_03_a_job_that_was_admitted_and_never_started_is_handed_on(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet()
    fleet.start(workers=0)
    job = fleet.started()
    # What a worker that dies right after its admission leaves behind: no owner and no workflow.
    fleet.rows("UPDATE jobs SET admitted_at = now(), attempt = attempt + 1 RETURNING id")

    fleet.start_worker()

    assert fleet.await_end(job) == ["ready"]
    assert Counter(entry.name for entry in fleet.ledger.entries("did", job=job)) == {
        stage.value: 1 for stage in BUILD_STAGES
    }
    assert fleet.job_row(job)["takeovers"] == 0
    assert_invariants(fleet)
