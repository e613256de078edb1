"""Previews wake once, sleep when nobody looks, and end when their build does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.adapters.storage.disk import DiskVersionStore
from app.app_runtime.app_host import AppHost
from app.core.errors import NotFound, NotReady, Unavailable
from app.core.ids import JobId
from app.domain.job import JobStatus
from app.ports.sandbox import Sandbox, SandboxRequest, SandboxUnavailable
from app.preview.serving import PreviewFailed, ServingApp
from app.preview.waking import PreviewService
from tests.preview.stage import Builds, ProcessRuntime, manifest, workspace

IDLE = 100.0
WAITS = manifest(start=("/bin/sh", "-c", "until [ -e go ]; do sleep 0.02; done; exec python3 app.py"))
BROKEN = manifest(start=("/bin/sh", "-c", "exit 3"))


@dataclass
class Stopwatch:
    """Time that moves when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


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
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
async def service(runtime: ProcessRuntime, builds: Builds, watch: Stopwatch) -> AsyncIterator[PreviewService]:
    host = AppHost(runtime, start_timeout_s=20)
    service = PreviewService(builds, builds.store, host, idle_s=IDLE, max_live=2, monotonic=watch)
    yield service
    await service.close()


async def _made(runtime: ProcessRuntime, number: int) -> None:
    """Until that many sandboxes were made."""
    async with asyncio.timeout(10):
        while len(runtime.made) < number:  # noqa: ASYNC110 - the double tells nobody
            await asyncio.sleep(0)


async def _boot(app: ServingApp) -> str:
    async with app.http.get("http://127.0.0.1:8080/boot") as answer:
        return await answer.text()


async def test_an_idle_app_freezes_and_goes_on_where_it_was(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime, watch: Stopwatch
) -> None:
    job = await builds.add()
    before = await _boot(await service.wake(job))
    watch.now += IDLE
    await service.tend()
    assert runtime.made[0].paused

    assert await _boot(await service.wake(job)) == before
    assert not runtime.made[0].paused


async def test_an_app_idle_for_long_is_stopped_and_can_be_woken_anew(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime, watch: Stopwatch
) -> None:
    job = await builds.add()
    before = await _boot(await service.wake(job))
    for _ in range(4):
        watch.now += IDLE
        await service.tend()
    assert runtime.alive == []

    assert await _boot(await service.wake(job)) != before


async def test_what_sleeps_gives_its_memory_back_within_minutes(
    builds: Builds, runtime: ProcessRuntime, watch: Stopwatch
) -> None:
    patient = PreviewService(builds, builds.store, AppHost(runtime), idle_s=3_600, monotonic=watch)
    await patient.wake(await builds.add())
    for minutes in (60, 1, 3):
        watch.now += minutes * 60
        await patient.tend()
        assert [sandbox.paused for sandbox in runtime.alive] == [True]

    watch.now += 120
    await patient.tend()
    assert runtime.alive == []
    await patient.close()


async def test_an_app_in_use_does_not_fall_asleep(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime, watch: Stopwatch
) -> None:
    job = await builds.add()
    async with service.using(job):
        watch.now += 9 * IDLE
        await service.tend()
        assert [sandbox.paused for sandbox in runtime.alive] == [False]
    assert len(runtime.made[0].timeouts) == 2


