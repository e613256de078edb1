"""A person with a browser, as far as the checks need one: cookies, pages and forms of one app."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

from app.acceptance.pages import Page, WebForm, read_page
from app.app_runtime.app_host import PREVIEW_ACCESS
from app.app_runtime.sandbox_connector import app_session
from app.blueprint.generate.example_files import example_content
from app.domain.failure import BuildFailed, FailureCode
from app.ports.sandbox import Sandbox

TIMEOUT_S: Final = 10.0
MAX_BODY: Final = 1 << 20
# Stands in no example file.
_BOUNDARY: Final = "end-of-part-41c0ffee"
_FORM: Final = "application/x-www-form-urlencoded"
_PARTS: Final = f"multipart/form-data; boundary={_BOUNDARY}"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Answer:
    """The app's answer to one request; `location` is where a redirect leads, as a path."""

    path: str
    status: int
    kind: str
    body: bytes
    location: str = ""

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")

    @cached_property
    def page(self) -> Page:
        """The page, when it is HTML."""
        return read_page(self.text) if self.kind == "text/html" else Page()

    @property
    def is_refusal(self) -> bool:
        """True if the app told the visitor that this cannot be done."""
        return 400 <= self.status < 500


def silent(what: str, why: str) -> BuildFailed:
    """The failure of an app that gave no HTTP answer."""
    return BuildFailed(FailureCode.PAGE_FAILS, log=f"{what}: {why}")


class HttpSession:
    """One session in one app. Redirects are answers; `follow` goes where they lead."""

    def __init__(
        self, session: aiohttp.ClientSession, port: int, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self._session = session
        self._origin = f"http://127.0.0.1:{port}"
        self._headers = dict(headers or {})
        self._cookies: dict[str, str] = {}

    async def get(self, path: str) -> Answer:
        """Open a page; BuildFailed `page_fails` when nothing answers."""
        return await self._send("GET", path, None)

    async def post(self, path: str, values: Mapping[str, str], uploads: Collection[str] = ()) -> Answer:
        """Send a form's values; those of `uploads` name example files, and send what these hold."""
        return await self._send("POST", path, (values, uploads))

    async def follow(self, answer: Answer) -> Answer:
        """The page that a redirect leads to, at most five of them; any other answer as it is."""
        for _ in range(5):
            if answer.status not in _REDIRECTS or not answer.location:
                break
            answer = await self.get(answer.location)
        return answer

    async def submit(self, page: Answer, form: WebForm, values: Mapping[str, str]) -> Answer:
        """Fill a form of that page in and send it; what it holds already stays unless `values` says otherwise."""
        action = urljoin(page.path, form.action) if form.action else page.path
        uploads = [control.name for control in form.controls if control.kind == "file"] if form.is_upload else []
        return await self.post(local_path(action) or page.path, {**form.untouched(), **values}, uploads)

    async def _send(
        self, method: str, path: str, sent: tuple[Mapping[str, str], Collection[str]] | None
    ) -> Answer:
        headers = {"Accept": "text/html,*/*"}
        if sent is not None:
            # A browser says so with each form, and an app may refuse one without it.
            headers |= {"Origin": self._origin, "Content-Type": _PARTS if sent[1] else _FORM}
        headers |= self._headers
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        url = URL(self._origin + path, encoded=True)
        data = None if sent is None else _encode_form(*sent)
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._session.request(method, url, data=data, headers=headers, allow_redirects=False) as answer,
            ):
                self._keep_cookies(answer.headers.getall("Set-Cookie", []))
                return await _read_answer(path, answer)
        except TimeoutError as error:
            raise silent(f"{method} {path}", f"no answer within {TIMEOUT_S:g} seconds") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise silent(f"{method} {path}", f"{type(error).__name__}: {error}") from error

    def _keep_cookies(self, headers: list[str]) -> None:
        for header in headers:
            try:
                parsed = SimpleCookie(header)
            except CookieError:
                continue
            for name, cookie in parsed.items():
                if cookie["max-age"] == "0" or not cookie.value:
                    self._cookies.pop(name, None)
                else:
                    # As it came, with its quotes: that is what a browser sends back.
                    self._cookies[name] = cookie.coded_value

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the app has set."""
        return self._cookies


class HttpSessions:
    """Makes visitors of one app, all over the same connections; `key` is what the app knows its preview by."""

    def __init__(self, sandbox: Sandbox, port: int, *, key: str = "") -> None:
        self._session = app_session(sandbox, port)
        self.port = port
        self.has_key = bool(key)
        self._key = key

    def visitor(self) -> HttpSession:
        """Somebody who was never here before, with a visitor's link where the app stands behind a preview."""
        return HttpSession(self._session, self.port, headers=self._access_headers("visitor"))

    def founder(self) -> HttpSession:
        """Somebody who came by the founder's link of a preview."""
        return HttpSession(self._session, self.port, headers=self._access_headers("owner"))

    def outside(self, host: str) -> HttpSession:
        """Somebody who reached the app by another name, past its preview."""
        return HttpSession(self._session, self.port, headers={"Host": host})

    def _access_headers(self, kind: str) -> dict[str, str]:
        return {PREVIEW_ACCESS: f"{kind} {self._key}"} if self.has_key else {}

    async def __aenter__(self) -> HttpSessions:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()


def local_path(address: str) -> str:
    """The path and query of an address in the same app; empty for one that leads elsewhere."""
    parts = urlsplit(address)
    if parts.scheme not in ("", "http", "https") or (
        parts.netloc and parts.hostname not in ("127.0.0.1", "localhost")
    ):
        return ""
    if not parts.path.startswith("/"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _encode_form(values: Mapping[str, str], uploads: Collection[str]) -> bytes:
    """A form as a browser sends it: in parts where it has files."""
    if not uploads:
        return urlencode(values).encode()
    parts = [(f'"{name}"', value.encode()) for name, value in values.items() if name not in uploads]
    for name in uploads:
        chosen = values.get(name, "")
        parts.append((f'"{name}"; filename="{chosen}"', example_content(chosen) if chosen else b""))
    head = f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name="
    body = b"".join(f"{head}{name}\r\n\r\n".encode() + content + b"\r\n" for name, content in parts)
    return body + f"--{_BOUNDARY}--\r\n".encode()


async def _read_answer(path: str, answer: aiohttp.ClientResponse) -> Answer:
    body = bytearray()
    while len(body) < MAX_BODY and (chunk := await answer.content.read(MAX_BODY - len(body))):
        body += chunk
    location = answer.headers.get("Location", "")
    return Answer(
        path=path,
        status=answer.status,
        kind=answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        body=bytes(body),
        location=local_path(urljoin(path, location)) if location else "",
    )
