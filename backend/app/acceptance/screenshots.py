"""Looking at the app in a browser, inside its sandbox: no complaint in the console, and a picture of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from app.acceptance.archive import BROWSER, chance_port
from app.acceptance.browser import FLAGS, PROGRAMS, Browser, BrowserFailed, Look
from app.acceptance.evidence import Findings
from app.app_runtime.sandbox_connector import app_session
from app.domain.failure import BuildFailed, FailureCode
from app.ports.sandbox import CommandResult, Sandbox

LOOKS: Final = {"wide": Look(1280, 800), "phone": Look(390, 844, is_phone=True)}
MAX_PICTURE: Final = 600_000
FIND_S: Final = 10.0
BROWSER_S: Final = 180.0
"""It is started before the app that it looks at, which may take a minute itself."""
LISTEN_S: Final = 15.0
_PAUSE_S: Final = 0.05

_FIND: Final = 'for one in "$@"; do if command -v "$one"; then exit 0; fi; done; exit 3'
# The /etc/fonts of this machine is not in there; the rules that it consists of are.
_FONT_RULES: Final = ("30-metric-aliases", "45-generic", "45-latin", "49-sansserif", "60-generic", "60-latin")
_FONTS: Final = (
    '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>'
    + "".join(
        f'<include ignore_missing="yes">/usr/share/fontconfig/conf.avail/{name}.conf</include>'
        for name in _FONT_RULES
    )
    + "<dir>/usr/share/fonts</dir><cachedir>/tmp/fonts</cachedir></fontconfig>\n"
).encode()
_FONTS_FILE: Final = ".checks/fonts.conf"
_RUN: Final = (
    # Without the proxy for packages: the browser would ask it for the app.
    'export FONTCONFIG_FILE="$PWD/.checks/fonts.conf" HOME=/tmp; unset HTTPS_PROXY https_proxy; port="$0"; '
    'exec "$@" --remote-debugging-port="$port" --user-data-dir="$(mktemp -d)"'
)


class _NoBrowser(Exception):
    """None of the browsers that are known is installed where the app runs."""


@dataclass(frozen=True)
class Launch:
    """A browser that comes up in a sandbox, and will listen on a port."""

    sandbox: Sandbox
    port: int
    running: asyncio.Task[CommandResult]


@asynccontextmanager
async def launch_browser(sandbox: Sandbox) -> AsyncIterator[Launch]:
    """Start a browser beside whatever the block does; it is killed when the block ends."""
    port = chance_port(BROWSER)
    running = asyncio.create_task(_run_browser(sandbox, port))
    try:
        yield Launch(sandbox, port, running)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def take_pictures(
    launch: Launch, app_port: int, *, path: str, cookies: Mapping[str, str], pictures: dict[str, bytes]
) -> Findings:
    """Fill `pictures` by width. Without a browser that runs in here, the check is skipped and says so."""
    url = f"http://127.0.0.1:{app_port}"
    try:
        async with _connect(launch) as browser:
            await browser.keep_cookies(cookies, url=url)
            for name, window in LOOKS.items():
                await browser.look_as(window)
                await browser.open(url + path)
                pictures[f"{name}.webp"] = _must_be_picture(await browser.picture())
            complaints = list(browser.complaints)
    except _NoBrowser:
        return Findings("no browser is installed where the app runs, so no picture was taken", skipped=True)
    except BrowserFailed as error:
        pictures.clear()
        return Findings(f"the browser does not run where the app runs: {error}"[:200], skipped=True)
    if complaints:
        raise BuildFailed(FailureCode.CONSOLE_ERRORS, log="\n".join(complaints))
    widths = " and ".join(f"{window.width}" for window in LOOKS.values())
    return Findings(f"opened in a browser at {widths} pixels, no error in its console", tuple(sorted(pictures)))


async def _run_browser(sandbox: Sandbox, port: int) -> CommandResult:
    program = await _find_browser(sandbox)
    await sandbox.write_files({_FONTS_FILE: _FONTS})
    command = ("sh", "-c", _RUN, str(port), program, *FLAGS)
    return await sandbox.run_command(command, timeout_s=BROWSER_S)


async def _find_browser(sandbox: Sandbox) -> str:
    result = await sandbox.run_command(("sh", "-c", _FIND, "find", *PROGRAMS), timeout_s=FIND_S)
    lines = result.output.strip().splitlines()
    if result.exit_code or not lines or not lines[0].startswith("/"):
        raise _NoBrowser
    return lines[0]


@asynccontextmanager
async def _connect(launch: Launch) -> AsyncIterator[Browser]:
    async with app_session(launch.sandbox, launch.port) as session:
        await _must_listen(launch)
        async with Browser(session, launch.port) as browser:
            yield browser


async def _must_listen(launch: Launch) -> None:
    """Return once something accepts on the port; BrowserFailed when the browser ends before."""
    for _ in range(int(LISTEN_S / _PAUSE_S)):
        if launch.running.done():
            raise BrowserFailed(launch.running.result().output.strip()[-160:] or "it ended at once")
        try:
            (await launch.sandbox.connect(launch.port)).close()
        except ConnectionError:
            await asyncio.wait({launch.running}, timeout=_PAUSE_S)
        else:
            return
    raise BrowserFailed(f"it did not come up in {LISTEN_S:g} seconds")


def _must_be_picture(picture: bytes) -> bytes:
    """The picture comes from where a hostile page could be: it is one, and a small one, or nothing."""
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP" or len(picture) > MAX_PICTURE:
        raise BrowserFailed("the browser gave something else than a small picture")
    return picture
