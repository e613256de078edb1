"""The standing worker: takes jobs, carries them out, proves that it lives, and hands over when it goes."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from app.core.errors import Unavailable
from app.core.ids import JobId
from app.core.retry import retry_counting
from app.db.engine import Database
from app.domain.job import JobStatus, SpecifiedJob
from app.events.notifications import Notification, NotificationListener
from app.queue import engine
from app.queue.manager import QueueManager
from app.repositories import work
from app.services.build_pipeline import BuildTools
from app.services.generation_service import GenerationService
from app.services.reaper_service import ReaperService

log = structlog.get_logger(__name__)

FENCED: Final = 75
"""Exit status of a worker that was given up, or that could not prove in time that it lives."""

FENCE_SHARE: Final = 0.8
"""Of the lease, after which a worker that could not prove that it lives ends itself."""

POLL_SHARE: Final = 0.1
"""Of the lease, after which the engine looks for what was handed on; after all of it, that is lost again."""

ADMITTING: Final = (JobStatus.QUEUED, JobStatus.READY, JobStatus.FAILED)
"""A job that came to one of these waits for a slot or has left one."""

# A notification arrives within milliseconds but may be lost with its connection. So the record is asked as well,
# which costs one statement.
LOOK_S: Final = 1.0
HAND_OVER_S: Final = 5.0
"""A worker that leaves waits this long for its admission, and again for its builds, to end."""

TIDY_EVERY: Final = 10
FORGET_EVERY: Final = 3_600
"""Both count rounds of the patrol, of LOOK_S each: every 10 s, and once an hour."""
PACK_EVERY_S: Final = 900.0


@dataclass(frozen=True)
class WorkerParts:
    """The parts that a worker is made of."""

    database: Database
    notifications: NotificationListener
    queue: QueueManager
    generation: GenerationService
    reaper: ReaperService
    tools: BuildTools
    engine: engine.EngineClient


class Worker:
    """One worker process's work. `run` returns after `stop`."""

    def __init__(self, parts: WorkerParts, *, slots: int, lease_s: float) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._parts = parts
        self._slots = slots
        self._lease_s = lease_s
        self._start_job: engine.StartJob
        """Hands a job to the engine; there once the engine is launched."""
        self._taken: set[JobId] = set()
        """Every job that fills a slot here, from its admission to its workflow's end."""
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._may_admit = asyncio.Event()
        self._must_look = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Hand the jobs over and return from `run`."""
        self._stopping.set()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`; `on_ready` is called once builds can be taken."""
        async with self._parts.database.transaction() as tx:
            await work.register_worker(tx, self.name, slots=self._slots)
        self._parts.notifications.watch(self._on_notification)
        await self._parts.notifications.start()
        self._start_job = await engine.launch(
            self._parts.database.url,
            executor=self.name,
            slots=self._slots,
            poll_s=self._lease_s * POLL_SHARE,
            run_job=self._run_job,
        )
        log.info("worker_ready", worker=self.name, slots=self._slots)
        on_ready()
        admitting = asyncio.create_task(self._admit_jobs(), name="admit")
        loops = [
            asyncio.create_task(self._keep_alive(), name="heartbeat"),
            admitting,
            asyncio.create_task(self._patrol(), name="patrol"),
            asyncio.create_task(self._pack_versions(), name="pack"),
        ]
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([stop, *loops], return_when=asyncio.FIRST_COMPLETED)
        # Admitting ends first: a job admitted after the engine has shut down would wait for the lease.
        await self._stop_admitting(admitting)
        await self._hand_over()
        for task in (stop, *loops):
            task.cancel()
        for outcome in await asyncio.gather(*loops, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    def _on_notification(self, notification: Notification | None) -> None:
        """Take note that a job may wait or has ended; None says that notifications were missed."""
        if notification is None:
            self._must_look.set()
        elif notification.status == "failed":
            self._cancel_build(notification.job_id)
        if notification is None or notification.status in ADMITTING:
            self._may_admit.set()

    def _cancel_build(self, job_id: JobId) -> None:
        task = self._running.get(job_id)
        if task is not None and not task.cancelling():
            task.cancel()

    async def _run_job(self, job_id: JobId) -> None:
        """The workflow of one job, run by the engine."""
        self._taken.add(job_id)
        try:
            job = await self._claim_job(job_id)
            if job is None or job.id in self._running:
                log.info("job_not_ours", job_id=str(job_id))
                # The job may have been handed to a worker that was itself given up: it learns so by this.
                await self._send_heartbeat()
            else:
                await self._run_build(job)
        finally:
            self._taken.discard(job_id)
            self._may_admit.set()

    async def _run_build(self, job: SpecifiedJob) -> None:
        build = self._parts.generation.execute_build(self._parts.tools, job, step=engine.step)
        task = asyncio.create_task(build, name=f"build {job.id}")
        self._running[job.id] = task
        await asyncio.wait({task})
        if self._stopping.is_set():
            # The next owner resumes this workflow; one that ended here could not be resumed.
            await asyncio.Event().wait()
        del self._running[job.id]
        if not task.cancelled() and (error := task.exception()) is not None:
            await self._handle_crash(job.id, job.attempt, error)

    async def _handle_crash(self, job_id: JobId, attempt: int, error: BaseException) -> None:
        """The outermost handler: what nobody expected ends the job, what the engine refused is handed on."""
        log.error("build_crashed", job_id=str(job_id), attempt=attempt, exc_info=error)
        if isinstance(error, engine.EngineErrors):
            await self._give_back(job_id)
        elif isinstance(error, Exception):
            await self._parts.generation.fail(job_id, error, attempt=attempt)

    async def _claim_job(self, job_id: JobId) -> SpecifiedJob | None:
        async def claim_once(tries: int) -> SpecifiedJob | None:
            async with self._parts.database.autocommit() as tx:
                return await work.claim_job(tx, job_id, worker=self.name, is_retry=tries > 0)

        return await retry_counting(claim_once)

    async def _keep_alive(self) -> None:
        """Prove that this worker lives; stop at once when others may think that it does not."""
        deadline = self._end_process_after(time.monotonic())
        try:
            while True:
                sent = time.monotonic()
                if await self._send_heartbeat():
                    deadline.cancel()
                    deadline = self._end_process_after(sent)
                # Three in a row may be lost before this worker has to end itself (FENCE_SHARE).
                await asyncio.sleep(self._lease_s / 5)
        finally:
            deadline.cancel()

    async def _send_heartbeat(self) -> bool:
        try:
            async with self._parts.database.autocommit() as tx:
                is_registered = await work.record_heartbeat(tx, self.name)
        except Unavailable:
            return False
        if not is_registered and not self._stopping.is_set():
            self._end_process("given up by the others")
        return True

    def _end_process_after(self, sent: float) -> asyncio.TimerHandle:
        """Start the timer that ends this process, unless a heartbeat is recorded before."""
        # A timer rather than a look at the clock: it also fires while a heartbeat waits for its answer.
        spent = time.monotonic() - sent
        delay = max(0.0, self._lease_s * FENCE_SHARE - spent)
        return asyncio.get_running_loop().call_later(delay, self._end_process, "cannot reach the database")

    def _end_process(self, reason: str) -> None:
        log.error("worker_fenced", worker=self.name, reason=reason)
        # At once and without clean-up: sandboxes die with this process, so nothing goes on that others may repeat.
        os._exit(FENCED)

    async def _admit_jobs(self) -> None:
        while not self._stopping.is_set():
            await self._may_admit.wait()
            self._may_admit.clear()
            await self._survive_outage(self._take_turns)

    async def _stop_admitting(self, admitting: asyncio.Task[None]) -> None:
        """Let an admission that has begun reach the engine, which is shut down next."""
        self._stopping.set()
        self._may_admit.set()
        await asyncio.wait([admitting], timeout=HAND_OVER_S)

    async def _take_turns(self) -> None:
        """Start as many jobs as there are slots free here."""
        while len(self._taken) < self._slots and not self._stopping.is_set():
            job_id = await self._parts.queue.admit_next()
            if job_id is None:
                return
            await self._start_admitted(job_id)

    async def _start_admitted(self, job_id: JobId) -> None:
        self._taken.add(job_id)
        try:
            await self._start_job(job_id)
        except Unavailable:
            self._taken.discard(job_id)
            raise

    async def _patrol(self) -> None:
        turn = 0
        while True:
            self._must_look.clear()
            await self._survive_outage(self._find_due_work)
            await self._survive_outage(self._drop_ended)
            if turn % TIDY_EVERY == 0:
                await self._survive_outage(self._parts.reaper.remove_orphans)
                await self._survive_outage(self._parts.reaper.run_maintenance)
            if turn % FORGET_EVERY == 0:
                await self._survive_outage(self._parts.reaper.purge_workflows)
            turn += 1
            await _wait_for_event(self._must_look)

    async def _find_due_work(self) -> None:
        """Find work whose notification was lost."""
        due = await self._parts.reaper.find_due()
        if due.waits:
            self._may_admit.set()
        if due.is_lost:
            await self._parts.reaper.take_over_lost()

    async def _drop_ended(self) -> None:
        """Stop the builds that were cancelled while no notification came through."""
        for job_id in await self._parts.reaper.select_ended(list(self._running)):
            self._cancel_build(job_id)

    async def _pack_versions(self) -> None:
        # A task of its own, as packing takes seconds and the patrol must not wait.
        while True:
            await asyncio.sleep(PACK_EVERY_S)
            await self._survive_outage(self._parts.tools.versions.pack)

    async def _survive_outage(self, work_once: Callable[[], Awaitable[object]]) -> None:
        """A loop outlives an outage: what could not be done is done the next time."""
        try:
            await work_once()
        except Unavailable as error:
            log.warning("loop_waits", reason=error.detail)

    async def _hand_over(self) -> None:
        """Stop every build, let its sandbox die, and give its job to whoever is free."""
        self._stopping.set()
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=HAND_OVER_S)
        await engine.shut_down()  # first, or this worker would take up again what it gives back
        try:
            for job_id in self._running:
                await self._give_back(job_id)
            async with self._parts.database.autocommit() as tx:
                await work.remove_worker(tx, self.name)
        except Unavailable as error:
            log.warning("hand_over_incomplete", reason=error.detail)
        await self._parts.notifications.close()

    async def _give_back(self, job_id: JobId) -> None:
        async with self._parts.database.autocommit() as tx:
            attempt = await work.give_back(tx, job_id, worker=self.name)
        if attempt is not None:
            await self._parts.engine.hand_on(job_id, attempt=attempt)


async def _wait_for_event(event: asyncio.Event) -> None:
    """Return when the event is set, or after LOOK_S."""
    # Not by `wait_for`: on Python 3.11 it forgets a cancel that comes together with the event.
    try:
        async with asyncio.timeout(LOOK_S):
            await event.wait()
    except TimeoutError:
        return
