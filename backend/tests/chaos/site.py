"""A building site in this process: the real pipeline, previews and proxy, with a test's own sandboxes and apps."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from fakeredis import FakeAsyncRedis
from structlog.testing import capture_logs

from app.adapters.billing.open import OpenBilling
from app.adapters.runners.fake import RunnerFake
from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.storage.disk import DiskVersionStore
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.bootstrap import Adapters, assemble, build_tools
from app.container import Services
from app.core.ids import FounderId, JobId, SandboxId
from app.core.settings import Settings
from app.db.engine import Database
from app.domain.job import Job, JobStatus
from app.domain.tier import Tier
from app.domain.workspace import MANIFEST, Manifest
from app.events import log as event_log
from app.events.cache import StatusCache
from app.ports.clock import SystemClock
from app.ports.runner import RunResult, Say
from app.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest, SandboxRuntime, SandboxUnavailable
from app.preview.links import PreviewSigner
from app.preview.lookup import RecordLookup
from app.preview.probe import LinkProbe
from app.preview.proxy import listening, preview_app
from app.preview.waking import PreviewService
from app.processes.preview import _ending_with_builds
from app.repositories import founders, jobs, projects, work
from app.services.build_pipeline import BuildTools
from app.services.generation_service import StartRequest
from app.services.reaper_service import ReaperService
from tests.support.admission import admit_all
from tests.support.house import TwoFounders

HOSTILE = "hostile"
"""How the goal of a hostile app begins; every other goal gives the harmless canned app."""

WORKER = "the-worker"


class HostileRunner(RunnerFake):
    """Writes the files it is told to, for goals that begin with `hostile`."""

    def __init__(self, files: Mapping[str, str] | None = None, **manifest: Any) -> None:
        self._files = files or {}
        self._manifest = manifest

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        result = await super().run(goal, spec, say=say)
        if not goal.startswith(HOSTILE):
            return result
        harmless = Manifest.parse(result.working_files[MANIFEST])
        hostile = {MANIFEST: replace(harmless, **self._manifest).dumps(), **self._files}
        return replace(result, working_files={**result.working_files, **hostile})


class SmallSandboxes:
    """The sandboxes of a runtime, with less of everything: a hostile app comes to its limits at once."""

    def __init__(self, runtime: SandboxRuntime) -> None:
        self._runtime = runtime

    async def probe(self) -> None:
        await self._runtime.probe()

    async def start(self, request: SandboxRequest) -> Sandbox:
        limits = SandboxLimits(memory_bytes=400 << 20, disk_bytes=80 << 20, processes=100)
        return await self._runtime.start(replace(request, limits=limits))

    async def kill(self, sandbox_id: SandboxId) -> None:
        await self._runtime.kill(sandbox_id)

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return await self._runtime.list_ids()

    async def list_ended(self) -> Collection[SandboxId]:
        return await self._runtime.list_ended()

    async def list_data(self) -> Collection[JobId]:
        return await self._runtime.list_data()

    async def remove_data(self, job_id: JobId) -> None:
        await self._runtime.remove_data(job_id)


@dataclass(frozen=True)
class Patience:
    """Seconds after which a part gives up; a test of a time-out shortens one."""

    install_s: float = 60
    start_s: float = 30
    stage_s: float = 90
    probe_s: float = 30


@dataclass
class Site:
    """What a test needs to have apps built and to look at what is left of them."""

    services: Services
    tools: BuildTools
    previews: PreviewService
    reaper: ReaperService
    runtime: SandboxRuntime
    founder: FounderId
    folder: Path

    async def accept(self, goal: str) -> JobId:
        """A build of a new project, accepted."""
        async with self.services.database.transaction() as tx:
            project = await projects.create(tx, founder_id=self.founder, name="p", description="")
            request = StartRequest(project.id, goal)
            answer = await self.services.generation.start(tx, self.founder, request, tier=Tier.CTO_SCALE)
        return JobId(UUID(answer["job_id"]))

    async def build(self, job_id: JobId) -> Job:
        """Carry an accepted job out; what became of it."""
        await admit_all(self.services.queue)
        async with self.services.database.transaction() as tx:
            job = await work.claim_job(tx, job_id, worker=WORKER)
        assert job is not None
        await self.services.generation.execute_build(self.tools, job, step=_unrecorded)
        return await self.job(job_id)

    async def job(self, job_id: JobId) -> Job:
        async with self.services.database.transaction() as tx:
            found = await jobs.find(tx, job_id)
        assert found is not None
        return found

    async def states(self, job_id: JobId) -> list[str]:
        """Every state that the events tell."""
        async with self.services.database.transaction() as tx:
            events = await event_log.read(tx, job_id, after=0)
        return [str(event.payload["status"]) for event in events if event.type == "status"]

    async def said(self, job_id: JobId) -> list[str]:
        """What the founder was told in words meanwhile."""
        async with self.services.database.transaction() as tx:
            events = await event_log.read(tx, job_id, after=0)
        return [str(event.payload["text"]) for event in events if event.type == "say"]

    async def await_state(self, job_id: JobId, status: JobStatus) -> None:
        """Return once the job is there; fail when it has ended before."""
        async with asyncio.timeout(60):
            while (job := await self.job(job_id)).status is not status:
                assert not job.status.is_terminal, job
                await self.services.feeds.wait_above(job_id, job.last_seq, timeout_s=1)

    async def nothing_is_left(self, job_id: JobId) -> None:
        """No sandbox of the job, in at most ten seconds."""
        async with asyncio.timeout(10):
            while job_id in (await self.runtime.list_ids()).values():  # noqa: ASYNC110 - ending tells nobody
                await asyncio.sleep(0.05)

    async def visit(self, job_id: JobId) -> int:
        """The status of the preview's first page, through its link."""
        return await LinkProbe(self.services.previews).probe(job_id)


