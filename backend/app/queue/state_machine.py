"""The only way a job changes state: one compare-and-set in the database, which raises when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from app.core.errors import IllegalTransition, NotFound
from app.core.ids import FounderId, JobId
from app.db.engine import Connection, Database
from app.domain.job import Change, JobStatus
from app.domain.status import StatusView
from app.events.cache import StatusCache
from app.events.model import EventType
from app.repositories import jobs, work
from app.repositories.jobs import status_payload

NO_CHANGE = Change()


class JobStateMachine:
    """Moves jobs along the table."""

    def __init__(self, database: Database, cache: StatusCache) -> None:
        self._database = database
        self._cache = cache

    async def transition(
        self,
        job_id: JobId,
        to: JobStatus,
        *,
        attempt: int | None = None,
        after: int | None = None,
        change: Change = NO_CHANGE,
    ) -> int:
        """Move a job and write the event in one commit; the event's number.

        With `attempt`, only the worker that acts under it may move the job. Raises IllegalTransition when the
        table does not lead there from where the job is now, or when the attempt is stale. Who knows the number
        of the newest event says so with `after`, which saves the round trips of a transaction; to be wrong
        about it does no harm.
        """
        if after is not None:
            # One round trip: who knows the newest event knows the number of the next, which the cache must expect
            # before it is committed.
            await self._cache.expect(job_id, seq=after + 1)
            async with self._database.autocommit() as tx:
                seq = await jobs.transition(tx, job_id, to, attempt=attempt, change=change, after=after)
            # Refused or only past the event that was named: the transaction below tells which.
            if seq is not None:
                return seq
        async with self._database.transaction() as tx:
            return await self.transition_in(tx, job_id, to, attempt=attempt, change=change)

    async def transition_in(
        self,
        tx: Connection,
        job_id: JobId,
        to: JobStatus,
        *,
        attempt: int | None = None,
        change: Change = NO_CHANGE,
    ) -> int:
        """The same inside the caller's transaction."""
        seq = await jobs.transition(tx, job_id, to, attempt=attempt, change=change)
        if seq is None:
            await self._refuse_transition(tx, job_id, to, attempt)
        assert seq is not None
        await self._cache.expect(job_id, seq=seq)
        return seq

    async def _refuse_transition(self, tx: Connection, job_id: JobId, to: JobStatus, attempt: int | None) -> None:
        job = await jobs.find(tx, job_id)
        if job is None:
            raise NotFound(f"There is no build {str(job_id)!r}.")
        reason = f"it is {job.status.value!r}"
        if attempt is not None and job.attempt != attempt:
            reason = f"attempt {attempt} was replaced by attempt {job.attempt}"
        raise IllegalTransition(f"Build {str(job_id)!r} cannot become {to.value!r}: {reason}.")

    async def append_event(
        self, job_id: JobId, *, attempt: int, event_type: EventType, payload: Mapping[str, Any]
    ) -> int:
        """Add an event that changes no state; its number. IllegalTransition: the job has ended or moved on."""
        async with self._database.autocommit() as tx:
            seq = await jobs.append(tx, job_id, attempt=attempt, event_type=event_type.value, payload=payload)
        if seq is None:
            raise IllegalTransition(f"Build {str(job_id)!r} has ended or was taken over.")
        return seq

    async def release_scheduled(self) -> None:
        """Queue what waited for a new day."""
        async with self._database.transaction() as tx:
            released = await work.release_scheduled(tx, payload=status_payload(JobStatus.QUEUED))
            await asyncio.gather(*(self._cache.expect(job_id, seq=seq) for job_id, seq in released))

    async def refresh_cache(self, job_id: JobId) -> None:
        """Copy what the record says into the cache."""
        async with self._database.autocommit() as tx:
            job = await jobs.find(tx, job_id)
        if job is not None:
            await self._cache.put(StatusView.of(job))

    async def get_status(self, job_id: JobId, *, founder_id: FounderId) -> StatusView:
        """The status of a job, from the cache or the record; NotFound when it is not the founder's."""
        cached = await self._cache.get(job_id)
        # The copy is asked for before the record knows whose it is, so it has to say so itself.
        if cached is not None and cached.founder_id == founder_id:
            return cached
        async with self._database.autocommit() as tx:
            job = await jobs.find(tx, job_id, founder_id=founder_id)
        if job is None:
            raise NotFound("There is no such build.", remedy="Check the id; you only see your own builds.")
        view = StatusView.of(job)
        # Copied only when somebody asks: most states of a build are over before anybody does.
        await self._cache.put(view)
        return view
