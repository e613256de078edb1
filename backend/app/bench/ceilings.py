"""The bare programs that the product is measured beside: as little as does the same thing at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import uvicorn
from redis.asyncio import Redis

KEY: Final = "bench:status"
VIEW: Final = {
    "job_id": "00000000-0000-0000-0000-000000000000",
    "project_id": "00000000-0000-0000-0000-000000000000",
    "founder_id": "00000000-0000-0000-0000-000000000000",
    "status": "code",
    "build_version": "build_v0_1",
    "error_message": None,
    "debug_id": None,
    "engine": "fake",
    "cost_usd": "0",
    "seq": 4,
    "admitted": True,
}
_JSON: Final = [(b"content-type", b"application/json")]
_STREAM: Final = [(b"content-type", b"text/event-stream")]


def serve(app: Any, port: int) -> None:
    """Serve with the settings of the product's API process."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=32_768,
        lifespan="off",
    )


async def _reply(send: Any, body: bytes) -> None:
    headers = [*_JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class BareStatus:
    """Answers every request with a hash of Valkey."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, decode_responses=True)
        self._is_stored = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        """One request."""
        if not self._is_stored:
            await self._redis.hset(KEY, mapping={"view": json.dumps(VIEW), "seq": "4", "floor": "4"})
            self._is_stored = True
        stored = await self._redis.hgetall(KEY)
        # Read and written once, as whatever answers with a view of it must.
        await _reply(send, json.dumps(json.loads(stored["view"])).encode())


class Hub:
    """Event streams that are all told the same: GET /events listens, any POST tells its body to everybody."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["method"] == "POST":
            body = (await receive())["body"]
            for queue in self._queues:
                queue.put_nowait(body)
            await _reply(send, b"{}")
        elif scope["path"] == "/events":
            await self._stream(send)
        else:
            await _reply(send, b"{}")

    async def _stream(self, send: Any) -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queues.add(queue)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
            await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
            while True:
                await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
        finally:
            self._queues.discard(queue)
