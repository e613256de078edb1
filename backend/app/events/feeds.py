"""Following jobs: what happened is read once for all who listen in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Final

import structlog

from app.core.errors import Unavailable
from app.core.ids import JobId
from app.db.engine import Database
from app.events import log as record
from app.events.model import Event
from app.events.notifications import Notification, NotificationListener

log = structlog.get_logger(__name__)

KEEPALIVE_S: Final = 50.0
"""A listener is told this often that all is well: proxies cut a connection that is silent for a minute."""

LOST_CHECK_S: Final = 15.0
"""The record is asked this often for events whose notification was lost: they come late, and none is lost."""

_RETRY_S: Final = 0.5


class Listener:
    """Somebody who follows a job: waits for its next event, for a time to pass, or for the connection to end."""

    __slots__ = ("_woken", "is_gone")

    def __init__(self) -> None:
        self.is_gone = False
        self._woken: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """End the wait: there may be new events."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def leave(self) -> None:
        """End for good: whoever followed has gone."""
        self.is_gone = True
        self.wake()

    async def wait(self, seconds: float) -> bool:
        """True when it was woken before its time."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        self._woken = loop.create_future()
        timer = loop.call_at(ends, self.wake)
        try:
            await self._woken
        finally:
            timer.cancel()
            self._woken = None
        return loop.time() < ends


class _Feed:
    """The events of one job so far. Their numbers count from 1 without gaps, so the list is its own index."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.known_seq = 1
        """A job begins with its first event."""
        self.listeners: set[Listener] = set()
        self.reading: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.events) and self.events[-1].is_last

    def add(self, events: Sequence[Event]) -> None:
        self.events += events
        for listener in self.listeners:
            listener.wake()


class Feeds:
    """Reads the events of each followed job once and hands them to everybody who follows it in this process."""

    def __init__(
        self,
        database: Database,
        notifications: NotificationListener,
        *,
        keepalive_s: float = KEEPALIVE_S,
        lost_check_s: float = LOST_CHECK_S,
    ) -> None:
        self._keepalive_s = keepalive_s
        self._lost_check_s = lost_check_s
        self._database = database
        self._notifications = notifications
        self._feeds: dict[JobId, _Feed] = {}
        self._lost_checks: asyncio.Task[None] | None = None
        notifications.watch(self._on_notification)

    async def start(self) -> None:
        """Begin to check for lost notifications."""
        self._lost_checks = asyncio.create_task(self._find_lost_notifications(), name="feeds")

    async def close(self) -> None:
        """Stop checking. Listeners that are left end when the process stops listening."""
        tasks = [feed.reading for feed in self._feeds.values() if feed.reading] + [self._lost_checks]
        for task in filter(None, tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def follow(self, job_id: JobId, listener: Listener, *, after: int) -> AsyncGenerator[Event | None, None]:
        """Every event above `after` until the last one, or until the listener is gone. None: it stayed quiet."""
        feed = self._feeds.setdefault(job_id, _Feed())
        feed.listeners.add(listener)
        self._catch_up(job_id, feed)
        try:
            while not listener.is_gone and not self._notifications.is_closing:
                # By position, since the numbers have no gaps; a slow listener finds here what came in the
                # meantime.
                for event in feed.events[after:]:
                    yield event
                    after = event.seq
                if feed.is_over and after >= len(feed.events):
                    return
                if after >= len(feed.events) and not await listener.wait(self._keepalive_s):
                    yield None
        finally:
            feed.listeners.discard(listener)
            # The job may have a new feed by now, of somebody who came while this one was being left.
            if not feed.listeners and self._feeds.get(job_id) is feed:
                del self._feeds[job_id]

    async def wait_above(self, job_id: JobId, seq: int, *, timeout_s: float) -> bool:
        """True once the job has an event above `seq`, False when there is none for `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s), aclosing(self.follow(job_id, Listener(), after=seq)) as events:
                async for event in events:
                    if event is not None:
                        return True
        except TimeoutError:
            pass
        return False

    def _on_notification(self, notification: Notification | None) -> None:
        # The connection was lost for a while, so each feed may have missed one event or more.
        if notification is None:
            for job_id, feed in self._feeds.items():
                feed.known_seq = max(feed.known_seq, len(feed.events) + 1)
                self._catch_up(job_id, feed)
            # Nothing new: it wakes the listeners, who see that the process stops and end their streams.
            for feed in self._feeds.values() if self._notifications.is_closing else ():
                feed.add(())
        elif (feed_of_job := self._feeds.get(notification.job_id)) is not None:
            feed_of_job.known_seq = max(feed_of_job.known_seq, notification.seq)
            self._catch_up(notification.job_id, feed_of_job)

    def _catch_up(self, job_id: JobId, feed: _Feed) -> None:
        # One reader for all who listen; it reads on by itself when more comes meanwhile.
        if feed.reading is None and len(feed.events) < feed.known_seq and not feed.is_over:
            feed.reading = asyncio.create_task(self._read_events(job_id, feed), name=f"feed {job_id}")

    async def _read_events(self, job_id: JobId, feed: _Feed) -> None:
        try:
            is_more = True
            while (
                feed.listeners
                and not self._notifications.is_closing
                and (is_more or len(feed.events) < feed.known_seq)
            ):
                fresh = await self._fetch_new_events(job_id, feed)
                feed.add(fresh)
                is_more = len(fresh) == record.PAGE
                if not fresh:
                    feed.known_seq = len(feed.events)  # some may have been missed, and none was
        finally:
            feed.reading = None

    async def _fetch_new_events(self, job_id: JobId, feed: _Feed) -> Sequence[Event]:
        while True:
            try:
                async with self._database.autocommit() as tx:
                    return await record.read(tx, job_id, after=len(feed.events))
            except Unavailable as error:
                log.info("feed_waits", job_id=str(job_id), reason=error.detail)
                # For as long as somebody listens: the stream stays open through an outage, and loses nothing.
                await asyncio.sleep(_RETRY_S)

    async def _find_lost_notifications(self) -> None:
        """Ask the record, for all jobs at once, whether a notification was lost."""
        while True:
            await asyncio.sleep(self._lost_check_s)
            if not self._feeds:
                continue
            try:
                async with self._database.autocommit() as tx:
                    newest = await record.newest(tx, list(self._feeds))
            except Unavailable as error:
                log.info("feeds_wait", reason=error.detail)
                continue
            for job_id, seq in newest.items():
                self._on_notification(Notification(job_id, seq, ""))
