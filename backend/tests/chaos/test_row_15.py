"""Fault 15, hostile apps: a build that is no good fails, says so, leaves nothing, and holds up nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from app.domain.job import JobStatus
from app.ports.sandbox import SandboxRuntime
from tests.chaos.site import (
    HostileRunner,
    Patience,
    Site,
    SmallSandboxes,
    assert_told_well,
    listening_to_the_log,
    local_sandboxes,
    open_site,
)

MakeSite = Callable[[HostileRunner, Patience], AbstractAsyncContextManager[Site]]

# The checks run an app on ports of chance, the preview on its own: there the app shows what it is.
SERVER = """
import os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IN_THE_OPEN = os.environ["PORT"] == "8080"
ONE_BY_ONE = threading.Lock()  # or another request is answered before this one has ended everything


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with ONE_BY_ONE:
            if IN_THE_OPEN and self.path == "PATH":
                return self.misbehave()
            self.answer(200)

    def misbehave(self):
        DEED

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

EATS_MEMORY = """
import mmap, os
for _ in range(4):
    if os.fork() == 0:
        block = mmap.mmap(-1, 3 << 30)
        for place in range(0, 3 << 30, 4096):
            block[place] = 1
for _ in range(4):
    os.wait()
"""


def server(deed: str, path: str = "/") -> HostileRunner:
    """An app that is well in the checks and does this when its preview is asked for that path."""
    text = SERVER.replace("PATH", path).replace("DEED", deed)
    return HostileRunner({"server.py": text}, check=())


def starts(*command: str) -> HostileRunner:
    """An app whose start does this."""
    return HostileRunner(check=(), start=command)


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[SandboxRuntime]:
    async with local_sandboxes(tmp_path) as made:
        yield SmallSandboxes(made)


@pytest.fixture
def make_site(database_url: str, tmp_path: Path, runtime: SandboxRuntime) -> MakeSite:
    def make(runner: HostileRunner, patience: Patience) -> AbstractAsyncContextManager[Site]:
        return open_site(database_url, tmp_path, runtime=runtime, runner=runner, patience=patience)

    return make


HOARDERS: dict[str, tuple[HostileRunner, str]] = {
    "fork bomb": (
        starts("bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 600"),
        "limit_met",
    ),
    "four times three gigabytes": (
        HostileRunner({"eat.py": EATS_MEMORY}, check=(("python3", "eat.py"),)),
        "memory_limit",
    ),
    "endless output of a check": (HostileRunner(check=(("yes",),)), "tests_fail"),
    "endless output of the app": (starts("yes"), "start_failed"),
    "full disk": (
        HostileRunner(check=(("sh", "-c", "while :; do n=$((n+1)); head -c 20M /dev/zero > f$n; done"),)),
        "disk_limit",
    ),
}


@pytest.mark.parametrize("deed", HOARDERS)
async def test_an_app_that_takes_everything_takes_nothing_from_others(make_site: MakeSite, deed: str) -> None:
    runner, code = HOARDERS[deed]
    async with make_site(runner, Patience(start_s=6)) as site:
        hostile = await site.accept(f"hostile: {deed}")
        good = await site.accept("A booking app for a yoga studio")

        with listening_to_the_log() as log:
            ended, other = await asyncio.gather(site.build(hostile), site.build(good))

        assert_told_well(ended, log, code=code)
        if code in ("memory_limit", "disk_limit"):
            # Another sandbox would end like the first, and as late.
            assert "once more" not in " ".join(await site.said(hostile))
        assert other.status is JobStatus.READY
        await site.nothing_is_left(hostile)
        assert await site.visit(good) == 200


SHY: dict[str, tuple[HostileRunner, str]] = {
    "answers 500": (server("self.answer(500)"), "preview_failed"),
    "hangs": (server("time.sleep(600)"), "preview_silent"),
    "redirects in a loop": (server("self.answer(302, Location='/')"), "preview_failed"),
    "dies when it is looked at": (server("os._exit(1)"), "preview_failed"),
    "dies after its health": (server("self.answer(200); os._exit(1)", "/health"), "preview_failed"),
}


@pytest.mark.parametrize("deed", SHY)
async def test_without_an_answering_preview_there_is_no_ready(make_site: MakeSite, deed: str) -> None:
    runner, code = SHY[deed]
    async with make_site(runner, Patience(probe_s=3 if code == "preview_silent" else 30)) as site:
        job_id = await site.accept(f"hostile: {deed}")

        with listening_to_the_log() as log:
            ended = await site.build(job_id)

        assert_told_well(ended, log, code=code)
        assert await site.states(job_id) == [
            "queued",
            "starting",
            "scaffold",
            "code",
            "deps",
            "checks",
            "failed",
        ]
        await site.nothing_is_left(job_id)


async def test_an_app_that_dies_after_its_first_page_answers_again_when_ready_is_visible(
    make_site: MakeSite,
) -> None:
    async with make_site(server("self.answer(200); os._exit(1)"), Patience()) as site:
        job_id = await site.accept("hostile: dies after its first 200")

        ended = await site.build(job_id)

        assert ended.status is JobStatus.READY
        [preview] = [one for one in ended.evidence["checks"] if one["name"] == "preview"]
        assert preview["ok"]
        assert await site.visit(job_id) == 200
