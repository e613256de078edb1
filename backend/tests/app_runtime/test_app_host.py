"""An app is installed, started and asked, and every way it can fail says what happened."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator

import pytest

from app.app_runtime.app_host import AppHost, AppUnreachable
from app.core.ids import JobId
from app.domain.failure import BuildFailed
from app.ports.sandbox import Sandbox, SandboxRequest
from tests.preview.stage import ProcessRuntime, manifest, workspace


@pytest.fixture
async def runtime() -> AsyncIterator[ProcessRuntime]:
    runtime = ProcessRuntime()
    yield runtime
    for sandbox in runtime.made:
        await sandbox.kill()


@pytest.fixture
def host(runtime: ProcessRuntime) -> AppHost:
    return AppHost(runtime, install_timeout_s=20, start_timeout_s=20)


@pytest.fixture
async def sandbox(host: AppHost) -> Sandbox:
    return await host.open(SandboxRequest(JobId(uuid.uuid4())), workspace())


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def test_an_app_is_installed_started_and_asked(host: AppHost, sandbox: Sandbox) -> None:
    made = manifest(install=[_python("print('fetching'); open('installed', 'w').close()")])
    seen: list[bytes] = []

    await host.install(sandbox, made, on_output=seen.append)
    await host.start(sandbox, made)
    answer = await host.fetch(sandbox, "/echo?x=%2F1")

    assert b"".join(seen) == b"fetching\n"
    assert answer.status == 200
    assert b'"path": "/echo?x=%2F1"' in answer.body


async def test_a_failed_install_tells_the_founder_and_keeps_the_log(host: AppHost, sandbox: Sandbox) -> None:
    made = manifest(install=[_python("import sys; print('no such package'); sys.exit(3)"), _python("1/0")])
    with pytest.raises(BuildFailed) as failed:
        await host.install(sandbox, made)

    assert failed.value.failure == "install_failed"
    assert "could not be installed" in failed.value.detail
    assert "no such package" in failed.value.log
    assert "ZeroDivisionError" not in failed.value.log


async def test_an_install_that_hangs_ends(runtime: ProcessRuntime, sandbox: Sandbox) -> None:
    impatient = AppHost(runtime, install_timeout_s=0.2)
    with pytest.raises(BuildFailed) as failed:
        await impatient.install(sandbox, manifest(install=[_python("import time; time.sleep(60)")]))
    assert failed.value.failure == "install_timed_out"


async def test_an_app_that_ends_at_once_is_noticed_at_once(host: AppHost, sandbox: Sandbox) -> None:
    broken = manifest(start=_python("print('no module named tea'); raise SystemExit(4)"))
    with pytest.raises(BuildFailed) as failed:
        await host.start(sandbox, broken)

    assert failed.value.failure == "start_failed"
    assert "no module named tea" in failed.value.log
    assert failed.value.log.endswith("exit code 4")


@pytest.mark.parametrize("health", ["/silent", "/go/loop", "/garbage"])
async def test_an_app_that_is_never_well_is_given_up(
    runtime: ProcessRuntime, sandbox: Sandbox, health: str
) -> None:
    impatient = AppHost(runtime, start_timeout_s=1.5)
    with pytest.raises(BuildFailed) as failed:
        await impatient.start(sandbox, manifest(health=health))
    assert failed.value.failure == "start_timed_out"
    assert health in failed.value.log


async def test_fetch_caps_the_body_and_follows_nothing(host: AppHost, sandbox: Sandbox) -> None:
    await host.start(sandbox, manifest())

    assert len((await host.fetch(sandbox, "/big", max_bytes=1000)).body) == 1000
    assert (await host.fetch(sandbox, "/go/far")).status == 302


@pytest.mark.parametrize("path", ["/silent", "/garbage", "/fat-header", "/breaks"])
async def test_an_answer_that_is_no_answer_is_unreachable(host: AppHost, sandbox: Sandbox, path: str) -> None:
    await host.start(sandbox, manifest())
    with pytest.raises(AppUnreachable):
        await host.fetch(sandbox, path)


async def test_fetch_does_not_wait_for_ever(host: AppHost, sandbox: Sandbox) -> None:
    await host.start(sandbox, manifest())
    with pytest.raises(AppUnreachable, match="no answer within"):
        await host.fetch(sandbox, "/events", timeout_s=0.3)


async def test_no_sandbox_is_left_when_its_files_cannot_be_written(host: AppHost, runtime: ProcessRuntime) -> None:
    with pytest.raises(IsADirectoryError):
        await host.open(SandboxRequest(JobId(uuid.uuid4())), {"a/b": b"", "a": b""})
    assert runtime.alive == []
