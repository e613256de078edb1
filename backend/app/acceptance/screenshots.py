"""Looking at the app in a browser, inside its sandbox: no complaint in the console, and a picture of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from app.acceptance.archive import BROWSER, chance_port
from app.acceptance.browser import FLAGS, PROGRAMS, Browser, BrowserFailed, Look
from app.acceptance.evidence import Seen
from app.app_runtime.sandbox_connector import app_session
from app.domain.failure import BuildFailed, FailureCode
from app.ports.sandbox import CommandResult, Sandbox

LOOKS: Final = {"wide": Look(1280, 800), "phone": Look(390, 844, is_phone=True)}
MAX_PICTURE: Final = 600_000
FIND_S: Final = 10.0
BROWSER_S: Final = 60.0
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


async def take_pictures(
    sandbox: Sandbox, app_port: int, *, path: str, cookies: Mapping[str, str], pictures: dict[str, bytes]
) -> Seen:
    """Fill `pictures` by width. Without a browser that runs in here, the check is skipped and says so."""
    program = await _find_browser(sandbox)
    if not program:
        return Seen("no browser is installed where the app runs, so no picture was taken", skipped=True)
    url = f"http://127.0.0.1:{app_port}"
    try:
        async with _start_browser(sandbox, program) as browser:
            await browser.keep_cookies(cookies, url=url)
            for name, window in LOOKS.items():
                await browser.look_as(window)
                await browser.open(url + path)
                pictures[f"{name}.webp"] = _must_be_picture(await browser.picture())
            complaints = list(browser.complaints)
    except BrowserFailed as error:
        # Half of them would pass for what the app looks like.
        pictures.clear()
        return Seen(f"the browser does not run where the app runs: {error}"[:200], skipped=True)
    if complaints:
        raise BuildFailed(FailureCode.CONSOLE_ERRORS, log="\n".join(complaints))
    widths = " and ".join(f"{window.width}" for window in LOOKS.values())
    return Seen(f"opened in a browser at {widths} pixels, no error in its console", tuple(sorted(pictures)))


async def _find_browser(sandbox: Sandbox) -> str:
    result = await sandbox.run_command(("sh", "-c", _FIND, "find", *PROGRAMS), timeout_s=FIND_S)
    lines = result.output.strip().splitlines()
    return lines[0] if result.exit_code == 0 and lines and lines[0].startswith("/") else ""


@asynccontextmanager
async def _start_browser(sandbox: Sandbox, program: str) -> AsyncIterator[Browser]:
    port = chance_port(BROWSER)
    await sandbox.write_files({_FONTS_FILE: _FONTS})
    command = ("sh", "-c", _RUN, str(port), program, *FLAGS)
    running = asyncio.create_task(sandbox.run_command(command, timeout_s=BROWSER_S))
    try:
        async with app_session(sandbox, port) as session:
            await _must_listen(sandbox, running, port)
            async with Browser(session, port) as browser:
                yield browser
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _must_listen(sandbox: Sandbox, running: asyncio.Task[CommandResult], port: int) -> None:
    """Return once something accepts on the port; BrowserFailed when the browser ends before."""
    for _ in range(int(LISTEN_S / _PAUSE_S)):
        if running.done():
            raise BrowserFailed(running.result().output.strip()[-160:] or "it ended at once")
        try:
            (await sandbox.connect(port)).close()
        except ConnectionError:
            await asyncio.wait({running}, timeout=_PAUSE_S)
        else:
            return
    raise BrowserFailed(f"it did not come up in {LISTEN_S:g} seconds")


def _must_be_picture(picture: bytes) -> bytes:
    """The picture comes from where a hostile page could be: it is one, and a small one, or nothing."""
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP" or len(picture) > MAX_PICTURE:
        raise BrowserFailed("the browser gave something else than a small picture")
    return picture
