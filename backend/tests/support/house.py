"""The real application on a real database, with the outside world that a test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.adapters.billing.open import OpenBilling
from app.adapters.runners.fake import RunnerFake
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.adapters.storage.disk import DiskVersionStore
from app.bootstrap import Adapters, assemble, build_tools
from app.container import Services
from app.core.errors import Unauthenticated
from app.core.ids import JobId
from app.core.settings import Settings
from app.db.engine import Database
from app.domain.job import Change, JobStatus
from app.events.cache import StatusCache
from app.main import create_app
from app.ports.clock import SystemClock
from app.ports.identity import Identity
from app.preview.links import PreviewSigner
from app.repositories import work
from tests.support.admission import admit_all

TOKEN = "token-of-ada"
OTHER_TOKEN = "token-of-bob"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
OTHER_AUTH = {"Authorization": f"Bearer {OTHER_TOKEN}"}
WORKER = "test-worker"


class TwoFounders:
    """Ada and Bob, by their tokens."""

    async def authenticate(self, token: str) -> Identity:
        names = {TOKEN: "Ada", OTHER_TOKEN: "Bob"}
        if token not in names:
            raise Unauthenticated("This token is not good.")
        return Identity(subject=f"user-{names[token]}", name=names[token])


class AnsweringPreview:
    """A preview that gives the status it is told to."""

    def __init__(self) -> None:
        self.answer = 200
        self.asked: list[JobId] = []

    async def probe(self, job_id: JobId) -> int:
        self.asked.append(job_id)
        return self.answer


@dataclass
class House:
    """One application under test and what a test needs to move it."""

    client: TestClient
    app: FastAPI
    adapters: Adapters
    services: Services
    settings: Settings

    def call(self, work_of: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Run a coroutine function on the application's own loop."""
        assert self.client.portal is not None
        return self.client.portal.call(work_of, *args)

    def project(self, name: str = "Yoga", *, auth: dict[str, str] = AUTH) -> str:
        answer = self.client.post("/api/projects", json={"name": name}, headers=auth)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def start(self, project_id: str, goal: str = "A booking app for a yoga studio", **headers: str) -> Any:
        body = {"project_id": project_id, "goal": goal}
        return self.client.post("/api/generation/start", json=body, headers={**AUTH, **headers})

    def started(self, project_id: str | None = None) -> JobId:
        answer = self.start(project_id or self.project())
        assert answer.status_code == 201, answer.text
        return JobId(UUID(answer.json()["job_id"]))

    def move(self, job_id: JobId, to: JobStatus) -> None:
        """Walk a job along the table until it is there."""
        walk = (JobStatus.STARTING, JobStatus.SCAFFOLD, JobStatus.CODE, JobStatus.DEPS, JobStatus.CHECKS)
        for stage in walk:
            self._step(job_id, stage)
            if stage is to:
                return
        self._step(job_id, to)

    def _step(self, job_id: JobId, to: JobStatus) -> None:
        async def step() -> None:
            change = Change(digest="git-tree:test") if to is JobStatus.READY else Change()
            await self.services.machine.transition(job_id, to, change=change)

        if JobStatus(self.status(job_id)["status"]) is not to:
            self.call(step)

    def status(self, job_id: JobId) -> Any:
        return self.client.get(f"/api/generation/{job_id}/status", headers=AUTH).json()

    def build(self, job_id: JobId) -> None:
        """Carry the job out the way a worker does, without the engine's records."""

        async def admit_and_build() -> None:
            async with self.services.database.transaction() as tx:
                await work.register_worker(tx, f"{WORKER}-{job_id}", slots=10)
            assert job_id in await admit_all(self.services.queue)
            async with self.services.database.transaction() as tx:
                job = await work.claim_job(tx, job_id, worker=f"{WORKER}-{job_id}")
            assert job is not None
            tools = build_tools(self.adapters, self.services, self.settings)
            await self.services.generation.execute_build(tools, job, step=_unrecorded)

        self.call(admit_and_build)


async def _unrecorded(name: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    del name
    return await work()


@contextmanager
def open_house(
    database_url: str, valkey_url: str, folder: Path, *, more: Mapping[str, Any] | None = None, **fakes: Any
) -> Iterator[House]:
    """An application on this database; `fakes` replace adapters by name, `more` are settings."""
    settings = Settings(
        data_dir=folder, database_url=database_url, redis_url=valkey_url, pictures=False, **(more or {})
    )
    adapters = replace(
        Adapters(
            database=Database(database_url),
            cache=StatusCache(FakeAsyncRedis(decode_responses=True)),
            runtime=FakeSandboxRuntime(folder / "sandboxes"),
            runner=RunnerFake(),
            store=DiskVersionStore(folder / "versions"),
            identity=TwoFounders(),
            billing=OpenBilling(),
            signer=PreviewSigner("test-secret", link_seconds=3600, port=8401),
            probe=AnsweringPreview(),
            clock=SystemClock(),
        ),
        **fakes,
    )
    app = create_app(settings)
    services = assemble(adapters, settings)
    with TestClient(app, base_url="http://localhost") as client:
        app.state.services = services
        house = House(client, app, adapters, services, settings)
        house.call(services.open)
        yield house
        house.call(services.close)
        house.call(asyncio.sleep, 0)