async def _unrecorded(name: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    return await work()


@asynccontextmanager
async def open_site(
    database_url: str,
    folder: Path,
    *,
    runtime: SandboxRuntime,
    runner: HostileRunner,
    patience: Patience,
) -> AsyncIterator[Site]:
    """A site on this database, with one worker that has room for ten builds."""
    settings = Settings(data_dir=folder, database_url=database_url, redis_url="redis://unused", pictures=False)
    signer = PreviewSigner("a secret", link_seconds=3600, port=0)
    adapters = Adapters(
        database=Database(database_url),
        cache=StatusCache(FakeAsyncRedis(decode_responses=True)),
        runtime=runtime,
        runner=runner,
        store=DiskVersionStore(folder / "versions"),
        identity=TwoFounders(),
        billing=OpenBilling(),
        signer=signer,
        probe=LinkProbe(signer, timeout_s=patience.probe_s),
        clock=SystemClock(),
    )
    services = assemble(adapters, settings)
    host = AppHost(runtime, install_timeout_s=patience.install_s, start_timeout_s=patience.start_s)
    previews = PreviewService(RecordLookup(adapters.database), adapters.store, host, idle_s=100)
    tools = replace(build_tools(adapters, services, settings), host=host, stage_timeout_s=patience.stage_s)
    reaper = ReaperService(services.database, services.machine, services.engine, runtime, lease_s=60)
    async with services.database.transaction() as tx:
        founder = (await founders.get_or_create(tx, subject="ada", name="Ada")).id
        await work.register_worker(tx, WORKER, slots=10)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.close)
        await services.open()
        stack.push_async_callback(previews.close)
        await stack.enter_async_context(_ending_with_builds(adapters, previews))
        proxy = preview_app(previews, signer)
        signer.port = await stack.enter_async_context(listening(proxy, host="127.0.0.1", port=0))
        yield Site(services, tools, previews, reaper, runtime, founder, folder)


@asynccontextmanager
async def local_sandboxes(folder: Path) -> AsyncIterator[LocalSandboxRuntime]:
    """Real sandboxes, of which no process, directory or entry may be left."""
    for room in ("sandboxes", "cache"):
        (folder / room).mkdir(mode=0o700)
    runtime = LocalSandboxRuntime(root=folder / "sandboxes", cache=folder / "cache", environ=dict(os.environ))
    try:
        await runtime.probe()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox can be made here: {error}")
    before = set(psutil.Process().children(recursive=True))
    yield runtime
    assert await runtime.list_ids() == {}
    assert list((folder / "sandboxes").iterdir()) == []
    left = [one for one in psutil.Process().children(recursive=True) if one not in before]
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive


class Log:
    """What the service logged while the block lasted."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def explains(self, debug_id: str) -> bool:
        """Whether a developer who searches for the debug id finds what happened."""
        return any(entry.get("debug_id") == debug_id and entry.get("exc_info") for entry in self._entries)


@contextmanager
def listening_to_the_log() -> Iterator[Log]:
    with capture_logs() as entries:
        yield Log(entries)


FOREIGN = re.compile(r"Traceback|Error\b|Exception|exit code|\bNone\b|[/_{}<>\\]")
"""What no founder should read."""


def assert_told_well(job: Job, log: Log, *, code: str) -> None:
    """A failed build says what happened in words for a founder, and its debug id leads to the log.

    `code` may name several, of which one is its own.
    """
    assert job.status is JobStatus.FAILED
    assert job.error_code in code.split(), job
    assert job.error_message is not None
    assert job.error_message.endswith(".")
    assert not FOREIGN.search(job.error_message), job.error_message
    assert job.debug_id is not None
    assert log.explains(job.debug_id)
