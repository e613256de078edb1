"""Carries one HTTP request to an app and its answer back, both as they flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from app.app_runtime.app_host import PREVIEW_ACCESS
from app.app_runtime.sandbox_connector import APP_PORT, require_answer
from app.core.errors import PayloadTooLarge
from app.preview import headers
from app.preview.access import Admission
from app.preview.serving import ServingApp

MAX_BODY_BYTES: Final = 100_000_000
_ANSWER_BEGINS_S: Final = 60
_WHOLE_BYTES: Final = 64 << 10
_CHUNK_BYTES: Final = 64 << 10


class Exchange:
    """A request that was let in."""

    def __init__(
        self,
        request: web.BaseRequest,
        target: str,
        *,
        origin: URL,
        admission: Admission,
        own_cookies: Collection[str],
        set_cookies: Sequence[str] = (),
        page_policy: str | None = None,
    ) -> None:
        self.request = request
        self.target = target
        self._origin = origin
        self._admission = admission
        self._own_cookies = own_cookies
        self._set_cookies = set_cookies
        self._page_policy = page_policy

    def app_url(self, scheme: str) -> URL:
        """The address of the request inside the sandbox."""
        return URL(f"{scheme}://127.0.0.1:{APP_PORT}{self.target}", encoded=True)

    @property
    def seconds_left(self) -> float | None:
        """The seconds that the shared link still lasts by which this was opened; None without one."""
        shown = self._admission.shown
        return None if shown.share is None else max(0.0, shown.seconds_left)

    @property
    def is_of_own_page(self) -> bool:
        """True when no page of another site asks: browsers say whose page does, other programs say nothing."""
        return all(origin == str(self._origin.origin()) for origin in self.request.headers.getall("Origin", ()))

    def request_headers(self, app: ServingApp) -> CIMultiDict[str]:
        """The request's headers for the app, with what shows to it that they come from here."""
        passed = headers.to_app(
            self.request.headers,
            origin=self._origin,
            peer=self.request.remote or "127.0.0.1",
            own_cookies=self._own_cookies,
        )
        passed[PREVIEW_ACCESS] = f"{self._admission.shown.access} {app.key}"
        return passed

    def answer_headers(self, answer: aiohttp.ClientResponse) -> CIMultiDict[str]:
        """The app's headers for the visitor."""
        passed = headers.to_visitor(
            answer.headers,
            origin=self._origin,
            app_port=APP_PORT,
            visit=self._admission.visit,
            own_cookies=self._own_cookies,
        )
        for cookie in self._set_cookies:
            passed.add("Set-Cookie", cookie)
        if self._page_policy:
            # Beside a policy of the app's own: browsers keep to both.
            passed.add("Content-Security-Policy", self._page_policy)
        return passed


async def relay_http(exchange: Exchange, app: ServingApp) -> web.StreamResponse:
    """The app's answer. TimeoutError when it does not begin in time, ClientError when the app breaks off."""
    request = exchange.request
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _too_large()
    async with asyncio.timeout(_ANSWER_BEGINS_S):
        answer = await app.http.request(
            request.method,
            exchange.app_url("http"),
            headers=exchange.request_headers(app),
            data=_body_of(request) if request.can_read_body else None,
            allow_redirects=False,
        )
    require_answer(answer)
    async with answer:
        return await _pass_on(exchange, answer)


async def _pass_on(exchange: Exchange, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    passed = exchange.answer_headers(answer)
    if exchange.request.method == "HEAD" or (answer.content_length or _WHOLE_BYTES + 1) <= _WHOLE_BYTES:
        # Small and of known size: head and body leave in one piece.
        return web.Response(status=answer.status, reason=answer.reason, headers=passed, body=await answer.read())
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=passed)
    await response.prepare(exchange.request)
    try:
        async with asyncio.timeout(exchange.seconds_left):
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
    except (aiohttp.ClientError, TimeoutError):
        # The head has left, so a broken connection is the only way to say that this is not all.
        if exchange.request.transport is not None:
            exchange.request.transport.abort()
        return response
    await response.write_eof()
    return response


async def _body_of(request: web.BaseRequest) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        yield chunk


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"A preview takes at most {MAX_BODY_BYTES // 1_000_000} MB in one request.")
