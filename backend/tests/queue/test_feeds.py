"""Many listeners hear the same events once each and in order, whatever rings were lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.core.ids import JobId
from app.domain.job import JobStatus
from app.events import log as event_log
from app.events.feeds import Feeds, Listener
from app.events.log import PAGE
from app.events.model import EventType
from app.events.notifications import NotificationListener
from tests.queue.conftest import Yard


@pytest.fixture
async def feeds(yard: Yard) -> AsyncIterator[Feeds]:
    notifications = NotificationListener(yard.database.url)
    made = Feeds(yard.database, notifications)
    await notifications.start()
    await made.start()
    yield made
    await notifications.close()
    await made.close()


async def heard(feeds: Feeds, job: JobId, *, after: int = 0) -> list[int]:
    return [event.seq async for event in feeds.follow(job, Listener(), after=after) if event is not None]


async def say(yard: Yard, job: JobId, text: str) -> None:
    await yard.machine.append_event(job, attempt=0, event_type=EventType.SAY, payload={"text": text})


async def test_every_listener_hears_every_event_once_and_in_order(yard: Yard, feeds: Feeds) -> None:
    job = await yard.job()
    listening = [asyncio.create_task(heard(feeds, job, after=after)) for after in (0, 0, 1, 3)]
    for number in range(20):
        await say(yard, job, f"{number}")
        listening.append(asyncio.create_task(heard(feeds, job)))
    await yard.machine.transition(job, JobStatus.FAILED)

    async with asyncio.timeout(20):
        for task, after in zip(listening, (0, 0, 1, 3, *[0] * 20), strict=True):
            assert await task == list(range(after + 1, 23))
    assert await heard(feeds, job, after=22) == []


async def test_more_events_than_one_reading_takes_are_all_heard(yard: Yard, feeds: Feeds) -> None:
    job = await yard.job()
    many = (
        "INSERT INTO job_events (job_id, seq, type, payload) "
        "SELECT %(job)s, n, 'say', '{}'::jsonb FROM generate_series(2, %(last)s) n"
    )
    last = 2 * PAGE
    async with yard.database.transaction() as tx:
        await tx.execute(many, {"job": job, "last": last})
        await tx.execute("UPDATE jobs SET last_seq = %(last)s WHERE id = %(job)s", {"job": job, "last": last})
    await yard.machine.transition(job, JobStatus.FAILED)

    async with asyncio.timeout(20):
        assert await heard(feeds, job) == list(range(1, last + 2))
    async with yard.database.autocommit() as tx:
        assert [event.seq for event in await event_log.read_all(tx, job)] == list(range(1, last + 2))


async def test_a_lost_ring_costs_time_and_no_event(yard: Yard) -> None:
    deaf = Feeds(yard.database, NotificationListener(yard.database.url), lost_check_s=0.05)
    await deaf.start()
    job = await yard.job()
    listening = asyncio.create_task(heard(deaf, job))
    await asyncio.sleep(0)
    await say(yard, job, "hello")
    await yard.machine.transition(job, JobStatus.FAILED)

    async with asyncio.timeout(20):
        assert await listening == [1, 2, 3]
    await deaf.close()


async def test_who_has_gone_ends_and_a_quiet_line_is_kept_alive(yard: Yard) -> None:
    feeds = Feeds(yard.database, NotificationListener(yard.database.url), keepalive_s=0.05)
    listener, told = Listener(), []
    job = await yard.job()
    async with asyncio.timeout(20):
        async for event in feeds.follow(job, listener, after=0):
            told.append(event and event.seq)
            if event is None and 1 in told:
                listener.leave()
    await feeds.close()

    assert (told.count(1), told[-1]) == (1, None)
