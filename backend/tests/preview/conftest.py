"""A preview process on a real port, with sandboxes of plain processes behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app.adapters.storage.disk import DiskVersionStore
from app.app_runtime.app_host import AppHost
from app.core.ids import JobId
from app.preview.links import PreviewSigner
from app.preview.proxy import listening, preview_app
from app.preview.waking import PreviewService
from tests.preview.stage import Builds, ProcessRuntime

PAGE = "http://localhost:8400"


@dataclass
class SettableClock:
    """A clock that stands still until it is moved."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class _Loopback(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: int = 2) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to give back."""


@dataclass
class House:
    """Everything a test of the proxy looks at."""

    runtime: ProcessRuntime
    builds: Builds
    service: PreviewService
    signer: PreviewSigner
    clock: SettableClock
    port: int

    def url(self, job_id: JobId, path: str) -> str:
        return self.signer.origin(job_id) + path

    async def enter(self, session: aiohttp.ClientSession, job_id: JobId) -> None:
        """Have the session hold the access cookies of a build."""
        async with session.get(self.signer.url(job_id), allow_redirects=False) as answer:
            assert answer.status == 303


@pytest.fixture
async def runtime() -> AsyncIterator[ProcessRuntime]:
    runtime = ProcessRuntime()
    yield runtime
    for sandbox in runtime.made:
        await sandbox.kill()


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(DiskVersionStore(tmp_path / "versions"))


@pytest.fixture
async def house(runtime: ProcessRuntime, builds: Builds) -> AsyncIterator[House]:
    clock = SettableClock(datetime.now(UTC))
    host = AppHost(runtime, start_timeout_s=20)
    service = PreviewService(builds, builds.store, host, idle_s=100)
    signer = PreviewSigner("s3cret", link_seconds=600, port=0, clock=clock)
    async with listening(preview_app(service, signer, page_origins=[PAGE]), host="127.0.0.1", port=0) as port:
        signer.port = port
        yield House(runtime, builds, service, signer, clock, port)
    await service.close()


@pytest.fixture
async def visitor() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without manners of its own: keeps cookies by host, decodes nothing."""
    connector = aiohttp.TCPConnector(resolver=_Loopback())
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        yield session
