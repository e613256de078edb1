"""A response that goes on until its last event, or until the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.ids import JobId
from app.events.feeds import Feeds, Listener
from app.events.model import Event

STILL_HERE: Final = b": still here\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would keep events back until a buffer is full.
    (b"x-accel-buffering", b"no"),
]


class EventStream(Response):
    """The events of one job as text/event-stream. One task and one wait for each client: thousands are cheap."""

    media_type = "text/event-stream"

    def __init__(
        self, feeds: Feeds, job_id: JobId, *, after: int, written: Callable[[Event], bytes] = attrgetter("wire")
    ) -> None:
        super().__init__()
        self._written = written
        self._feeds = feeds
        self._job_id = job_id
        self._after = after

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:  # noqa: ARG002 - they are always these
        """The same for every stream: each takes a copy only for as long as it sends them."""
        self.raw_headers = _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell all of it."""
        del scope
        listener = Listener()
        # Beside the events, since a stream that is quiet would learn only at its next word that nobody listens.
        leaving = asyncio.create_task(_leave_with(receive, listener), name="leaving")
        events = self._feeds.follow(self._job_id, listener, after=self._after)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": [*_HEADERS]})
            async for event in events:
                await send(_event_chunk(STILL_HERE if event is None else self._written(event), more=True))
            await send(_event_chunk(b"", more=False))
        finally:
            leaving.cancel()
            # At once, not when it is collected: a feed that nobody follows any more is let go.
            await events.aclose()


async def _leave_with(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    listener.leave()


def _event_chunk(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
