"""Generates and starts apps of several trades, and pictures what customers and owners see first.

`python -m tests.eval.looks FOLDER [--only WORDS] [--design NAME] [--axe]`, from the folder `backend`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from app.acceptance.browser import Browser, Look
from app.blueprint.generate import generate
from app.blueprint.generate.theme import look
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, Design
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest
from tests.eval.accessibility import (
    DARK,
    PHONE,
    WIDE,
    Inspection,
    browsing,
    check,
    find_browser,
    prepare_axe,
    set_up,
)

HERE = Path(__file__).parent
TRADES = HERE / "trades.toml"
LOOKS = {"wide": WIDE, "dark": DARK, "phone": PHONE, "phone-dark": Look(390, 844, is_phone=True, is_dark=True)}
CODE = re.compile(r"at /setup: (\S+)")
ON_A_SHEET = 4
NARROW = Look(320, 640)
"""What a page is 400 % larger on, and the smallest telephone: WCAG asks that nothing scrolls sideways on it."""
HEIGHT = "Math.min(2600, document.documentElement.scrollHeight)"
SIDEWAYS = "document.documentElement.scrollWidth > window.innerWidth"


@dataclass(frozen=True)
class Trade:
    """A business and the specification of its app."""

    name: str
    spec: AppSpec


def read_trades(only: str = "", design: str = "") -> list[Trade]:
    """The trades of the file, those alone whose name holds the words; `design` overrides what each would wear."""
    found = []
    for name, part in tomllib.loads(TRADES.read_text(encoding="utf-8")).items():
        if not only or any(word in name for word in only.split(",")):
            spec = _spec(part)
            if design:
                spec = spec.model_copy(update={"theme": spec.theme.model_copy(update={"design": Design(design)})})
            found.append(Trade(name, spec))
    return found


def _spec(part: dict[str, str]) -> AppSpec:
    if "spec" in part:
        return AppSpec.model_validate(tomllib.loads((HERE.parent / part["spec"]).read_text(encoding="utf-8")))
    return understand(part["goal"])


def lay_out(spec: AppSpec, folder: Path, venv: Path) -> Path:
    """The files of the app in a folder, beside packages that are installed once for all of them."""
    for path, text in generate(spec).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / START_SCRIPT).chmod(0o755)
    if not venv.exists():
        manifest = Manifest.parse((folder / MANIFEST).read_text(encoding="utf-8"))
        for command in manifest.install:
            uv = str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv if part == "uv" else part for part in command], cwd=folder, check=True)
        (folder / ".venv").rename(venv)
    (folder / ".venv").symlink_to(venv)
    return folder


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of the running app, and the code by which it takes its owner."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "HOST": "127.0.0.1"}
    said = folder / "said.txt"
    with said.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            f"./{START_SCRIPT}", cwd=folder, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                if process.returncode is not None:
                    raise SystemExit(
                        f"looks: the app in {folder} ended: {said.read_text(encoding='utf-8')[-800:]}"
                    )
                try:
                    async with session.get(f"{url}/health"):
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)
        found = CODE.search(said.read_text(encoding="utf-8"))
        yield url, found[1] if found else ""
    finally:
        process.terminate()
        await process.wait()


async def picture_all(program: str, trade: Trade, url: str, *, code: str, folder: Path, axe: str) -> Inspection:
    """Pictures of the first page as a customer sees it, then of the owner's pages, each in every look."""
    found = Inspection()
    async with browsing(program) as owner, browsing(program) as customer:
        await set_up(owner, url, code=code)
        await customer.open(url)
        pages = [(customer, "/", "1front")]
        form = await customer.run("document.querySelector('a[href^=\"/forms/\"]')?.pathname || ''")
        pages += [(customer, str(form), "2form")] if form else []
        table = trade.spec.entities[0].table
        desk = str(await owner.run("document.querySelector('nav a')?.pathname || '/'"))
        for number, path in enumerate((desk, f"/{table}", f"/{table}/1", f"/{table}/new"), start=3):
            pages.append((owner, path, f"{number}desk"))
        for browser, path, name in pages:
            await _picture(browser, url, path, folder / f"{trade.name}-{name}", axe, found)
        found.complaints = [*customer.complaints, *owner.complaints]
    async with browsing(program) as browser:
        for at in range(0, len(found.pictures), len(LOOKS)):
            one = found.pictures[at : at + len(LOOKS)]
            name = one[0].name.removesuffix(f"-{next(iter(LOOKS))}.png")
            await draw_sheet(browser, one, folder / f"sheet-{name}.png")
    return found


