"""What a founder is told of the wait is right within a third."""

from __future__ import annotations

import pytest

from app.domain.job import Change, JobStatus
from app.queue.manager import estimate_wait
from app.repositories.work import Pace
from tests.queue.conftest import Yard


@pytest.mark.parametrize(
    ("slots", "usual", "waits"),
    [
        (1, 9.7, {1: 10.9, 2: 20, 3: 30, 4: 41, 5: 49}),
        (2, 17.8, {5: 55, 10: 93}),
        (4, 37.5, {1: 37, 16: 171}),
    ],
)
def test_batches_waited_as_long_as_is_told(slots: int, usual: float, waits: dict[int, float]) -> None:
    # Measured on two cores: so many builds began at once, and the others waited in one batch.
    pace = Pace(usual, slots, [0.0] * slots)
    for position, seconds in waits.items():
        told = estimate_wait(position, pace)
        assert told is not None
        assert seconds / 1.34 <= told <= seconds * 1.34, (position, told)


def test_a_build_that_takes_longer_than_usual_is_about_to_end() -> None:
    assert estimate_wait(1, Pace(10, 1, [25.0])) == 1
    assert estimate_wait(3, Pace(10, 1, [4.0])) == 26


def test_nothing_is_told_before_the_first_build_and_no_worker_is_no_slot() -> None:
    assert estimate_wait(1, Pace(None, 1, [])) is None
    assert estimate_wait(2, Pace(10, 0, [])) == 10


async def test_the_pace_is_that_of_the_last_builds(yard: Yard) -> None:
    seconds = {await yard.job(): took for took in (90, 10, 11)}
    await yard.worker("a", 4)
    await yard.admit()
    for job in seconds:
        await yard.walk(job, JobStatus.STARTING, JobStatus.SCAFFOLD, JobStatus.CODE, JobStatus.DEPS)
        await yard.machine.transition(job, JobStatus.CHECKS, change=Change(digest="git-tree:test"))
        await yard.walk(job, JobStatus.READY)
    running, waiting = await yard.job(), await yard.job()
    async with yard.database.autocommit() as tx:
        for job, took in seconds.items():
            statement = "UPDATE jobs SET started_at = finished_at - make_interval(secs => %(s)s) WHERE id = %(id)s"
            await tx.execute(statement, {"s": took, "id": job})
        await tx.execute("UPDATE workers SET slots = 1")
        assert await yard.admit() == [running]
        wait = await yard.queue.wait_of(tx, waiting)

    assert wait is not None
    assert wait.position == 1
    assert wait.estimate_s in (10, 11)