async def test_wakes_at_once_are_one_and_outlive_a_caller_who_leaves(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    job = await builds.add(workspace(WAITS))
    callers = [asyncio.create_task(service.wake(job)) for _ in range(5)]
    await _made(runtime, 1)
    callers[0].cancel()
    await runtime.made[0].write_files({"go": b""})

    apps = await asyncio.gather(*callers[1:])

    assert len(set(apps)) == 1
    assert len(runtime.made) == 1


async def test_a_drop_ends_a_start_in_the_middle(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    job = await builds.add(workspace(WAITS))
    caller = asyncio.create_task(service.wake(job))
    await _made(runtime, 1)

    await service.drop(job)

    with pytest.raises(NotFound):
        await caller
    assert runtime.alive == []
    await service.drop(job)


async def test_a_dropped_build_that_failed_is_not_woken_again(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    job = await builds.add()
    await service.wake(job)
    builds.targets[job] = replace(builds.targets[job], status=JobStatus.FAILED)
    await service.drop(job)

    with pytest.raises(NotReady):
        await service.wake(job)
    assert runtime.alive == []


async def test_a_build_in_its_checks_is_looked_up_at_every_visit(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    job = await builds.add(status=JobStatus.CHECKS)
    await service.wake(job)
    builds.targets[job] = replace(builds.targets[job], status=JobStatus.FAILED)

    with pytest.raises(NotReady):
        await service.wake(job)
    assert runtime.alive == []


async def test_a_repaired_build_serves_its_new_tree_at_once(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    job = await builds.add(workspace(BROKEN), status=JobStatus.CHECKS)
    with pytest.raises(PreviewFailed):
        await service.wake(job)
    await builds.add(workspace(), status=JobStatus.CHECKS, job_id=job)

    first = await service.wake(job)
    await builds.add(workspace(extra=b"more"), status=JobStatus.CHECKS, job_id=job)
    second = await service.wake(job)

    assert first is not second
    assert len(runtime.alive) == 1


async def test_a_failed_start_is_told_for_a_while_and_then_tried_again(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime, watch: Stopwatch
) -> None:
    job = await builds.add(workspace(BROKEN))
    for _ in range(2):
        with pytest.raises(PreviewFailed, match="stopped as soon as it was started"):
            await service.wake(job)
    assert len(runtime.made) == 1

    watch.now += 60
    with pytest.raises(PreviewFailed):
        await service.wake(job)
    assert (len(runtime.made), runtime.alive) == (2, [])


async def test_the_app_not_used_for_longest_makes_room(
    service: PreviewService, builds: Builds, watch: Stopwatch
) -> None:
    jobs = [await builds.add() for _ in range(3)]
    for job in jobs:
        watch.now += 1
        await service.wake(job)
    assert service.live == set(jobs[1:])


async def test_apps_in_use_are_not_stopped_for_another_but_for_a_build(
    service: PreviewService, builds: Builds
) -> None:
    busy = [await builds.add() for _ in range(2)]
    late, build = await builds.add(), await builds.add(status=JobStatus.CHECKS)
    async with service.using(busy[0]), service.using(busy[1]):
        with pytest.raises(Unavailable, match="Too many previews"):
            await service.wake(late)
        await service.wake(build)
    assert build in service.live


async def test_a_damaged_version_is_not_served(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime, tmp_path: Path
) -> None:
    job = await builds.add()
    for path in tmp_path.glob("versions/*.git/objects/??/*"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-4] + b"evil")

    with pytest.raises(PreviewFailed, match="damaged"):
        await service.wake(job)
    assert runtime.made == []


async def test_an_unknown_build_is_not_found_and_leaves_nothing(service: PreviewService) -> None:
    with pytest.raises(NotFound):
        await service.wake(JobId(uuid.uuid4()))
    await service.tend()
    assert service.live == set()


async def test_reconcile_keeps_only_what_is_allowed(service: PreviewService, builds: Builds) -> None:
    kept, ended = await builds.add(), await builds.add()
    await service.wake(kept)
    await service.wake(ended)

    await service.reconcile({kept})

    assert service.live == {kept}


async def test_close_ends_everything_and_wakes_nothing_more(
    service: PreviewService, builds: Builds, runtime: ProcessRuntime
) -> None:
    up, starting = await builds.add(), await builds.add(workspace(WAITS))
    await service.wake(up)
    caller = asyncio.create_task(service.wake(starting))
    await _made(runtime, 2)

    await service.close()

    with pytest.raises(NotFound):
        await caller
    with pytest.raises(Unavailable):
        await service.wake(up)
    assert runtime.alive == []


class NoRuntime(ProcessRuntime):
    """A machine where no sandbox can be made."""

    async def start(self, request: SandboxRequest) -> Sandbox:
        raise SandboxUnavailable("no user namespaces", remedy="cofounder doctor")


async def test_without_sandboxes_the_remedy_is_told(builds: Builds) -> None:
    service = PreviewService(builds, builds.store, AppHost(NoRuntime()), idle_s=IDLE)
    with pytest.raises(Unavailable) as refused:
        await service.wake(await builds.add())
    assert refused.value.remedy == "cofounder doctor"
    await service.close()
