"""The queue: accepting jobs, admitting them in order, and estimating how long they wait."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.errors import QueueFull
from app.core.ids import FounderId, JobId
from app.db.engine import Connection, Database
from app.domain.job import JobStatus, NewJob
from app.domain.tier import TIER_LIMITS, Tier
from app.queue.acceptance import Acceptance
from app.queue.state_machine import JobStateMachine
from app.repositories import jobs, work
from app.repositories.work import Pace

_LIMITS: Final = json.dumps({tier.value: limits.concurrent_jobs for tier, limits in TIER_LIMITS.items()})


@dataclass(frozen=True)
class Usage:
    """A founder's use of the tier's limits."""

    running: int
    concurrent_jobs: int
    jobs_today: int
    daily_jobs: int
    resets_at: datetime


@dataclass(frozen=True)
class Accepted:
    """A job that was accepted, as its founder is answered."""

    answer: Mapping[str, Any]
    kept_hash: str | None = None
    """Of the request that this was answered to before, under the same key."""

    @property
    def job_id(self) -> JobId:
        """The job."""
        return JobId(UUID(self.answer["job_id"]))

    @property
    def status(self) -> JobStatus:
        """Queued or scheduled."""
        return JobStatus(self.answer["status"])


class NotAccepted(Exception):
    """A project that has no room for a build now."""

    def __init__(self, reason: str, facts: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


@dataclass(frozen=True)
class Wait:
    """A waiting job's place (from 1) and an honest guess of the seconds until it starts; None when unknown."""

    position: int
    estimate_s: int | None


class QueueManager:
    """Accepts jobs and decides whose turn it is."""

    def __init__(
        self,
        database: Database,
        machine: JobStateMachine,
        *,
        queue_cap: int,
        lease_s: float,
    ) -> None:
        self._database = database
        self._machine = machine
        self._queue_cap = queue_cap
        self._lease_s = lease_s
        self._acceptance = Acceptance(database)
        self._must_notify = False
        self._is_notifying = False

    async def enqueue(self, tx: Connection | None, job: NewJob) -> Accepted:
        """Accept a job: queued, or scheduled when today's limit is reached. One statement, all of it or nothing.

        In the caller's transaction, or in one with whatever else is accepted just now. Raises QueueFull when too
        many wait, NotAccepted where its project stands against it.
        """
        wanted = jobs.Wanted(job, Tier(job.tier).limits.daily_jobs, self._queue_cap)
        if tx is None:
            answer = await self._acceptance.accept(wanted)
        else:
            [answer] = await jobs.accept(tx, [wanted], waits=True)
        if (kept := answer.get("kept")) is not None:
            return Accepted(kept["answer"], kept["request_hash"])
        match answer.get("refused"):
            case None:
                return Accepted(answer)
            case "queue_full":
                raise QueueFull(
                    "Too many builds are waiting right now.",
                    remedy="Nothing was started. Try again soon.",
                    retry_after=30,
                )
            case refused:
                raise NotAccepted(refused, answer)

    async def notify_workers(self) -> None:
        """Tell the workers that something may wait. Who asks while they are being told shares the next time."""
        self._must_notify = True
        if self._is_notifying:
            return
        self._is_notifying = True
        try:
            while self._must_notify:
                self._must_notify = False
                async with self._database.autocommit() as tx:
                    await work.notify_workers(tx)
        finally:
            self._is_notifying = False

    async def admit_next(self) -> JobId | None:
        """Give a free slot to the job whose turn it is; None when no slot is free or nothing waits.

        The caller starts it. What is not started within the lease counts as lost, and is handed on.
        """
        # Without a transaction of ours, since the lock and the statement are sent as one message of their own.
        async with self._database.autocommit() as tx:
            return await work.admit_next(tx, limits_json=_LIMITS, lease_s=self._lease_s)

    async def usage(self, tx: Connection, founder_id: FounderId, tier: Tier) -> Usage:
        """Recounted from the rows, so that it cannot drift."""
        return Usage(
            running=await work.count_running(tx, founder_id),
            concurrent_jobs=tier.limits.concurrent_jobs,
            jobs_today=await work.started_today(tx, founder_id),
            daily_jobs=tier.limits.daily_jobs,
            resets_at=await work.day_ends_at(tx),
        )

    async def usual_seconds(self, tx: Connection) -> float | None:
        """The seconds that a build takes here, by the last ones; None before there were any."""
        return (await work.find_pace(tx)).usual_s

    async def wait_of(self, tx: Connection, job_id: JobId) -> Wait | None:
        """The place of a waiting job, and its wait; None when it was admitted or has ended since."""
        position = await work.queue_position(tx, job_id)
        if position is None:
            return None
        return Wait(position, estimate_wait(position, await work.find_pace(tx)))


def estimate_wait(position: int, pace: Pace) -> int | None:
    """The seconds until the job at this place of the queue gets a slot; None before there were any builds."""
    usual = pace.usual_s
    if usual is None:
        return None
    # The seconds until each slot is free: those ahead take the one that is free first.
    free = [max(0.0, usual - seconds) for seconds in pace.running_s]
    free += [0.0] * max(0 if free else 1, pace.slots - len(free))
    heapq.heapify(free)
    for _ in range(position - 1):
        heapq.heapreplace(free, free[0] + usual)
    return max(1, round(free[0]))
