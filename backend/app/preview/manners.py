"""Limits for visitors that send nothing sensible: time of a connection, and lines of the log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError

HEAD_TIMEOUT_S: Final = 15.0
"""For a connection's first request to be there whole, and for each later one to begin and be there."""

MOST_WAITING: Final = 400
"""Connections that have sent no whole head: well below the 1,024 files that many systems let a process open."""

# A connection is cut at most a third late.
_ROUNDS: Final = 3
_EVERY_S: Final = 1.0
_REPORT_EVERY_S: Final = 60.0

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HeadLimit:
    """Cuts connections whose first request never comes whole; the server itself sees to the later ones."""

    def __init__(self, timeout_s: float = HEAD_TIMEOUT_S, *, most_waiting: int = MOST_WAITING) -> None:
        self.timeout_s = timeout_s
        self._most_waiting = most_waiting
        self._waiting: dict[web.RequestHandler, float] = {}
        self._begun: set[web.RequestHandler] = set()

    def noting(self, handler: Handler) -> Handler:
        """The handler, which also remembers that a connection has sent a whole head."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            self._begun.add(request.protocol)
            return await handler(request)

        return handle

    async def enforce(self, server: web.Server) -> None:
        """Look at every connection of the server now and then, until cancelled."""
        while True:
            await asyncio.sleep(min(self.timeout_s / _ROUNDS, _EVERY_S))
            open_now = set(server.connections)
            self._begun &= open_now
            moment = time.monotonic()
            self._waiting = {protocol: self._waiting.get(protocol, moment) for protocol in open_now - self._begun}
            newest_first = sorted(self._waiting.items(), key=lambda entry: entry[1], reverse=True)
            for number, (connection, since) in enumerate(newest_first):
                # Of those that say nothing only the newest stay: whoever speaks is served.
                if number >= self._most_waiting or moment - since >= self.timeout_s:
                    connection.force_close()


class DiscreetRequest(web.BaseRequest):
    """A request whose answer does not say which program made it, nor in which release."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        # By this, and not by an application's signal, which does not come for a request that is no HTTP.
        response.headers.popall(hdrs.SERVER, None)


def make_request(message: Any, content: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """A request, made of what the server makes every one of: parts that have no public types."""
    return DiscreetRequest(message, content, protocol, writer, task, asyncio.get_running_loop())


class MalformedRequests(logging.Filter):
    """Reports what is no HTTP once a minute, by number: each has a traceback, and what was sent in it."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._reported = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        self._count += 1
        moment = time.monotonic()
        if moment - self._reported < _REPORT_EVERY_S:
            return False
        record.msg, record.args = "malformed requests were refused: %d", (self._count,)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        self._reported, self._count = moment, 0
        return True


def request_log() -> logging.Logger:
    """The log of the server of the previews."""
    log = logging.getLogger("app.preview.requests")
    if not any(isinstance(existing, MalformedRequests) for existing in log.filters):
        log.addFilter(MalformedRequests())
    return log
