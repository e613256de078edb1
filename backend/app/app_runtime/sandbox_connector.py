"""The way of HTTP into a sandbox: an aiohttp connector whose sockets are made inside."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.tracing import Trace

from app.ports.sandbox import Sandbox

APP_PORT: Final = 8080
"""Where an app listens in its sandbox; it reads the number from $PORT."""

# An app has a session of its own, so one that lets every request hang uses up nobody else's connections.
_CONNECTIONS: Final = 256
# Servers in earnest send one or two, 100 and 103.
_MOST_INFORMATIONAL: Final = 8
_CONTINUE, _SWITCHING, _OK, _LAST_STATUS = 100, 101, 200, 599


class AppNotListening(aiohttp.ClientConnectionError):
    """The sandbox lives, and nothing in it accepts connections on the app's port."""


class AppAnsweredNonsense(aiohttp.ClientError):
    """The app gave an answer that HTTP does not know, or none but informational ones."""


class _AppProtocol(ResponseHandler):
    """Leaves informational answers out: nobody asked for any, and an app that sends them for ever is cut off.

    Otherwise reading them would keep the event loop from everything else for as long as they come.
    """

    _informational = 0

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        code = data[0].code
        if not _CONTINUE <= code < _OK or code == _SWITCHING:
            self._informational = 0
            super().feed_data(data, size)
            return
        self._informational += 1
        if self._informational > _MOST_INFORMATIONAL and self.exception() is None:
            self.set_exception(AppAnsweredNonsense("the app only says that its answer will come"))
            self.close()


def require_answer(answer: aiohttp.ClientResponse | aiohttp.WSServerHandshakeError) -> None:
    """Refuse a status that is no answer to what was asked. AppAnsweredNonsense."""
    if not _OK <= answer.status <= _LAST_STATUS:
        if isinstance(answer, aiohttp.ClientResponse):
            answer.close()
        raise AppAnsweredNonsense(f"the app answered with status {answer.status:03}")


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
        _, protocol = await self._loop.create_connection(lambda: _AppProtocol(loop=self._loop), sock=sock)
        return protocol


def app_session(sandbox: Sandbox, port: int = APP_PORT) -> aiohttp.ClientSession:
    """A session that hands on what the app says as it is: no cookies kept, nothing decoded, no header added."""
    return aiohttp.ClientSession(
        connector=SandboxConnector(sandbox, port),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        # As the preview takes from its visitors: a cookie that an app sets comes back to it in a request.
        max_line_size=16_384,
        max_field_size=16_384,
    )
