"""The same front door with real sandboxes behind it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from app.adapters.sandboxes.local.runtime import LocalSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.core.errors import NotFound
from app.core.ids import JobId
from app.ports.sandbox import SandboxRequest, SandboxUnavailable
from app.preview.links import PreviewSigner
from app.preview.probe import LinkProbe
from app.preview.proxy import listening, preview_app
from app.preview.waking import PreviewService
from tests.preview.stage import Builds, manifest, workspace

LITTLE = manifest(start=("python3", "-u", "app.py"))
NEVER_UP = manifest(start=("/bin/sh", "-c", "sleep 600"))


@dataclass
class RealHouse:
    """A preview process on real sandboxes."""

    runtime: LocalSandboxRuntime
    builds: Builds
    service: PreviewService
    signer: PreviewSigner

    def url(self, job_id: JobId, path: str) -> str:
        return self.signer.origin(job_id) + path

    async def enter(self, session: aiohttp.ClientSession, job_id: JobId) -> None:
        async with session.get(self.signer.url(job_id), allow_redirects=False) as answer:
            assert answer.status == 303


@pytest.fixture
async def real_house(builds: Builds, tmp_path: Path) -> AsyncIterator[RealHouse]:
    for room in ("sandboxes", "cache"):
        (tmp_path / room).mkdir(mode=0o700)
    runtime = LocalSandboxRuntime(root=tmp_path / "sandboxes", cache=tmp_path / "cache", environ=os.environ)
    try:
        await runtime.probe()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox can be made here: {error}")
    service = PreviewService(builds, builds.store, AppHost(runtime, start_timeout_s=30), idle_s=100)
    signer = PreviewSigner("s3cret", link_seconds=600, port=0)
    async with listening(preview_app(service, signer), host="127.0.0.1", port=0) as port:
        signer.port = port
        yield RealHouse(runtime, builds, service, signer)
    await service.close()
    assert await runtime.list_ids() == {}


@pytest.fixture
async def job(real_house: RealHouse, visitor: aiohttp.ClientSession) -> JobId:
    job_id = await real_house.builds.add(workspace(LITTLE))
    await real_house.enter(visitor, job_id)
    return job_id


async def _boot(visitor: aiohttp.ClientSession, url: str) -> str:
    async with visitor.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_many_first_visitors_one_sandbox_and_one_app(
    real_house: RealHouse, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    boots = await asyncio.gather(*(_boot(visitor, real_house.url(job, "/boot")) for _ in range(10)))
    assert len(set(boots)) == 1
    assert list((await real_house.runtime.list_ids()).values()) == [job]


async def test_sockets_events_and_cookies_come_through(
    real_house: RealHouse, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.ws_connect(real_house.url(job, "/ws")) as socket:
        await socket.send_bytes(b"x" * 200_000)
        assert (await socket.receive()).data == b"x" * 200_000
    async with visitor.get(real_house.url(job, "/events")) as answer:
        assert await answer.content.readuntil(b"\n\n") == b"data: one\n\n"
    async with visitor.get(real_house.url(job, "/cookies")) as answer:
        assert answer.headers.getall("Set-Cookie")[0] == "session=s3; Path=/; HttpOnly; SameSite=Lax"
    async with visitor.get(real_house.url(job, "/big")) as answer:
        assert len(await answer.read()) == 10_000_000


async def test_a_frozen_app_goes_on_and_a_killed_one_is_started_anew(
    real_house: RealHouse, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    url = real_house.url(job, "/boot")
    before = await _boot(visitor, url)
    app = await real_house.service.wake(job)
    await app.freeze()
    assert await _boot(visitor, url) == before

    for sandbox_id in await real_house.runtime.list_ids():
        await real_house.runtime.kill(sandbox_id)

    assert await _boot(visitor, url) != before


async def test_what_an_app_keeps_is_there_after_its_sandbox_ended(
    real_house: RealHouse, visitor: aiohttp.ClientSession
) -> None:
    keeping = manifest(start=("/bin/sh", "-c", "echo started >> data/starts; exec python3 -u app.py"))
    job_id = await real_house.builds.add(workspace(keeping))
    await real_house.enter(visitor, job_id)
    before = await _boot(visitor, real_house.url(job_id, "/boot"))
    await real_house.service.drop(job_id)
    assert await _boot(visitor, real_house.url(job_id, "/boot")) != before

    sandbox = await real_house.runtime.start(SandboxRequest(job_id, network=False, keeps_data=True))
    kept = await sandbox.run_command(["cat", "data/starts"])
    await sandbox.kill()
    assert kept.output == "started\nstarted\n"


async def test_the_way_to_the_registries_is_open_for_the_install_only(
    real_house: RealHouse, visitor: aiohttp.ClientSession
) -> None:
    look = (
        "import os, socket, sys\n"
        "said = 'open' if socket.socket().connect_ex(('127.0.0.1', 3128)) == 0 else 'closed'\n"
        "open('data/seen', 'a').write(f'{sys.argv[1]} {said} {\"HTTPS_PROXY\" in os.environ}\\n')"
    )
    probing = manifest(
        install=[("python3", "look.py", "install")],
        start=("/bin/sh", "-c", "python3 look.py served; exec python3 -u app.py"),
    )
    job_id = await real_house.builds.add({**workspace(probing), "look.py": look.encode()})
    await real_house.enter(visitor, job_id)
    await _boot(visitor, real_house.url(job_id, "/boot"))
    await real_house.service.drop(job_id)

    sandbox = await real_house.runtime.start(SandboxRequest(job_id, network=False, keeps_data=True))
    kept = await sandbox.run_command(["cat", "data/seen"])
    await sandbox.kill()
    assert kept.output == "install open True\nserved closed False\n"


async def test_a_drop_while_starting_leaves_no_sandbox(real_house: RealHouse) -> None:
    job_id = await real_house.builds.add(workspace(NEVER_UP))
    caller = asyncio.create_task(real_house.service.wake(job_id))
    async with asyncio.timeout(20):
        while not await real_house.runtime.list_ids():  # noqa: ASYNC110 - starting tells nobody
            await asyncio.sleep(0)

    await real_house.service.drop(job_id)

    with pytest.raises(NotFound):
        await caller
    assert await real_house.runtime.list_ids() == {}


async def test_a_builds_own_probe_gets_the_app(real_house: RealHouse, job: JobId) -> None:
    assert await LinkProbe(real_house.signer).probe(job) == 200
