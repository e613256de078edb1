from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import IllegalTransition
from app.core.ids import JobId
from app.domain.job import Change, JobStatus, can_move
from app.repositories import jobs, work
from tests.queue.conftest import Yard

WALK = (JobStatus.STARTING, JobStatus.SCAFFOLD, JobStatus.CODE, JobStatus.DEPS, JobStatus.CHECKS)
READY = Change(digest="git-tree:test")


async def status_of(yard: Yard, job_id: JobId) -> JobStatus:
    async with yard.database.transaction() as tx:
        job = await jobs.find(tx, job_id)
    assert job is not None
    return job.status


async def test_cancel_racing_ready_has_one_verdict(yard: Yard) -> None:
    for _ in range(25):
        job_id = await yard.job()
        await yard.walk(job_id, *WALK)

        ready, cancelled = await asyncio.gather(
            yard.machine.transition(job_id, JobStatus.READY, after=len(WALK) + 1, change=READY),
            yard.machine.transition(job_id, JobStatus.FAILED),
            return_exceptions=True,
        )

        won = [one for one in (ready, cancelled) if not isinstance(one, BaseException)]
        lost = [one for one in (ready, cancelled) if isinstance(one, IllegalTransition)]
        assert (len(won), len(lost)) == (1, 1)
        expected = JobStatus.FAILED if isinstance(ready, IllegalTransition) else JobStatus.READY
        assert await status_of(yard, job_id) is expected


async def test_a_stale_attempt_changes_nothing(yard: Yard) -> None:
    await yard.worker("old", 1)
    job_id = await yard.job()
    assert await yard.admit() == [job_id]
    async with yard.database.transaction() as tx:
        assert await work.claim_job(tx, job_id, worker="old") is not None
        await work.remove_worker(tx, "old")
        [lost] = await work.find_lost(tx, lease_s=10)
        assert await work.take_over(tx, lost)
        assert not await work.take_over(tx, lost)

    with pytest.raises(IllegalTransition, match="attempt 1 was replaced by attempt 2"):
        await yard.machine.transition(job_id, JobStatus.STARTING, attempt=1)

    await yard.machine.transition(job_id, JobStatus.STARTING, attempt=2)
    async with yard.database.transaction() as tx:
        assert not await work.note_sandbox(tx, job_id, attempt=1, sandbox_id="x")


async def test_a_takeover_decided_on_old_news_loses_to_the_claim_that_came_since(yard: Yard) -> None:
    await yard.worker("slow", 1)
    job_id = await yard.job()
    await yard.admit()
    async with yard.database.transaction() as tx:
        [seen] = await work.find_lost(tx, lease_s=-1)
        assert seen.owner is None

    async with yard.database.transaction() as tx:
        assert await work.claim_job(tx, job_id, worker="slow") is not None

    async with yard.database.transaction() as tx:
        assert not await work.take_over(tx, seen)


async def test_two_workers_that_claim_at_once_are_one_owner(yard: Yard) -> None:
    await yard.worker("a", 1)
    await yard.worker("b", 1)
    job_id = await yard.job()
    await yard.admit()

    async def claim(worker: str, *, again: bool = False) -> str | None:
        async with yard.database.transaction() as tx:
            job = await work.claim_job(tx, job_id, worker=worker, is_retry=again)
        return None if job is None else job.owner

    [owner] = [one for one in await asyncio.gather(claim("a"), claim("b")) if one is not None]
    [other] = {"a", "b"} - {owner}

    assert await claim(owner) is None
    assert await claim(owner, again=True) == owner, "who was not told is told now"
    assert await claim(other, again=True) is None


async def test_a_worker_that_was_given_up_claims_nothing(yard: Yard) -> None:
    await yard.worker("a", 1)
    job_id = await yard.job()
    await yard.admit()

    async with yard.database.transaction() as tx:
        assert await work.claim_job(tx, job_id, worker="buried") is None


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(wishes=st.lists(st.sampled_from(list(JobStatus)), max_size=12))
async def test_no_sequence_of_wishes_leaves_the_table(yard: Yard, wishes: list[JobStatus]) -> None:
    job_id = await yard.job(founder=f"f{id(wishes)}")
    here = JobStatus.QUEUED
    moves = 1
    for wish in wishes:
        if can_move(here, wish):
            await yard.machine.transition(job_id, wish, change=READY)
            here, moves = wish, moves + 1
        else:
            with pytest.raises(IllegalTransition):
                await yard.machine.transition(job_id, wish, change=READY)
    async with yard.database.transaction() as tx:
        job = await jobs.find(tx, job_id)
        assert job is not None
        assert (job.status, job.last_seq) == (here, moves)
        await jobs.transition(tx, job_id, JobStatus.FAILED, attempt=None, change=Change())


async def test_status_is_never_older_than_an_event_that_was_told(yard: Yard) -> None:
    job_id = await yard.job()
    founder = await yard.founder("ada")
    await yard.machine.transition(job_id, JobStatus.STARTING)
    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "starting"

    async with yard.database.transaction() as tx:
        await yard.machine.transition_in(tx, job_id, JobStatus.SCAFFOLD)

    # Committed, and the event can be heard; the copy of the state before is still there.
    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "scaffold"


@pytest.mark.parametrize("mistake", [0, -1, 1])
async def test_who_knows_the_newest_event_moves_a_job_with_one_statement(yard: Yard, mistake: int) -> None:
    """To be wrong about it costs time and nothing else."""
    job_id = await yard.job()
    founder = await yard.founder("ada")
    seq = await yard.machine.transition(job_id, JobStatus.STARTING)
    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "starting"

    moved = await yard.machine.transition(job_id, JobStatus.SCAFFOLD, after=seq + mistake)

    assert moved == seq + 1
    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "scaffold"
    with pytest.raises(IllegalTransition):
        await yard.machine.transition(job_id, JobStatus.SCAFFOLD, after=moved)
    with pytest.raises(IllegalTransition):
        await yard.machine.transition(job_id, JobStatus.CODE, attempt=7, after=moved)


async def test_who_has_missed_events_makes_no_older_copy_good_again(yard: Yard) -> None:
    job_id = await yard.job()
    founder = await yard.founder("ada")
    await yard.machine.transition(job_id, JobStatus.STARTING)
    old = await yard.machine.get_status(job_id, founder_id=founder)
    await yard.machine.transition(job_id, JobStatus.SCAFFOLD)
    await yard.cache.put(old)

    with pytest.raises(IllegalTransition):
        await yard.machine.transition(job_id, JobStatus.CODE, attempt=7, after=1)

    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "scaffold"


async def test_a_slow_writer_does_not_bring_an_old_state_back(yard: Yard) -> None:
    job_id = await yard.job()
    founder = await yard.founder("ada")
    await yard.machine.transition(job_id, JobStatus.STARTING)
    old = await yard.machine.get_status(job_id, founder_id=founder)
    await yard.machine.transition(job_id, JobStatus.FAILED)

    await yard.cache.put(old)

    assert (await yard.machine.get_status(job_id, founder_id=founder)).status == "failed"
