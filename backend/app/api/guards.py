"""The guards that a request passes before any handler: host, origin and size."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.app_runtime.app_data import MAX_DATA_BYTES
from app.core.errors import AppError, Forbidden, HostRefused, PayloadTooLarge

BODY_MAX: Final = 128_000
DRAIN_BYTES: Final = 8_000_000
DRAIN_S: Final = 2.0
DATA_PATH: Final = re.compile(r"/api/builds/[0-9a-f-]{36}/data|/p/[0-9a-f-]{36}/v/[0-9]{1,10}/records")
"""Where a whole file of records may be sent; the handlers read it piece by piece."""
HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::(?P<port>[0-9]{1,5}))?")
PORT_MAX: Final = 65_535
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guards:
    """Refuses foreign hosts (DNS rebinding), cross-site writes and oversized bodies.

    `refuse` makes the answer, for a person or for a program.
    """

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: frozenset[str], refuse: Callable[[Scope, AppError], ASGIApp]
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the reason why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MAX_DATA_BYTES if DATA_PATH.fullmatch(scope["path"]) else BODY_MAX
        refusal = self._refusal_for(scope, Headers(scope=scope), most)
        if refusal is None:
            try:
                await self._app(scope, _limit_body(receive, most), send)
            # Raised while a handler reads, so nothing has been answered yet.
            except PayloadTooLarge as error:
                refusal = error
        if refusal is not None:
            await _drain_body(receive)
            await self._refuse(scope, refusal)(scope, receive, send)

    def _refusal_for(self, scope: Scope, headers: Headers, most: int) -> AppError | None:
        host = headers.getlist("host")
        # With two, a proxy before us and we could each believe another one.
        if len(host) != 1 or not self._is_allowed(host[0].lower()):
            return HostRefused("This host name is not served here.", remedy="Use 127.0.0.1 or localhost.")
        own_origin = f"{scope['scheme']}://{host[0].lower()}"
        if scope["method"] not in SAFE_METHODS and _is_cross_site(headers, own_origin):
            return Forbidden(
                "A page of another site may not do this.", remedy="Do it on the page itself, or by a program."
            )
        length = headers.get("content-length", "0")
        # Refused by its length before any of it is read; a body without a length is counted as it comes.
        if not length.isascii() or not length.isdigit() or int(length) > most:
            return _too_large(most)
        return None

    def _is_allowed(self, host: str) -> bool:
        match = HOST.fullmatch(host)
        if match is None or int(match["port"] or 0) > PORT_MAX:
            return False
        return match["name"] in self._allowed_hosts


def _is_cross_site(headers: Headers, own_origin: str) -> bool:
    """True when a page of another site sends this. Each header counts, also where one is sent twice."""
    # `none` is a person who typed the address; `same-site` would let previews on localhost in.
    if any(site not in ("none", "same-origin") for site in headers.getlist("sec-fetch-site")):
        return True
    origins = [origin.lower() for origin in headers.getlist("origin")]
    # No Origin is a program, since browsers send one with each request that changes something.
    return bool(origins) and origins != [own_origin]


def _too_large(most: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"A request may have at most {most:,} bytes.", remedy="Say it in fewer words.")


async def _drain_body(receive: Receive) -> None:
    """Let a client say all of it: one whose connection is closed while it still sends never reads the answer."""
    budget = DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            # Bounded: a sender without end would otherwise keep this connection busy for nothing.
            while budget > 0:
                message = await receive()
                budget -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _limit_body(receive: Receive, most: int) -> Receive:
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    return limited
