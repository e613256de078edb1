"""Starts that come at the same time share a commit, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import psycopg
import pytest

from app.core.ids import ProjectId
from app.domain.job import NewJob
from app.domain.tier import Tier
from app.queue.manager import Accepted, NotAccepted, QueueManager
from app.repositories import projects
from tests.queue.conftest import Yard

HELD_S = 3


@pytest.fixture
def roomy(yard: Yard) -> QueueManager:
    return QueueManager(yard.database, yard.machine, queue_cap=1_000, lease_s=10)


async def new_jobs(yard: Yard, count: int) -> list[NewJob]:
    """A job of a project of its own each."""
    founder_id = await yard.founder("ada")
    async with yard.database.transaction() as tx:
        made = [await projects.create(tx, founder_id=founder_id, name="p", description="") for _ in range(count)]
    tier = Tier.CTO_SCALE
    return [NewJob(project.id, founder_id, "goal", tier.value, tier.limits.priority) for project in made]


async def accept_at_once(queue: QueueManager, jobs: Sequence[NewJob]) -> list[Accepted | BaseException]:
    return await asyncio.gather(*(queue.enqueue(None, job) for job in jobs), return_exceptions=True)


async def test_those_that_wait_together_share_a_commit(yard: Yard, roomy: QueueManager) -> None:
    accepted = await accept_at_once(roomy, await new_jobs(yard, 40))

    ids = {answer.job_id for answer in accepted if isinstance(answer, Accepted)}
    async with yard.database.autocommit() as tx:
        rows, commits, events = await tx.row(  # type: ignore[misc]  # an aggregate always has a row
            "SELECT count(DISTINCT j.id), count(DISTINCT CAST(j.xmin AS text)), count(DISTINCT e.job_id) "
            "FROM jobs j JOIN job_events e ON e.job_id = j.id AND e.seq = 1"
        )
    assert (len(ids), rows, events) == (40, 40, 40)
    assert commits <= 3


async def test_one_that_cannot_be_accepted_takes_no_other_along(yard: Yard, roomy: QueueManager) -> None:
    good, bad, lost = await new_jobs(yard, 3)
    bad = replace(bad, goal="nothing\0that the record could hold")
    lost = replace(lost, project_id=ProjectId(lost.founder_id))

    answers = await accept_at_once(roomy, [good, bad, lost])

    assert isinstance(answers[0], Accepted)
    assert isinstance(answers[1], psycopg.DataError)
    assert isinstance(answers[2], NotAccepted)
    assert answers[2].reason == "no_project"


async def test_a_project_that_somebody_holds_holds_up_nobody_else(yard: Yard, roomy: QueueManager) -> None:
    held, *others = await new_jobs(yard, 10)
    async with yard.database.transaction() as tx:
        await projects.find(tx, held.project_id, founder_id=held.founder_id, lock=True)
        waiting = asyncio.create_task(roomy.enqueue(None, held))
        async with asyncio.timeout(HELD_S):
            answers = await accept_at_once(roomy, others)
        assert all(isinstance(answer, Accepted) for answer in answers)
        assert not waiting.done()

    assert isinstance(await waiting, Accepted)


async def test_a_key_that_comes_twice_at_once_is_one_request(yard: Yard, roomy: QueueManager) -> None:
    [job] = await new_jobs(yard, 1)
    keyed = replace(job, key="once", key_hash="of the request")

    first, second = await accept_at_once(roomy, [keyed, keyed])

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (second.job_id, second.kept_hash) == (first.job_id, "of the request")


async def test_a_refused_start_leaves_its_key_free(yard: Yard, roomy: QueueManager) -> None:
    first, second = await new_jobs(yard, 2)
    assert await accept_at_once(roomy, [first])

    [refused] = await accept_at_once(roomy, [replace(first, key="k", key_hash="a")])
    [later] = await accept_at_once(roomy, [replace(second, key="k", key_hash="b")])

    assert isinstance(refused, NotAccepted)
    assert isinstance(later, Accepted)
    assert later.kept_hash is None
