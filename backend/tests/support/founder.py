"""Somebody at a browser with the page: looks, clicks, types, touches, and takes pictures."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from app.acceptance.browser import Browser, BrowserFailed, Look
from tests.eval.accessibility import AXE, RUN_AXE, browsing, find_browser
from tests.support.instance import Instance

WIDE: Final = Look(1280, 900)
PHONE_DARK: Final = Look(390, 844, is_phone=True, is_dark=True)
FEW: Final = {"wide": WIDE, "phone-dark": PHONE_DARK}
ALL: Final = {
    "wide": WIDE,
    "wide-dark": Look(1280, 900, is_dark=True),
    "phone": Look(390, 844, is_phone=True),
    "phone-dark": PHONE_DARK,
}
PICTURES: Final = os.environ.get("COFOUNDER_PAGE_PICTURES")
_KEYS: Final = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " "), "ArrowDown": (40, "")}


class Founder:
    """Somebody at a browser, who looks, clicks and types."""

    def __init__(self, browser: Browser, instance: Instance) -> None:
        self.browser = browser
        self.instance = instance
        self.violations: list[str] = []
        self._seen = 0

    async def see(self, script: str, *, within_s: float = 60) -> Any:
        """What the script gives, as soon as it gives something."""
        async with asyncio.timeout(within_s):
            while not (found := await self._ask(script)):  # noqa: ASYNC110 - the page has no event
                await asyncio.sleep(0.1)
        return found

    async def _ask(self, script: str) -> Any:
        """What the page gives; None from one that is being left, which cannot be asked."""
        try:
            return await self.browser.run(script)
        except BrowserFailed as error:
            if "navigated or closed" not in str(error):
                raise
            return None

    async def text(self, words: str, *, within_s: float = 60) -> None:
        """Wait until the page says so."""
        await self.see(f"document.body?.innerText.includes({json.dumps(words)})", within_s=within_s)

    async def fill(self, selector: str, text: str) -> None:
        await self.browser.click(selector)
        await self.browser.run(f"document.querySelector({json.dumps(selector)}).select()")
        await self.browser.type(text)

    async def go(self, selector: str) -> None:
        """Click what leads to another page."""
        await self.browser.run("window.here = true")
        await self.browser.click(selector)
        await self.see("!window.here && document.readyState === 'complete'")

    async def press(self, key: str, *, times: int = 1) -> None:
        """Press a key of the keyboard, such as Tab, Enter or a letter."""
        code, text = _KEYS.get(key, (0, key))
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                values = {"text": text} if text and kind == "keyDown" else {}
                name = {" ": "Space"}.get(key, key)
                await self.browser._command(
                    "Input.dispatchKeyEvent", type=kind, key=key, code=name, windowsVirtualKeyCode=code, **values
                )

    async def touch(self, selector: str) -> None:
        """Touch the middle of the first element that the selector finds with a finger."""
        place = await self.browser.run(f"""(() => {{ const found = document.querySelector({json.dumps(selector)});
          found.scrollIntoView({{block: 'center'}}); const box = found.getBoundingClientRect();
          return {{x: box.x + box.width / 2, y: box.y + box.height / 2}}; }})()""")
        await self.browser._command("Input.dispatchTouchEvent", type="touchStart", touchPoints=[place])
        await self.browser._command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    async def network(self, *, latency_ms: float = 0, is_offline: bool = False) -> None:
        """Have a slow network, or none."""
        await self.browser._command(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=latency_ms,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    async def look(self, name: str, looks: Mapping[str, Look] | None = None) -> None:
        """Nothing is wider than the window, nothing keeps anybody out, in any of these looks."""
        for kind, look in (looks or FEW).items():
            await self.browser.look_as(look)
            too_wide = await self.browser.run(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if too_wide > 0:
                self.violations.append(f"{name} {kind}: scrolls sideways by {too_wide} px")
            if AXE.exists():
                await self.browser.run(AXE.read_text(encoding="utf-8") + ";0")
                self.violations += [f"{name} {kind}: {one}" for one in await self.browser.run(RUN_AXE)]
            if PICTURES:
                await self._keep_picture(Path(PICTURES) / f"{self._seen:02}-{name}-{kind}.webp")
        self._seen += 1
        await self.browser.look_as(WIDE)

    async def _keep_picture(self, path: Path) -> None:
        """The whole page, as far as two screens go."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = await self.browser.run(
            "[innerWidth, Math.min(document.documentElement.scrollHeight, innerHeight * 2)]"
        )
        answer = await self.browser._command(
            "Page.captureScreenshot",
            format="webp",
            quality=80,
            captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
        )
        path.write_bytes(b64decode(str(answer["data"])))


@asynccontextmanager
async def founder_at(instance: Instance) -> AsyncIterator[Founder]:
    """Somebody at a browser of this machine; skips where there is none."""
    program = find_browser()
    if program is None:
        pytest.skip("no browser is installed")
    async with browsing(program) as browser:
        await browser.look_as(WIDE)
        yield Founder(browser, instance)


async def sign_in(founder: Founder) -> None:
    """Come in by a link as `./co page` prints it."""
    await founder.browser.open(founder.instance.client.post("/api/page-links").json()["url"])
    assert await founder.browser.run("location.search") == ""
