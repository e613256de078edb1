from __future__ import annotations

import pytest

from app.core.errors import QueueFull
from app.core.ids import JobId
from app.domain.job import Change, JobStatus
from app.domain.tier import Tier
from app.repositories import work
from tests.queue.conftest import Yard

WALK = (JobStatus.STARTING, JobStatus.SCAFFOLD, JobStatus.CODE, JobStatus.DEPS, JobStatus.CHECKS)


async def test_nothing_is_admitted_without_a_worker(yard: Yard) -> None:
    await yard.job()

    assert await yard.admit() == []


async def test_no_more_is_admitted_than_the_workers_have_room_for(yard: Yard) -> None:
    await yard.worker("a", 2)
    first, second, third = [await yard.job() for _ in range(3)]

    assert await yard.admit() == [first, second]
    assert await yard.admit() == []
    await yard.machine.transition(first, JobStatus.FAILED)
    assert await yard.admit() == [third]


@pytest.mark.parametrize("end", [JobStatus.READY, JobStatus.FAILED])
async def test_a_job_that_has_ended_gives_its_slot_back(yard: Yard, end: JobStatus) -> None:
    await yard.worker("a", 1)
    first, second = [await yard.job() for _ in range(2)]
    assert await yard.admit() == [first]

    await yard.walk(first, *WALK)
    assert await yard.admit() == []
    await yard.machine.transition(first, end, change=Change(digest="git-tree:test"))

    assert await yard.admit() == [second]


async def test_a_flood_of_one_founder_does_not_hold_up_another(yard: Yard) -> None:
    await yard.worker("a", 2)
    flood = [await yard.job("ada") for _ in range(4)]
    late = await yard.job("bob")

    assert await yard.admit() == [flood[0], late]


async def test_a_founder_runs_no_more_jobs_than_the_tier_allows(yard: Yard) -> None:
    await yard.worker("a", 10)
    mine = [await yard.job("ada", Tier.BOOTSTRAPPER) for _ in range(3)]

    assert await yard.admit() == mine[:2]


async def test_a_higher_tier_goes_first(yard: Yard) -> None:
    await yard.worker("a", 1)
    await yard.job("ada", Tier.BOOTSTRAPPER)
    paying = await yard.job("bob", Tier.CTO_SCALE)

    assert await yard.admit() == [paying]


async def test_who_has_waited_long_goes_before_a_higher_tier(yard: Yard) -> None:
    await yard.worker("a", 1)
    patient = await yard.job("ada", Tier.BOOTSTRAPPER)
    await yard.job("bob", Tier.CTO_SCALE)
    ahead = Tier.CTO_SCALE.limits.priority - Tier.BOOTSTRAPPER.limits.priority
    waited = "UPDATE jobs SET created_at = created_at - make_interval(secs => %(s)s) WHERE id = %(id)s"
    async with yard.database.transaction() as tx:
        await tx.execute(waited, {"s": (ahead + 1) * work.AGE_STEP_S, "id": patient})

    assert await yard.admit() == [patient]


async def test_a_full_queue_refuses_instead_of_accepting(yard: Yard) -> None:
    for _ in range(5):
        await yard.job()

    with pytest.raises(QueueFull) as refused:
        await yard.job()

    assert refused.value.retry_after == 30


async def test_the_place_that_is_shown_is_the_order_of_admission(yard: Yard) -> None:
    await yard.worker("a", 1)
    running = await yard.job("ada")
    assert await yard.admit() == [running]
    waiting = [
        await yard.job("ada"),
        await yard.job("ada"),
        await yard.job("bob"),
        await yard.job("cy", Tier.PARTNER),
    ]

    async with yard.database.autocommit() as tx:
        places = {job: place for job in waiting if (place := await work.queue_position(tx, job))}

    admitted: list[JobId] = []
    for _ in waiting:
        await yard.worker(f"more-{len(admitted)}", 1)
        admitted += await yard.admit()
    assert sorted(places, key=lambda job: places[job]) == admitted
    assert sorted(places.values()) == [1, 2, 3, 4]


async def test_who_is_admitted_has_no_place_in_the_queue(yard: Yard) -> None:
    await yard.worker("a", 1)
    job = await yard.job()
    await yard.admit()

    async with yard.database.autocommit() as tx:
        assert await yard.queue.wait_of(tx, job) is None
