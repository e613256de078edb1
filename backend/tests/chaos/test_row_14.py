"""Fault 14, sandboxes that cannot be had, come too late, or are killed from outside."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.ids import JobId, SandboxId
from app.domain.job import JobStatus
from app.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest, SandboxRuntime, SandboxUnavailable
from app.repositories import work
from tests.chaos.site import (
    HostileRunner,
    Patience,
    Site,
    assert_told_well,
    listening_to_the_log,
    local_sandboxes,
    open_site,
)
from tests.support.admission import admit_all

Spoil = Callable[[SandboxId, Path], Awaitable[None]]


class Provider:
    """Sandboxes as a provider far away makes them: the fake's, whose making a test can spoil."""

    def __init__(self, folder: Path) -> None:
        self.inner = FakeSandboxRuntime(folder)
        self.late: set[asyncio.Task[Sandbox]] = set()
        self.open = asyncio.Event()

    async def probe(self) -> None:
        """There is nothing to find out."""

    async def start(self, request: SandboxRequest) -> Sandbox:
        """Goes on by itself at the provider, whether or not somebody still waits for it."""
        making = asyncio.create_task(self._make(request))
        self.late.add(making)
        return await asyncio.shield(making)

    async def _make(self, request: SandboxRequest) -> Sandbox:
        await self.open.wait()
        return await self.inner.start(request)

    async def kill(self, sandbox_id: SandboxId) -> None:
        await self.inner.kill(sandbox_id)

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return await self.inner.list_ids()

    async def list_ended(self) -> Collection[SandboxId]:
        return await self.inner.list_ended()

    async def list_data(self) -> Collection[JobId]:
        return await self.inner.list_data()

    async def remove_data(self, job_id: JobId) -> None:
        await self.inner.remove_data(job_id)


class Refusing(Provider):
    """Makes none."""

    async def start(self, request: SandboxRequest) -> Sandbox:
        raise SandboxUnavailable("quota of account acc_7 exceeded", remedy="Raise the quota.")


async def test_a_build_without_a_sandbox_says_so(database_url: str, tmp_path: Path) -> None:
    runtime = Refusing(tmp_path / "provider")
    async with open_site(
        database_url, tmp_path, runtime=runtime, runner=HostileRunner(), patience=Patience()
    ) as site:
        job_id = await site.accept("An app")

        with listening_to_the_log() as log:
            ended = await site.build(job_id)

        assert_told_well(ended, log, code="sandbox_lost")
        assert "acc_7" not in str(ended.error_message)
        assert await site.states(job_id) == ["queued", "starting", "failed"]


async def test_a_sandbox_that_comes_after_the_time_out_is_ended(database_url: str, tmp_path: Path) -> None:
    runtime = Provider(tmp_path / "provider")
    patience = Patience(stage_s=0.5)
    async with open_site(
        database_url, tmp_path, runtime=runtime, runner=HostileRunner(), patience=patience
    ) as site:
        job_id = await site.accept("An app")

        with listening_to_the_log() as log:
            ended = await site.build(job_id)

        assert_told_well(ended, log, code="stage_timeout")
        runtime.open.set()
        await asyncio.gather(*runtime.late)
        assert list((await runtime.list_ids()).values()) == [job_id]

        await site.reaper.remove_orphans()

        assert await runtime.list_ids() == {}
        assert list((tmp_path / "provider").iterdir()) == []


async def test_a_sandbox_that_comes_after_a_cancel_is_ended(database_url: str, tmp_path: Path) -> None:
    runtime = Provider(tmp_path / "provider")
    async with open_site(
        database_url, tmp_path, runtime=runtime, runner=HostileRunner(), patience=Patience()
    ) as site:
        job_id = await site.accept("An app")
        building = asyncio.create_task(site.build(job_id))
        await site.await_state(job_id, JobStatus.STARTING)

        await site.services.generation.cancel(site.founder, job_id)
        runtime.open.set()
        ended = await building

        assert (ended.status, ended.error_message) == (JobStatus.FAILED, "Cancelled by user")
        assert await runtime.list_ids() == {}
        assert await site.states(job_id) == ["queued", "starting", "failed"]


async def test_cancel_ends_the_sandbox_of_a_worker_that_does_not_listen(database_url: str, tmp_path: Path) -> None:
    runtime = FakeSandboxRuntime(tmp_path / "provider")
    async with open_site(
        database_url, tmp_path, runtime=runtime, runner=HostileRunner(), patience=Patience()
    ) as site:
        job_id = await site.accept("An app")
        await admit_all(site.services.queue)
        sandbox = await runtime.start(SandboxRequest(job_id))
        async with site.services.database.transaction() as tx:
            assert await work.note_sandbox(tx, job_id, attempt=1, sandbox_id=sandbox.id)

        await site.services.generation.cancel(site.founder, job_id)

        assert await runtime.list_ids() == {}


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[LocalSandboxRuntime]:
    async with local_sandboxes(tmp_path) as made:
        yield made


async def kill_from_outside(sandbox_id: SandboxId) -> None:
    """As an administrator or the kernel's memory killer does it; the id begins with the pid."""
    os.kill(int(sandbox_id.split("-")[0]), signal.SIGKILL)


