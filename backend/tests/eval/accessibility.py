"""Going through a preview in a browser with axe-core, and taking the pictures for the contact sheet."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from app.acceptance.browser import FLAGS, PROGRAMS, Browser, Look
from app.acceptance.crawl import pattern_of
from app.acceptance.http_session import local_path
from app.acceptance.people import OWNER

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
WIDE, DARK, PHONE = Look(1280, 800), Look(1280, 800, is_dark=True), Look(390, 844, is_phone=True)
TELLING = ("/calendar", "/board", "/totals", "/chart", "/gallery", "/document")
MAX_PAGES = 16
MAX_PICTURES = 4
LINKS = "[...document.querySelectorAll('a[href]')].map(a => a.href)"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = f"""axe.run(document, {{runOnly: {TAGS!r}}})
  .then(found => found.violations.map(one => ({{id: one.id, impact: one.impact,
    where: one.nodes.slice(0, 3).map(node => node.target.join(' ')), count: one.nodes.length}})))"""
FILL = """(() => { for (const [name, value] of Object.entries(%s)) {
  const field = document.querySelector(`form [name="${name}"]`); if (field) field.value = value; }
  document.querySelector('form [name="password"]').form.submit(); })()"""


@dataclass
class Inspection:
    """What the browser found in one app."""

    pages: int = 0
    violations: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


def prepare_axe() -> str:
    """The text of axe-core, installed by its lock the first time."""
    if not AXE.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(
                "eval: axe-core needs npm, and npm is not installed. Without a browser: ./co eval --no-browser"
            )
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HERE, check=True, stdout=2)
    return AXE.read_text(encoding="utf-8")


def find_browser() -> str | None:
    """The browser of this machine."""
    return next((found for one in PROGRAMS if (found := shutil.which(one))), None)


@asynccontextmanager
async def browsing(program: str) -> AsyncIterator[Browser]:
    """A browser of this machine, on the apps' own loopback addresses only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS, f"--remote-debugging-port={port}", f"--user-data-dir={profile}"]
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
        try:
            async with aiohttp.ClientSession() as session, Browser(session, port) as browser:
                yield browser
        finally:
            process.terminate()
            await process.wait()


async def inspect(browser: Browser, preview_url: str, *, axe: str, folder: Path, name: str) -> Inspection:
    """Look at each kind of page, at the first ones also dark and on a phone, and picture the most telling."""
    found = Inspection()
    await browser.look_as(WIDE)
    await browser.open(preview_url)
    origin = str(await browser.run("location.origin"))
    await set_up(browser, origin)
    browser.complaints.clear()
    waiting, kinds = ["/"], {pattern_of("/")}
    seen: list[str] = []
    while waiting and len(seen) < MAX_PAGES:
        path = waiting.pop(0)
        seen.append(path)
        await browser.open(origin + path)
        await check(browser, f"{path} light", axe, found)
        if path == "/" or (is_telling(path) and len(found.pictures) < MAX_PICTURES):
            found.pictures.append(await _picture(browser, folder / f"{name}-{len(found.pictures)}.png"))
        links = [local_path(str(link).removeprefix(origin)) for link in await browser.run(LINKS)]
        new = [link for link in links if link and not link.endswith((".csv", "/sign-out"))]
        for link in new:
            if pattern_of(link) not in kinds:
                kinds.add(pattern_of(link))
                waiting.append(link)
        waiting.sort(key=lambda one: (not is_telling(one), "?" in one))
    for look, called in ((DARK, "dark"), (PHONE, "phone")):
        await browser.look_as(look)
        for path in seen[:4]:
            await browser.open(origin + path)
            await check(browser, f"{path} {called}", axe, found)
    found.pages = len(seen)
    found.complaints = list(browser.complaints)
    return found


def is_telling(path: str) -> bool:
    """Whether the page shows more than a list does, as it is without a choice made."""
    return "?" not in path and (path.startswith("/forms/") or path.endswith(TELLING))


async def set_up(browser: Browser, origin: str, *, code: str = "") -> None:
    """Become the owner, in an app that asks for one; outside a preview by the code that its start printed."""
    await browser.open(f"{origin}/setup")
    if await browser.run("!!document.querySelector('form [name=\"password\"]')"):
        await browser.leave_by(FILL % json.dumps({**OWNER, "code": code}))


async def check(browser: Browser, where: str, axe: str, found: Inspection) -> None:
    await browser.run(axe + ";0")
    for one in await browser.run(RUN_AXE):
        found.violations.append(
            f"{where}: {one['id']} ({one['impact']}, {one['count']}): {'; '.join(one['where'])}"
        )


async def _picture(browser: Browser, path: Path) -> Path:
    path.write_bytes(await browser.picture("png"))
    return path
