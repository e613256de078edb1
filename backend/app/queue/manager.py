"""The queue: accepting jobs, admitting them in order, and estimating how long they wait."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.core.errors import QueueFull
from app.core.ids import FounderId, JobId
from app.db.engine import Connection, Database
from app.domain.job import JobStatus, NewJob
from app.domain.tier import TIER_LIMITS, Tier
from app.queue.state_machine import JobStateMachine
from app.repositories import work

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
    """A job that was accepted, and how many of the founder's count today with it."""

    job_id: JobId
    status: JobStatus
    jobs_today: int


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

    async def enqueue(self, tx: Connection, job: NewJob) -> Accepted:
        """Accept a job in the caller's transaction: queued, or scheduled when today's limit is reached.

        Raises QueueFull when too many wait.
        """
        # Starts at the same moment may pass the cap by as many as they are: it bounds a flood, and need not be
        # exact.
        if await work.count_waiting(tx) >= self._queue_cap:
            raise QueueFull(
                "Too many builds are waiting right now.",
                remedy="Nothing was started. Try again soon.",
                retry_after=30,
            )
        # Only the project's row is locked: who starts in two projects at once may pass the limit by one, which is
        # cheaper than making all starts of a founder wait for each other.
        today = await work.started_today(tx, job.founder_id)
        status = JobStatus.QUEUED if today < Tier(job.tier).limits.daily_jobs else JobStatus.SCHEDULED
        # Scheduled rather than refused: the founder has said the goal, and need not come back tomorrow.
        job_id = await self._machine.create_job(tx, replace(job, status=status))
        return Accepted(job_id, status, today + 1)

    async def notify_workers(self) -> None:
        """Tell the workers that something may wait."""
        async with self._database.autocommit() as tx:
            await work.notify_workers(tx)

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
        return await work.average_seconds(tx)

    async def wait_of(self, tx: Connection, job_id: JobId) -> Wait | None:
        """The place of a waiting job, and its wait; None when it was admitted or has ended since."""
        position = await work.queue_position(tx, job_id)
        if position is None:
            return None
        mean = await work.average_seconds(tx)
        # By workers and not by slots: builds of one worker share its cores, so that more of them at once only
        # make each take longer.
        workers = max(1, await work.count_workers(tx))
        return Wait(position, None if mean is None else round(position * mean / workers))