class KilledAtBirth:
    """Real sandboxes of which so many are killed before their first command."""

    def __init__(self, inner: SandboxRuntime, *, killed: int) -> None:
        self._inner = inner
        self._left = killed

    async def probe(self) -> None:
        await self._inner.probe()

    async def start(self, request: SandboxRequest) -> Sandbox:
        sandbox = await self._inner.start(request)
        if self._left:
            self._left -= 1
            await kill_from_outside(sandbox.id)
            await sandbox.wait_gone()
        return sandbox

    async def kill(self, sandbox_id: SandboxId) -> None:
        await self._inner.kill(sandbox_id)

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return await self._inner.list_ids()

    async def list_ended(self) -> Collection[SandboxId]:
        return await self._inner.list_ended()

    async def list_data(self) -> Collection[JobId]:
        return await self._inner.list_data()

    async def remove_data(self, job_id: JobId) -> None:
        await self._inner.remove_data(job_id)


async def test_sandboxes_that_are_killed_again_and_again_end_the_build(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime
) -> None:
    killed = KilledAtBirth(runtime, killed=100)
    async with open_site(
        database_url, tmp_path, runtime=killed, runner=HostileRunner(), patience=Patience()
    ) as site:
        job_id = await site.accept("An app")

        with listening_to_the_log() as log:
            ended = await site.build(job_id)

        assert_told_well(ended, log, code="sandbox_lost")
        await site.nothing_is_left(job_id)


async def remove_files(sandbox_id: SandboxId, rooms: Path) -> None:
    """As somebody does who makes room."""
    shutil.rmtree(rooms / sandbox_id.rpartition("-")[2])


async def kill_processes(sandbox_id: SandboxId, rooms: Path) -> None:
    await kill_from_outside(sandbox_id)


@pytest.mark.parametrize("spoil", [kill_processes, remove_files])
async def test_a_sandbox_that_is_lost_while_it_installs_is_replaced_once(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime, spoil: Spoil
) -> None:
    # An install that ends badly as soon as its files are gone, and otherwise never.
    install = (("sh", "-c", "while [ -e cofounder.json ]; do sleep 0.1; done; exit 1"),)
    slow = HostileRunner(install=install)
    async with open_site(database_url, tmp_path, runtime=runtime, runner=slow, patience=Patience()) as site:
        job_id = await site.accept("hostile: installs for ever")
        other = await site.accept("An app")
        with listening_to_the_log() as log:
            building = asyncio.create_task(site.build(job_id))
            await site.await_state(job_id, JobStatus.DEPS)
            first = await noted_sandbox(site, job_id)
            await spoil(first, tmp_path / "sandboxes")
            await spoil(await noted_sandbox(site, job_id, other_than=first), tmp_path / "sandboxes")
            async with asyncio.timeout(30):
                ended = await building

        assert_told_well(ended, log, code="sandbox_lost")
        assert (await site.said(job_id))[-1] == "Something on our side stopped, so this step is done once more."
        await site.nothing_is_left(job_id)
        assert (await site.build(other)).status is JobStatus.READY


async def noted_sandbox(site: Site, job_id: JobId, *, other_than: SandboxId | None = None) -> SandboxId:
    """The sandbox that the job has, once its files are in it."""
    async with asyncio.timeout(60):
        while True:
            found = (await site.job(job_id)).sandbox_id
            if found is not None and found != other_than:
                workspace = site.folder / "sandboxes" / found.rpartition("-")[2] / "workspace"
                if (workspace / "cofounder.json").exists():
                    return SandboxId(found)
            await asyncio.sleep(0.05)


async def test_a_build_whose_sandbox_is_lost_once_becomes_ready(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime
) -> None:
    killed = KilledAtBirth(runtime, killed=1)
    async with open_site(
        database_url, tmp_path, runtime=killed, runner=HostileRunner(), patience=Patience()
    ) as site:
        job_id = await site.accept("An app")

        assert (await site.build(job_id)).status is JobStatus.READY


class NarrowAtFirst(KilledAtBirth):
    """Real sandboxes of which so many have room for few programs."""

    async def start(self, request: SandboxRequest) -> Sandbox:
        if self._left and request.purpose == "build":
            self._left -= 1
            request = replace(request, limits=SandboxLimits(processes=24, open_files=64))
        return await self._inner.start(request)


THREADS = """
import threading, time
refused, until = None, time.monotonic() + 2
for number in range(2000):
    if number >= 40 and not refused:
        break
    try:
        threading.Thread(target=time.sleep, args=(4,), daemon=True).start()
    except RuntimeError as error:
        refused = error
    if refused:
        time.sleep(0.01)
    if time.monotonic() > until:
        break
if refused:
    raise refused
"""
FILES = """
import time
opened = []
try:
    for _ in range(100):
        opened.append(open("/dev/null"))
except OSError:
    time.sleep(2)
    raise
"""


@pytest.mark.parametrize("needs", [THREADS, FILES])
@pytest.mark.parametrize("narrow", [1, 2])
async def test_a_limit_that_was_met_is_not_called_a_fault_of_the_app(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime, needs: str, narrow: int
) -> None:
    runner = HostileRunner({"needs.py": needs}, check=(("python3", "needs.py"),))
    rooms = NarrowAtFirst(runtime, killed=narrow)
    async with open_site(database_url, tmp_path, runtime=rooms, runner=runner, patience=Patience()) as site:
        job_id = await site.accept("hostile: needs more than there is")

        with listening_to_the_log() as log:
            ended = await site.build(job_id)

        if narrow == 1:
            assert ended.status is JobStatus.READY
        else:
            assert_told_well(ended, log, code="limit_met")
            await site.nothing_is_left(job_id)
