"""The same operations as the model's, on the product's own SQL and a Postgres whose clock a test moves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from fakeredis import FakeAsyncRedis

from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.core.errors import AlreadyTerminal, IllegalTransition, QueueFull
from app.core.ids import FounderId, JobId, ProjectId
from app.core.seal import Seal
from app.db.engine import Connection, Database
from app.domain.job import Change, JobStatus, NewJob
from app.domain.tier import Tier
from app.events.cache import StatusCache
from app.events.model import EventType
from app.queue.engine import EngineClient
from app.queue.manager import QueueManager
from app.queue.state_machine import JobStateMachine
from app.repositories import founders, projects, work
from app.repositories.work import LostJob
from app.services.gate_service import GateService
from app.services.generation_service import GenerationService
from app.services.model_addresses import ModelAddresses
from app.services.model_choices import ModelChoices
from app.services.reaper_service import ReaperService
from app.services.spec_service import SpecService
from tests.queue.model import Counts, Lost, ModelWorker, Row
from tests.support.admission import admit_all

EPOCH = "2030-01-01 00:00:00+00"

_CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.moment (at timestamptz NOT NULL);
INSERT INTO clock.moment VALUES ('2030-01-01 00:00:00+00');
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.moment';
ALTER TABLE jobs ALTER created_at SET DEFAULT clock.now();
ALTER TABLE workers ALTER seen_at SET DEFAULT clock.now();
"""
_EMPTY = "TRUNCATE founders, projects, project_specs, jobs, job_events, gates, idempotency_keys, workers CASCADE"


_ROWS = """
    SELECT j.id, j.status, j.last_seq, attempt, takeovers, owner, sandbox_id,
           CAST(extract(epoch FROM admitted_at - CAST(%(epoch)s AS timestamptz)) AS int),
           (SELECT array_agg(seq ORDER BY seq) FROM job_events e WHERE e.job_id = j.id),
           (SELECT payload ->> 'status' FROM job_events e WHERE e.job_id = j.id AND type = 'status'
            ORDER BY seq DESC LIMIT 1)
    FROM jobs j
    """
_FREE = """
    SELECT (SELECT coalesce(sum(slots), 0) FROM workers
            WHERE abs(extract(epoch FROM now() - seen_at)) <= %(lease)s)
         - (SELECT count(*) FROM jobs WHERE admitted_at IS NOT NULL AND finished_at IS NULL)
    """
_WAITING = "SELECT count(*) FROM jobs WHERE status = 'queued' AND admitted_at IS NULL"
_CREW = "SELECT id, slots, CAST(extract(epoch FROM seen_at - CAST(%(epoch)s AS timestamptz)) AS int) FROM workers"