async def _picture(browser: Browser, url: str, path: str, name: Path, axe: str, found: Inspection) -> None:
    for called, one in LOOKS.items():
        await browser.look_as(one)
        await browser.open(url + path)
        if axe:
            await check(browser, f"{path} {called}", axe, found)
        if await browser.run(SIDEWAYS):
            found.violations.append(f"{path} {called}: scrolls sideways")
        height = int(await browser.run(HEIGHT))
        await browser.look_as(Look(one.width, max(height, one.height), one.is_phone, one.is_dark))
        target = name.with_name(f"{name.name}-{called}.png")
        target.write_bytes(await browser.picture("png"))
        found.pictures.append(target)
        found.pages += 1
    await browser.look_as(NARROW)
    await browser.open(url + path)
    if await browser.run(SIDEWAYS):
        found.violations.append(f"{path} at {NARROW.width} pixels: scrolls sideways")


async def draw_sheet(browser: Browser, pictures: list[Path], target: Path) -> None:
    """One picture of a page in every look, side by side."""
    widths = {picture: 250 if "phone" in picture.name else 640 for picture in pictures}
    tiles = "".join(f'<img src="{one.absolute().as_uri()}" width="{width}">' for one, width in widths.items())
    style = "body{margin:0;padding:12px;display:flex;gap:12px;align-items:start;background:#888}"
    page = target.with_suffix(".html")
    page.write_text(f"<!doctype html><style>{style}</style>{tiles}", encoding="utf-8")
    await browser.look_as(Look(sum(widths.values()) + 12 * (len(widths) + 1), 1000))
    await browser.open(page.absolute().as_uri())
    await browser.look_as(Look(sum(widths.values()) + 12 * (len(widths) + 1), int(await browser.run(HEIGHT))))
    target.write_bytes(await browser.picture("png"))
    page.unlink()


async def draw_contact_sheet(browser: Browser, trades: list[Trade], target: Path) -> None:
    """What customers and owners see first of these trades, in every look: one row for each."""
    rows = ""
    for trade in trades:
        names = [f"{trade.name}-{page}-{called}.png" for page in ("1front", "3desk") for called in LOOKS]
        tiles = "".join(f'<img class="{"phone" if "phone" in name else "wide"}" src="{name}">' for name in names)
        rows += f"<h2>{trade.name}: {look(trade.spec).design.name}</h2><div>{tiles}</div>"
    style = (
        "body{margin:12px;font:14px sans-serif;background:#bbb}h2{font-size:15px;margin:8px 0 4px}"
        "div{display:flex;gap:8px}img{height:300px;object-fit:cover;object-position:top}"
        ".wide{width:420px}.phone{width:150px}"
    )
    page = target.with_suffix(".html")
    page.write_text(f"<!doctype html><style>{style}</style>{rows}", encoding="utf-8")
    await browser.look_as(Look(2 * (2 * 420 + 2 * 150) + 80, 340 * len(trades) + 24))
    await browser.open(page.absolute().as_uri())
    target.write_bytes(await browser.picture("png"))
    page.unlink()


async def _main(given: argparse.Namespace) -> int:
    program = find_browser()
    if program is None:
        raise SystemExit("looks: no browser is installed")
    axe = prepare_axe() if given.axe else ""
    given.folder.mkdir(parents=True, exist_ok=True)
    work = given.folder / "apps"
    bad = 0
    trades = read_trades(given.only, given.design)
    for trade in trades:
        shutil.rmtree(work / trade.name, ignore_errors=True)
        folder = lay_out(trade.spec, work / trade.name, (work / "venv").absolute())
        async with started(folder) as (url, code):
            found = await picture_all(program, trade, url, code=code, folder=given.folder, axe=axe)
        wears = look(trade.spec)
        print(f"{trade.name}: {wears.design.name}, {found.pages} pages, {len(found.violations)} violations")
        print("".join(f"  {line}\n" for line in (*found.violations, *found.complaints)), end="", flush=True)
        bad += len(found.violations) + len(found.complaints)
    for at in range(0, len(trades), ON_A_SHEET):
        # A browser of its own for each: dozens of tall pictures at once are more than one draws in time.
        async with browsing(program) as browser:
            target = given.folder / f"contact-sheet-{at // ON_A_SHEET + 1}.png"
            await draw_contact_sheet(browser, trades[at : at + ON_A_SHEET], target)
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names of trades, or parts of them, with commas between")
    parser.add_argument("--design", default="", choices=["", *Design], help="what every one of them wears")
    parser.add_argument("--axe", action="store_true", help="look for what hinders people, too")
    sys.exit(asyncio.run(_main(parser.parse_args())))
