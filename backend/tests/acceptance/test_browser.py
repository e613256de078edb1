"""The browser that takes the pictures starts nothing but the page that is looked at."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.acceptance.browser import Look
from app.acceptance.screenshots import launch_browser, take_pictures
from app.adapters.sandboxes.fake import FakeSandbox
from app.core.ids import JobId
from app.ports.sandbox import CommandResult, SandboxRequest
from tests.eval.accessibility import browsing, find_browser


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class BareSandbox(FakeSandbox):
    """A sandbox in which no browser is found, or one that ends at once."""

    browser = ""

    async def run_command(self, argv: Sequence[str], **_: object) -> CommandResult:
        if "find" in argv:
            return CommandResult(0 if self.browser else 3, f"{self.browser}\n", False)
        return CommandResult(1, "it lacks a library", False)


@pytest.mark.parametrize(
    ("browser", "why"), [("", "no browser is installed"), ("/usr/bin/chromium", "it lacks a library")]
)
async def test_without_a_browser_that_runs_the_check_is_skipped_and_says_so(
    tmp_path: Path, browser: str, why: str
) -> None:
    sandbox, pictures = BareSandbox(tmp_path, SandboxRequest(JobId(uuid.uuid4()))), dict[str, bytes]()
    sandbox.browser = browser
    async with launch_browser(sandbox) as launch:
        seen = await take_pictures(launch, 8000, path="/", cookies={}, pictures=pictures)
    assert seen.skipped
    assert why in seen.detail
    assert not pictures


async def test_only_the_page_that_is_looked_at_has_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = find_browser()
    if program is None:
        pytest.skip("no browser is installed here")
    (tmp_path / "index.html").write_text("<!doctype html><title>Candles</title><p>Beeswax and soy</p>")
    monkeypatch.chdir(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        async with browsing(program) as browser:
            await browser.look_as(Look(1280, 800))
            await browser.open(f"http://127.0.0.1:{server.server_port}/")
            assert await browser.run("document.title") == "Candles"
            assert len(await browser.picture()) > 100
            pages = [command for command in _commands_below(os.getpid()) if "--type=renderer" in command]
    finally:
        server.shutdown()
        server.server_close()
    assert len(pages) == 1, "\n".join(pages)


def _commands_below(root: int) -> list[str]:
    """The command lines of all processes that this one has started, and they in turn."""
    parent_of: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent_of[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    below, level = set[int](), {root}
    while level:
        level = {pid for pid, parent in parent_of.items() if parent in level}
        below |= level
    return [_command_of(pid) for pid in below]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