def install_clock(url: str) -> None:
    """From the next connection on, `now()` in this database is what the test says, in every statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_CLOCK)
        name = psycopg.sql.Identifier(connection.info.dbname)
        # The system's own functions are found first, unless they are named later in the path.
        path = psycopg.sql.SQL("ALTER DATABASE {} SET search_path = clock, public, pg_catalog")
        connection.execute(path.format(name))


class SilentEngine(EngineClient):
    """Takes what it is handed: who carries a job out is up to the test."""

    def __init__(self) -> None:
        """Connects to nothing."""

    async def enqueue(self, tx: Connection, job_id: JobId) -> None:
        """A workflow would start."""

    async def hand_on(self, job_id: JobId, *, attempt: int) -> None:
        """A workflow would be resumed."""


class Record:
    """Jobs are named by the order in which they were accepted."""

    def __init__(self, url: str, folder: Path, *, lease_s: int, cap: int, tiers: Mapping[str, Tier]) -> None:
        self.database = Database(url)
        self._tiers = tiers
        self._lease_s = lease_s
        self._jobs: list[tuple[JobId, ProjectId, FounderId]] = []
        self._numbers: dict[JobId, int] = {}
        engine, runtime = SilentEngine(), FakeSandboxRuntime(folder)
        self._machine = JobStateMachine(self.database, StatusCache(FakeAsyncRedis(decode_responses=True)))
        self._queue = QueueManager(self.database, self._machine, queue_cap=cap, lease_s=lease_s)
        self._reaper = ReaperService(self.database, self._machine, engine, runtime, lease_s=lease_s)
        self._generation = GenerationService(
            self.database, self._machine, self._queue, GateService(), runtime, SpecService(),
            choices=ModelChoices(
                Seal(folder / "seal"), instance=None, engine="blueprint", addresses=ModelAddresses(None)
            ),
        )  # fmt: skip

    async def empty(self) -> None:
        """Back to the beginning of time."""
        async with self.database.transaction() as tx:
            await tx.execute(_EMPTY)
            await tx.execute("UPDATE clock.moment SET at = %(at)s", {"at": EPOCH})
        self._jobs.clear()

    async def pass_time(self, seconds: int) -> None:
        statement = "UPDATE clock.moment SET at = at + make_interval(secs => %(s)s)"
        async with self.database.transaction() as tx:
            await tx.execute(statement, {"s": seconds})

    async def accept(self, founder: str) -> JobStatus | None:
        tier = self._tiers[founder]
        try:
            async with self.database.transaction() as tx:
                owner = (await founders.get_or_create(tx, subject=founder, name=founder)).id
                project = await projects.create(tx, founder_id=owner, name="p", description="")
                new = NewJob(project.id, owner, "goal", tier.value, tier.limits.priority)
                accepted = await self._queue.enqueue(tx, new)
        except QueueFull:
            return None
        self._numbers[accepted.job_id] = len(self._jobs)
        self._jobs.append((accepted.job_id, project.id, owner))
        return accepted.status

    async def admit(self) -> list[int]:
        return [self._numbers[job_id] for job_id in await admit_all(self._queue)]

    async def join(self, worker: str, slots: int) -> None:
        async with self.database.transaction() as tx:
            await work.register_worker(tx, worker, slots=slots)

    async def leave(self, worker: str) -> None:
        async with self.database.transaction() as tx:
            await work.remove_worker(tx, worker)

    async def beat(self, worker: str) -> bool:
        async with self.database.transaction() as tx:
            return await work.record_heartbeat(tx, worker)

    async def look(self) -> list[Lost]:
        async with self.database.transaction() as tx:
            await work.expire_workers(tx, lease_s=self._lease_s)
            lost = await work.find_lost(tx, lease_s=self._lease_s)
        found = [Lost(self._numbers[one.id], one.attempt, one.takeovers, one.owner) for one in lost]
        return sorted(found, key=lambda one: one.number)

    async def take_over(self, lost: Lost) -> bool:
        job = LostJob(self._jobs[lost.number][0], lost.attempt, lost.takeovers, lost.owner, None)
        async with self.database.transaction() as tx:
            return await work.take_over(tx, job)

    async def reap(self) -> None:
        await self._reaper.take_over_lost()

    async def claim(self, number: int, worker: str) -> int | None:
        async with self.database.transaction() as tx:
            job = await work.claim_job(tx, self._jobs[number][0], worker=worker)
        return None if job is None else job.attempt

    async def give_back(self, number: int, worker: str) -> int | None:
        async with self.database.transaction() as tx:
            return await work.give_back(tx, self._jobs[number][0], worker=worker)

    async def note_sandbox(self, number: int, attempt: int) -> bool:
        name = f"sandbox-{attempt}"
        async with self.database.transaction() as tx:
            return await work.note_sandbox(tx, self._jobs[number][0], attempt=attempt, sandbox_id=name)

    async def move(self, number: int, to: JobStatus, attempt: int | None) -> int | None:
        change = Change(digest="git-tree:test") if to is JobStatus.READY else Change()
        try:
            return await self._machine.transition(self._jobs[number][0], to, attempt=attempt, change=change)
        except IllegalTransition:
            return None

    async def say(self, number: int, attempt: int) -> int | None:
        words = {"text": "working"}
        try:
            job_id = self._jobs[number][0]
            await self._machine.append_event(job_id, attempt=attempt, event_type=EventType.SAY, payload=words)
        except IllegalTransition:
            return None
        return await self._seq(number)

    async def cancel(self, number: int) -> int | None:
        job_id, _, founder_id = self._jobs[number]
        try:
            await self._generation.cancel(founder_id, job_id)
        except AlreadyTerminal:
            return None
        return await self._seq(number)

    async def release(self) -> None:
        await self._machine.release_scheduled()

    async def counts(self) -> Counts:
        async with self.database.transaction() as tx:
            free = int(await tx.value(_FREE, {"lease": self._lease_s}))
            waiting = int(await tx.value(_WAITING))
            known = {name: (await founders.get_or_create(tx, subject=name, name=name)).id for name in self._tiers}
            used = {
                name: (await work.count_running(tx, one), await work.started_today(tx, one))
                for name, one in known.items()
            }
        return Counts(free, waiting, used)

    async def look_around(self) -> tuple[list[Row], dict[str, ModelWorker]]:
        """Every job, after a look at its events, and every worker."""
        async with self.database.transaction() as tx:
            found = {row[0]: tuple(row)[1:] for row in await tx.rows(_ROWS, {"epoch": EPOCH})}
            crew = {row[0]: ModelWorker(row[1], row[2]) for row in await tx.rows(_CREW, {"epoch": EPOCH})}
        return [_row(*found[job_id]) for job_id, _, _ in self._jobs], crew

    async def _seq(self, number: int) -> int:
        return (await self.look_around())[0][number].seq


def _row(status: str, seq: int, *rest: Any) -> Row:
    """The events are numbered from 1 without gaps, and the last state told is the job's."""
    *seen, events, told = rest
    assert events == list(range(1, seq + 1))
    assert told == status
    return Row(JobStatus(status), seq, *seen)
