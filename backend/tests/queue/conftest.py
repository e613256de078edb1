from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from fakeredis import FakeAsyncRedis

from app.core.ids import FounderId, JobId
from app.db.engine import Database
from app.domain.job import JobStatus, NewJob
from app.domain.tier import Tier
from app.events.cache import StatusCache
from app.queue.manager import QueueManager
from app.queue.state_machine import JobStateMachine
from app.repositories import founders, projects, work
from tests.support.admission import admit_all


@dataclass
class Yard:
    """The queue on a real database."""

    database: Database
    machine: JobStateMachine
    queue: QueueManager
    cache: StatusCache

    async def founder(self, name: str) -> FounderId:
        async with self.database.transaction() as tx:
            return (await founders.get_or_create(tx, subject=name, name=name)).id

    async def job(self, founder: str = "ada", tier: Tier = Tier.CTO_SCALE) -> JobId:
        """A job of a project of its own."""
        founder_id = await self.founder(founder)
        async with self.database.transaction() as tx:
            project = await projects.create(tx, founder_id=founder_id, name="p", description="")
            new = NewJob(project.id, founder_id, "goal", tier.value, tier.limits.priority)
            job_id = (await self.queue.enqueue(tx, new)).job_id
        return JobId(UUID(str(job_id)))

    async def admit(self) -> list[JobId]:
        return await admit_all(self.queue)

    async def worker(self, name: str, slots: int) -> None:
        async with self.database.transaction() as tx:
            await work.register_worker(tx, name, slots=slots)

    async def walk(self, job_id: JobId, *stages: JobStatus) -> None:
        for stage in stages:
            await self.machine.transition(job_id, stage)


@pytest.fixture
async def yard(database_url: str) -> AsyncIterator[Yard]:
    database = Database(database_url)
    cache = StatusCache(FakeAsyncRedis(decode_responses=True))
    machine = JobStateMachine(database, cache)
    queue = QueueManager(database, machine, queue_cap=5, lease_s=10)
    yield Yard(database, machine, queue, cache)
    await cache.close()
    await database.close()
