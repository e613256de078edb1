"""The way of HTTP into a sandbox: an aiohttp connector whose sockets are made inside."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

from app.ports.sandbox import Sandbox

APP_PORT: Final = 8080
"""Where an app listens in its sandbox; it reads the number from $PORT."""

_CONNECTIONS: Final = 256


class AppNotListening(aiohttp.ClientConnectionError):
    """The sandbox lives, and nothing in it accepts connections on the app's port."""


class SandboxConnector(aiohttp.BaseConnector):
    """Connects every request to one port of one sandbox, whatever host its URL names.

    AppNotListening when nothing accepts there; SandboxGone comes through as it is.
    """

    def __init__(self, sandbox: Sandbox, port: int = APP_PORT) -> None:
        super().__init__(limit=_CONNECTIONS)
        self._sandbox = sandbox
        self._port = port

    # The signature is the connector's own.
    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,  # noqa: ARG002
        traces: list[Trace],  # noqa: ARG002
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> ResponseHandler:
        try:
            async with asyncio.timeout(timeout.sock_connect):
                sock = await self._sandbox.connect(self._port)
        except (OSError, TimeoutError) as error:
            raise AppNotListening(f"nothing listens on port {self._port}: {error}") from error
        _, protocol = await self._loop.create_connection(self._factory, sock=sock)
        return protocol


def app_session(sandbox: Sandbox, port: int = APP_PORT) -> aiohttp.ClientSession:
    """A session that hands on what the app says as it is: no cookies kept, nothing decoded, no header added."""
    return aiohttp.ClientSession(
        connector=SandboxConnector(sandbox, port),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=16_384,
        max_field_size=16_384,
    )
