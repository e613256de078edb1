"""A response that goes on until its last event, or until the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.ids import JobId
from app.events.feeds import Feeds, Listener
from app.events.model import Event

STILL_HERE: Final = b": still here\n\n"


class EventStream(Response):
    """The events of one job as text/event-stream. One task and one wait for each client: thousands are cheap."""

    media_type = "text/event-stream"

    def __init__(self, feeds: Feeds, job_id: JobId, *, after: int) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feeds = feeds
        self._job_id = job_id
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell all of it."""
        del scope
        listener = Listener()
        leaving = asyncio.create_task(_leave_with(receive, listener))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            told: AsyncIterator[Event | None] = self._feeds.follow(self._job_id, listener, after=self._after)
            async with aclosing(told) as events:  # type: ignore[type-var]  # it is a generator
                async for event in events:
                    await send(_chunk(STILL_HERE if event is None else event.wire, more=True))
            await send(_chunk(b"", more=False))
        finally:
            leaving.cancel()


async def _leave_with(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    listener.leave()


def _chunk(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
