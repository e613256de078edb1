"""Finishes what a dead process could not: lost jobs are handed on, orphan sandboxes removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

import structlog

from app.core.errors import IllegalTransition
from app.core.ids import JobId, SandboxId, new_debug_id
from app.db.engine import Database
from app.domain.failure import FailureCode
from app.domain.job import Change, JobStatus
from app.ports.sandbox import SandboxError, SandboxRuntime
from app.queue.engine import EngineClient
from app.queue.state_machine import JobStateMachine
from app.repositories import idempotency, work
from app.repositories.work import Due, LostJob

log = structlog.get_logger(__name__)

# A build that takes its worker down with it would go from worker to worker for ever.
MAX_TAKEOVERS: Final = 3
FORGET_AFTER: Final = timedelta(days=1)
"""Far longer than a job goes on after its workflow has ended too early."""


class ReaperService:
    """Every worker runs one; they do not mind each other."""

    def __init__(
        self,
        database: Database,
        machine: JobStateMachine,
        engine: EngineClient,
        runtime: SandboxRuntime,
        *,
        lease_s: float,
    ) -> None:
        self._database = database
        self._machine = machine
        self._engine = engine
        self._runtime = runtime
        self._lease_s = lease_s
        self._were_left: set[SandboxId] = set()

    async def find_due(self) -> Due:
        """The kinds of work that are due now."""
        async with self._database.autocommit() as tx:
            return await work.find_due(tx, lease_s=self._lease_s)

    async def take_over_lost(self) -> None:
        """Give up silent workers and hand their jobs on."""
        async with self._database.transaction() as tx:
            for name in await work.expire_workers(tx, lease_s=self._lease_s):
                log.warning("worker_given_up", worker=name)
            lost = await work.find_lost(tx, lease_s=self._lease_s)
        for job in lost:
            await self._hand_on(job)

    async def _hand_on(self, job: LostJob) -> None:
        async with self._database.autocommit() as tx:
            won = await work.take_over(tx, job)
        if not won:
            return
        log.warning("job_taken_over", job_id=str(job.id), attempt=job.attempt + 1, lost_owner=job.owner)
        # The former owner may only be slow: without its sandbox it cannot go on beside the next one.
        if job.sandbox_id:
            await self._kill_sandbox(SandboxId(job.sandbox_id))
        if job.owner is not None and job.takeovers >= MAX_TAKEOVERS:
            await self._end_poisonous(job)
        else:
            # When this fails, the job has no owner and counts as lost again after the lease.
            await self._engine.hand_on(job.id, attempt=job.attempt + 1)

    async def _end_poisonous(self, job: LostJob) -> None:
        change = Change(
            error_code=FailureCode.KEPT_CRASHING,
            error_message=FailureCode.KEPT_CRASHING.sentence,
            debug_id=new_debug_id(),
        )
        log.error("job_kept_crashing", job_id=str(job.id), debug_id=change.debug_id)
        try:
            await self._machine.transition(job.id, JobStatus.FAILED, attempt=job.attempt + 1, change=change)
        except IllegalTransition as error:
            log.info("job_already_ended", job_id=str(job.id), reason=error.detail)

    async def remove_orphans(self) -> None:
        """End the sandboxes whose jobs need none any more, and remove the data of failed and unknown jobs."""
        # Listed before the record is asked, which knew of each job before a sandbox was made for it.
        owners, data_jobs = await self._runtime.list_ids(), await self._runtime.list_data()
        ended = await self.select_ended(list({*owners.values(), *data_jobs}))
        for sandbox_id, job_id in owners.items():
            if job_id in ended:
                log.info("orphan_sandbox_removed", sandbox_id=sandbox_id, job_id=str(job_id))
                await self._kill_sandbox(sandbox_id)
        await self._remove_left(owners)
        for job_id in ended.intersection(data_jobs):
            log.info("orphan_data_removed", job_id=str(job_id))
            await self._runtime.remove_data(job_id)

    async def _remove_left(self, found: Collection[SandboxId]) -> None:
        """A live worker removes its own, so only what two looks in a row have seen belongs to nobody."""
        leftovers = {*await self._runtime.list_ended(), *await self._done_with(found)}
        for sandbox_id in leftovers & self._were_left:
            log.info("left_sandbox_removed", sandbox_id=sandbox_id)
            await self._kill_sandbox(sandbox_id)
        self._were_left = leftovers

    async def _done_with(self, sandbox_ids: Collection[SandboxId]) -> Sequence[SandboxId]:
        if not sandbox_ids:
            return []
        async with self._database.autocommit() as tx:
            return await work.select_done(tx, list(sandbox_ids))

    async def select_ended(self, job_ids: list[JobId]) -> set[JobId]:
        """The jobs among these whose work must stop."""
        if not job_ids:
            return set()
        async with self._database.autocommit() as tx:
            return set(await work.select_ended(tx, job_ids))

    async def run_maintenance(self) -> None:
        """Release scheduled jobs and drop idempotency keys that are old."""
        await self._machine.release_scheduled()
        async with self._database.autocommit() as tx:
            await idempotency.forget_old(tx)

    async def purge_workflows(self) -> None:
        """Let go of what the engine keeps of builds that have long been over."""
        # In portions, so that no statement of the engine's holds its tables for long.
        while count := await self._engine.forget_ended(longer_than=FORGET_AFTER):
            log.info("workflows_forgotten", count=count)

    async def _kill_sandbox(self, sandbox_id: SandboxId) -> None:
        try:
            await self._runtime.kill(sandbox_id)
        except (SandboxError, OSError) as error:
            log.warning("sandbox_kill_failed", sandbox_id=sandbox_id, reason=str(error))
