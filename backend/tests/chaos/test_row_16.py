"""Fault 16, installs that fail or hang: the build ends in time and says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.domain.job import JobStatus
from tests.chaos.site import (
    HostileRunner,
    Patience,
    assert_told_well,
    listening_to_the_log,
    local_sandboxes,
    open_site,
)

HANGS = ("sh", "-c", "sleep 600 & sleep 600")
DEADLINE_S = 2.0


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[LocalSandboxRuntime]:
    async with local_sandboxes(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("command", "patience", "code"),
    [
        (("sh", "-c", "echo no such package >&2; exit 3"), Patience(), "install_failed"),
        (("there-is-no-such-installer",), Patience(), "install_failed"),
        (("sh", "-c", "kill -9 $$"), Patience(), "install_failed"),
        (HANGS, Patience(install_s=DEADLINE_S), "install_timed_out"),
        (HANGS, Patience(stage_s=DEADLINE_S), "stage_timeout"),
    ],
    ids=["fails", "is not there", "is killed", "hangs", "hangs past the stage"],
)
async def test_an_install_that_does_not_work_ends_the_build_in_time(
    database_url: str,
    tmp_path: Path,
    runtime: LocalSandboxRuntime,
    command: tuple[str, ...],
    patience: Patience,
    code: str,
) -> None:
    runner = HostileRunner(install=(command,))
    async with open_site(database_url, tmp_path, runtime=runtime, runner=runner, patience=patience) as site:
        hostile = await site.accept("hostile: cannot be installed")
        began = time.monotonic()

        with listening_to_the_log() as log:
            ended = await site.build(hostile)

        assert time.monotonic() - began < 30, "the deadline did not hold"
        assert_told_well(ended, log, code=code)
        assert await site.states(hostile) == ["queued", "starting", "scaffold", "code", "deps", "failed"]
        await site.nothing_is_left(hostile)


async def test_an_install_that_hangs_does_not_hold_up_another_build(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime
) -> None:
    runner = HostileRunner(install=(HANGS,))
    async with open_site(database_url, tmp_path, runtime=runtime, runner=runner, patience=Patience()) as site:
        hostile = await site.accept("hostile: installs for ever")
        good = await site.accept("An app")
        building = asyncio.create_task(site.build(hostile))
        await site.await_state(hostile, JobStatus.DEPS)

        assert (await site.build(good)).status is JobStatus.READY

        await site.services.generation.cancel(site.founder, hostile)
        ended = await building
        assert ended.error_message == "Cancelled by user"
        await site.nothing_is_left(hostile)
