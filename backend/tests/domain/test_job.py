from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.job import (
    BUILD_STAGES,
    STAGE_LABELS,
    TRANSITIONS,
    JobStatus,
    build_version,
    can_move,
    sources_of,
    version_number,
)

statuses = st.sampled_from(list(JobStatus))


def test_every_status_has_a_label_and_a_row_in_the_table() -> None:
    assert set(STAGE_LABELS) == set(TRANSITIONS) == set(JobStatus)


def test_ready_and_failed_have_no_way_out_and_nothing_else_ends() -> None:
    assert {JobStatus.READY, JobStatus.FAILED} == {status for status in JobStatus if status.is_terminal}


@given(statuses)
def test_everything_that_has_not_ended_can_fail(status: JobStatus) -> None:
    assert can_move(status, JobStatus.FAILED) is not status.is_terminal


@given(statuses, statuses)
def test_sources_and_moves_are_one_table(a: JobStatus, b: JobStatus) -> None:
    assert (a in sources_of(b)) is can_move(a, b)


def test_the_stages_lead_from_queued_to_ready_and_only_through_each_other() -> None:
    walk = [JobStatus.QUEUED, *BUILD_STAGES, JobStatus.READY]
    assert all(can_move(here, there) for here, there in pairwise(walk))
    assert sources_of(JobStatus.READY) == {JobStatus.CHECKS}
    assert sources_of(JobStatus.CODE) == {JobStatus.SCAFFOLD, JobStatus.CHECKS}


@given(st.integers(min_value=1, max_value=10**9))
def test_a_version_name_gives_its_number_back(number: int) -> None:
    assert version_number(build_version(number)) == number


@pytest.mark.parametrize(
    "name", ["", "build_v0_0", "build_v0_01", "build_v1_1", "build_v0_1 ", "build_v0_-1", "x"]
)
def test_what_is_not_a_version_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a build version"):
        version_number(name)
