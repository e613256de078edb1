"""A headless Chromium driven over its debugging protocol: open a page, look at it, collect its complaints."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

PROGRAMS: Final = (
    # The program itself before the script that distributions put around it, whose settings are not in a sandbox.
    "/usr/lib/chromium/chromium",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)
# A browser's own pages cost as much as the page that is looked at: the list below its address bar is two pages of
# scripts, a spare process waits for the next site, the first window shows an empty tab, and what fetches is apart.
_FEATURES_OFF: Final = (
    *("Translate", "MediaRouter", "OptimizationHints", "DialMediaRouteProvider"),
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"),
)
FLAGS: Final = (
    # Without a sandbox of its own, since it cannot make namespaces
    # within ours; and with few processes, for they count.
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio", "--no-first-run"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-default-apps", "--no-default-browser-check", "--in-process-gpu"),
    *("--disable-breakpad", "--disable-crash-reporter", "--disable-software-rasterizer", "--no-zygote"),
    *("--no-startup-window", "--enable-features=NetworkServiceInProcess2"),
    f"--disable-features={','.join(_FEATURES_OFF)}",
)
ANSWER_S: Final = 20.0
MAX_MESSAGE: Final = 32 << 20
MAX_COMPLAINTS: Final = 20
_WEBP_QUALITY: Final = 80

_PLACE: Final = """(() => { const found = document.querySelector(%s); if (!found) return null;
  found.scrollIntoView({block: "center", behavior: "instant"});
  const box = found.getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"""

Answer = Mapping[str, Any]  # Any: what JSON gives


class BrowserFailed(Exception):
    """The browser ended, did not answer, or answered something else than was asked."""


@dataclass(frozen=True)
class Look:
    """The window and the preferences that a page is looked at with."""

    width: int
    height: int
    is_phone: bool = False
    is_dark: bool = False


class Browser:
    """One tab of a browser that listens on a port. Enter it before use."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._origin = f"http://127.0.0.1:{port}"
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._number = 0
        self._tab = ""
        self._loaded = asyncio.Event()
        self.complaints: list[str] = []
        """What the pages said is wrong: script errors, refused styles, files that are not there."""

    async def __aenter__(self) -> Self:
        """Connect and open a tab. BrowserFailed."""
        try:
            async with asyncio.timeout(ANSWER_S):
                self._socket = await self._session.ws_connect(await self._socket_url(), max_msg_size=MAX_MESSAGE)
            self._reader = asyncio.create_task(self._read_messages(self._socket))
            target = await self._command("Target.createTarget", url="about:blank")
            # Flat: each message names its tab, so that one socket carries them all.
            tab = await self._command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            self._tab = str(tab["sessionId"])
            for domain in ("Page", "Runtime", "Log", "Network"):
                await self._command(f"{domain}.enable")
        except (TimeoutError, aiohttp.ClientError, OSError, KeyError) as error:
            await self._disconnect()
            raise BrowserFailed(f"{type(error).__name__}: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disconnect()

    async def _disconnect(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def _socket_url(self) -> str:
        """The browser opens its port before it can say where to connect."""
        while True:
            with suppress(aiohttp.ClientConnectionError, ValueError, KeyError):
                async with self._session.get(f"{self._origin}/json/version") as answer:
                    url = json.loads(await answer.text())["webSocketDebuggerUrl"]
                    # Only the path counts: the browser cannot know the address by which it is reached from here.
                    return f"{self._origin}/{str(url).split('/', 3)[3]}"
            await asyncio.sleep(0.05)

    async def look_as(self, look: Look) -> None:
        """Set the size of the window and the colours that the person prefers."""
        size = {"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.is_phone}
        await self._command("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if look.is_dark else "light"}
        await self._command("Emulation.setEmulatedMedia", features=[scheme])

    async def keep_cookies(self, cookies: Mapping[str, str], *, url: str) -> None:
        """Have these cookies, as if the site of that address had set them."""
        for name, value in cookies.items():
            await self._command("Network.setCookie", name=name, value=value, url=url)

    async def open(self, url: str) -> None:
        """Go to a page and wait until it has loaded."""
        self._loaded.clear()
        # The wait was armed before: a quick page has loaded before the answer to this is read.
        answer = await self._command("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserFailed(f"{url}: {answer['errorText']}")
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._loaded.wait()
        except TimeoutError as error:
            raise BrowserFailed(f"{url} did not finish loading") from error

    async def leave_by(self, script: str) -> None:
        """Run what leads to another page, and wait until that has loaded."""
        self._loaded.clear()
        await self.run(script)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._loaded.wait()
        except TimeoutError as error:
            raise BrowserFailed("the script led nowhere") from error

    async def picture(self, kind: str = "webp") -> bytes:
        """A picture of the visible page, as a WebP or PNG file."""
        quality = {"quality": _WEBP_QUALITY} if kind == "webp" else {}
        answer = await self._command("Page.captureScreenshot", format=kind, **quality)
        try:
            return base64.b64decode(str(answer["data"]), validate=True)
        except (KeyError, binascii.Error) as error:
            raise BrowserFailed("the browser gave no picture") from error

    async def run(self, script: str) -> Any:  # Any: what the script gives
        """The value of an expression in the page; a promise is waited for."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = await self._command("Runtime.evaluate", **asked)
        if "exceptionDetails" in answer:
            raise BrowserFailed(f"a script failed: {str(answer['exceptionDetails'])[:400]}")
        return answer["result"].get("value")

    async def click(self, selector: str) -> None:
        """Press the middle of the first element that the selector finds, as a mouse does. BrowserFailed."""
        place = await self.run(_PLACE % json.dumps(selector))
        if place is None:
            raise BrowserFailed(f"there is nothing to click at {selector!r}")
        # A page learns of the pointer before the press, as from a hand: what opens on hovering is open by then.
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self._command(
                "Input.dispatchMouseEvent", type=kind, x=place["x"], y=place["y"], button="left", clickCount=1
            )

    async def type(self, text: str) -> None:
        """Write into what has the focus."""
        await self._command("Input.insertText", text=text)

    async def _command(self, method: str, **parameters: Any) -> Answer:  # Any: what JSON takes
        if self._socket is None:
            raise BrowserFailed("the browser is not connected")
        self._number += 1
        number = self._number
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message = {"id": number, "method": method, "params": parameters}
        if self._tab:
            message["sessionId"] = self._tab
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._socket.send_json(message)
                await answer
        except (TimeoutError, ConnectionError) as error:
            raise BrowserFailed(f"no answer to {method}") from error
        finally:
            self._waiting.pop(number, None)
        return answer.result()

    async def _read_messages(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._dispatch(json.loads(message.data))
        # Nobody answers any more: those who wait learn it now, not by the end of their time.
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BrowserFailed("the browser ended"))

    def _dispatch(self, message: Answer) -> None:
        answer = self._waiting.get(message.get("id", 0))
        if answer is not None and not answer.done():
            if "error" in message:
                answer.set_exception(BrowserFailed(str(message["error"])))
            else:
                answer.set_result(message.get("result", {}))
            return
        if message.get("method") == "Page.loadEventFired":
            self._loaded.set()
        complaint = complaint_in(message)
        if complaint and len(self.complaints) < MAX_COMPLAINTS:
            self.complaints.append(complaint[:300])


def complaint_in(message: Answer) -> str:
    """The error that an event of the browser tells of, or nothing."""
    parameters = message.get("params", {})
    match message.get("method"):
        case "Runtime.exceptionThrown":
            details = parameters.get("exceptionDetails", {})
            return str(details.get("exception", {}).get("description") or details.get("text", "error"))
        case "Runtime.consoleAPICalled" if parameters.get("type") in ("error", "assert"):
            return " ".join(
                str(argument.get("value", argument.get("description", "")))
                for argument in parameters.get("args", [])
            )
        case "Log.entryAdded" if parameters.get("entry", {}).get("level") == "error":
            text, url = parameters["entry"].get("text", ""), str(parameters["entry"].get("url", ""))
            # HttpSessions ask for it everywhere; a page that names no icon has done nothing wrong.
            return "" if url.endswith("/favicon.ico") else f"{text} {url}".strip()
    return ""
