"""A view of a job survives its copy, and a copy by another release is known as such."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.core.ids import FounderId, JobId, ProjectId
from app.domain.failure import FailureCode
from app.domain.job import JobStatus
from app.domain.status import StatusView


def a_view() -> StatusView:
    return StatusView(
        job_id=JobId(uuid4()),
        project_id=ProjectId(uuid4()),
        founder_id=FounderId(uuid4()),
        status=JobStatus.FAILED,
        build_version="build_v0_1",
        error_code=FailureCode.CANCELLED,
        error_message="Cancelled by user",
        debug_id=None,
        engine=None,
        cost_usd="0",
        seq=4,
        is_admitted=False,
    )


def test_a_copy_is_equal_to_what_was_copied() -> None:
    view = a_view()
    assert StatusView.from_json(view.to_json()) == view


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"text"',
        "not json",
        '{"job_id": "x", "project_id": "x", "founder_id": "x"}',
        a_view().to_json().replace('"seq"', '"number"'),
        a_view().to_json().replace('"failed"', '"paused"'),
    ],
)
def test_a_copy_by_another_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no view|Expecting|UUID|valid JobStatus"):
        StatusView.from_json(text)
