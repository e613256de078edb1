"""The status of jobs in Valkey: a copy that may be wiped or unreachable at any moment."""

from __future__ import annotations

import json
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, WatchError

from app.core.ids import JobId

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 0.3

TTL_S: Final = 30
"""A copy that missed its update lives no longer than this."""


def connect(url: str) -> Redis:
    """A client that gives up fast and never repeats a command: a copy is not worth waiting for."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


class StatusCache:
    """Keeps the newest view of a job; an older one never replaces it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, job_id: JobId) -> dict[str, Any] | None:
        """The copy, None when there is none that is certainly current or Valkey cannot be asked."""
        try:
            text, seq, floor = await self._redis.hmget(_key(job_id), ["view", "seq", "floor"])
        except (RedisError, OSError) as error:
            log.debug("cache_unreachable", reason=str(error))
            return None
        if not text or int(seq or 0) < int(floor or 0):
            return None
        view: dict[str, Any] = json.loads(text)
        return view

    async def expect(self, job_id: JobId, *, seq: int) -> None:
        """Called before event `seq` is committed: from now on no older copy is believed.

        Whoever hears of an event and then reads the status must not find the state before it.
        """
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(_key(job_id), "floor", str(seq))
                pipe.expire(_key(job_id), TTL_S)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.debug("cache_unreachable", reason=str(error))

    async def put(self, job_id: JobId, view: dict[str, Any], *, seq: int) -> None:
        """Keep the view unless a newer one is there or expected. A failure costs speed and nothing else."""
        try:
            await self._put(_key(job_id), json.dumps(view), seq)
        except (RedisError, OSError) as error:
            log.debug("cache_unreachable", reason=str(error))

    async def _put(self, key: str, text: str, seq: int) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            await pipe.watch(key)
            kept, floor = await pipe.hmget(key, ["seq", "floor"])
            if seq <= int(kept or 0) or seq < int(floor or 0):
                return
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py leaves this one untyped
            pipe.hset(key, mapping={"seq": seq, "view": text})
            pipe.expire(key, TTL_S)
            try:
                await pipe.execute()
            except WatchError:
                log.debug("cache_raced", key=key)

    async def ping(self) -> bool:
        """Whether Valkey answers."""
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _key(job_id: JobId) -> str:
    return f"job:{job_id}"
