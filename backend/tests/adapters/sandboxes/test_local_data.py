"""What apps keep on this machine is counted, and never touched but by its own app."""

from __future__ import annotations

import asyncio
import os
import stat
import uuid
from pathlib import Path

import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.ids import JobId
from app.ports.sandbox import SandboxLimits, SandboxRequest


@pytest.fixture
def runtime(tmp_path: Path) -> LocalSandboxRuntime:
    return LocalSandboxRuntime(
        root=tmp_path / "sandboxes", cache=tmp_path / "cache", environ=dict(os.environ), data=tmp_path / "kept"
    )


def request(job_id: JobId, *, disk_bytes: int = 2 << 30) -> SandboxRequest:
    return SandboxRequest(job_id, network=False, keeps_data=True, limits=SandboxLimits(disk_bytes=disk_bytes))


async def test_data_of_an_earlier_sandbox_counts_towards_the_disk_limit(runtime: LocalSandboxRuntime) -> None:
    job_id = JobId(uuid.uuid4())
    first = await runtime.start(request(job_id))
    await first.run_command(["sh", "-c", "head -c 30000000 /dev/zero > data/big"])
    await first.kill()

    second = await runtime.start(request(job_id, disk_bytes=20_000_000))
    async with asyncio.timeout(20):
        await second.wait_gone()


async def test_a_data_folder_belongs_to_nobody_else_on_the_machine(
    runtime: LocalSandboxRuntime, tmp_path: Path
) -> None:
    job_id = JobId(uuid.uuid4())
    await (await runtime.start(request(job_id))).kill()

    for folder in (tmp_path / "kept", tmp_path / "kept" / str(job_id)):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_removing_data_follows_no_link_out_of_it(runtime: LocalSandboxRuntime, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o777)
    (outside / "precious").write_text("mine")
    job_id = JobId(uuid.uuid4())
    sandbox = await runtime.start(request(job_id))
    await sandbox.run_command(["ln", "-s", str(outside), "data/out"])
    await sandbox.kill()

    await runtime.remove_data(job_id)

    assert (outside / "precious").read_text() == "mine"
    assert await runtime.list_data() == []


async def test_a_folder_that_is_not_of_a_job_is_left_alone(runtime: LocalSandboxRuntime, tmp_path: Path) -> None:
    (tmp_path / "kept" / "lost+found").mkdir(parents=True)
    assert await runtime.list_data() == []
