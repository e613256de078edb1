"""A browser as far as the tests need one: it asks the app directly, keeps cookies and follows redirects."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlencode, urlsplit

import anyio.to_thread
from starlette.applications import Starlette

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=end-of-part"
SAMPLES = Path(__file__).with_name("sample_files.json")
FILES: dict[str, bytes] = {}
"""The sample files by their names: a form that holds such a name sends the file."""
if SAMPLES.exists():
    FILES.update({name: b64decode(text) for name, text in json.loads(SAMPLES.read_text(encoding="utf-8")).items()})


@dataclass(frozen=True)
class Answer:
    """What the app answered."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    cookies: tuple[str, ...] = ()
    """The headers that ask the browser to keep something."""

    @property
    def text(self) -> str:
        return self.content.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.content)


def _in_parts(data: Mapping[str, str], uploads: Mapping[str, str]) -> bytes:
    """A form of which some values name sample files, which are sent as what they hold."""
    plain = [(f'"{name}"', value.encode()) for name, value in data.items() if name not in uploads]
    return _joined([*plain, *((f'"{name}"; filename="{file}"', FILES[file]) for name, file in uploads.items())])


def _joined(parts: list[tuple[str, bytes]]) -> bytes:
    head = "--end-of-part\r\ncontent-disposition: form-data; name="
    return b"".join(f"{head}{name}\r\n\r\n".encode() + value + b"\r\n" for name, value in parts) + b"--end-of-part--\r\n"


class Browser:
    """One visitor of one app; every visitor shares the app's event loop."""

    loop = asyncio.new_event_loop()

    def __init__(self, app: Starlette, scheme: str = "http") -> None:
        self._app = app
        self._scheme = scheme
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        """Sent with every request."""

    def get(self, address: str, *, follow_redirects: bool = True) -> Answer:
        return self._ask("GET", address, b"", {}, follow_redirects)

    def post(
        self, address: str, *, data: Mapping[str, str], headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> Answer:  # fmt: skip
        uploads = {name: value for name, value in data.items() if value in FILES}
        body = _in_parts(data, uploads) if uploads else urlencode(data).encode()
        more = {"content-type": PARTS if uploads else FORM, **(headers or {})}
        return self._ask("POST", address, body, more, follow_redirects)

    def upload(self, address: str, *, data: Mapping[str, str], file: bytes) -> Answer:
        """Post a form with a file."""
        parts = [*((f'"{name}"', value.encode()) for name, value in data.items()), ('"file"; filename="lines.csv"', file)]
        return self._ask("POST", address, _joined(parts), {"content-type": PARTS}, False)

    def _ask(self, method: str, address: str, body: bytes, headers: Mapping[str, str], follow: bool) -> Answer:
        answer = self.loop.run_until_complete(self._send(method, address, body, headers))
        for header in answer.cookies:
            self._keep_cookie(header)
        if follow and answer.status_code in (302, 303, 307):
            return self._ask("GET", answer.headers["location"], b"", {}, follow)
        return answer

    async def _send(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        messages: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else await asyncio.Event().wait()  # type: ignore[return-value]

        async def send(message: Any) -> None:
            messages.append(message)

        await self._app(self._scope(method, address, headers, len(body)), receive, send)
        head = {key.decode().lower(): value.decode() for key, value in messages[0]["headers"]}
        cookies = tuple(value.decode() for key, value in messages[0]["headers"] if key.lower() == b"set-cookie")
        return Answer(messages[0]["status"], head, b"".join(one.get("body", b"") for one in messages[1:]), cookies)

    def _scope(self, method: str, address: str, headers: Mapping[str, str], length: int) -> dict[str, Any]:
        parts = urlsplit(address)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"host": "localhost", "content-length": str(length), **self.headers, **headers, **({"cookie": cookie} if cookie else {})}
        return {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
            "scheme": self._scheme, "path": unquote(parts.path), "raw_path": parts.path.encode(), "root_path": "",
            "query_string": parts.query.encode(), "client": ("127.0.0.1", 50000), "server": ("testserver", 80),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip

    def _keep_cookie(self, header: str) -> None:
        name, _, rest = header.partition("=")
        value = rest.split(";")[0].strip('"')
        if name and value:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)


async def _call(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """Do at once what the app would do in a thread of its own."""
    return copy_context().run(work, *arguments)


@contextmanager
def running(app: Starlette) -> Iterator[Browser]:
    """The app between its start and its end.

    A test asks for one page after the other, so that threads would only wait for each other, for a third of the time.
    """
    life = app.router.lifespan_context(app)
    with patch.object(anyio.to_thread, "run_sync", _call):
        Browser.loop.run_until_complete(life.__aenter__())
        yield Browser(app)
        Browser.loop.run_until_complete(life.__aexit__(None, None, None))
    Browser.loop.run_until_complete(Browser.loop.shutdown_default_executor())
    Browser.loop.close()
