"""The status of jobs in Valkey: a copy that may be wiped or unreachable at any moment."""

from __future__ import annotations

from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from app.core.ids import JobId
from app.domain.status import StatusView

log = structlog.get_logger(__name__)

# Postgres answers the same question in a few milliseconds, so a cache that takes longer than this is none.
TIMEOUT_S: Final = 0.3

TTL_S: Final = 30
"""A copy that missed its update lives no longer than this."""

FLOOR_TTL_S: Final = 4 * TTL_S
"""Longer than any copy that was made of an older state; counted anew with each copy."""

_RAISE_FLOOR: Final = """
    local floor = tonumber(redis.call('GET', KEYS[1]) or 0)
    redis.call('SET', KEYS[1], math.max(floor, tonumber(ARGV[1])), 'EX', ARGV[2])
    """


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
    """Keeps a view of each job that is asked for, and the number of the newest event that views must know of."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # A script, since two processes that read and set the floor in turn could lower it.
        self._raise_floor = redis.register_script(_RAISE_FLOOR)

    async def get(self, job_id: JobId) -> StatusView | None:
        """The copy, None when there is none that is certainly current or Valkey cannot be asked."""
        try:
            text, floor = await self._redis.mget(_view_key(job_id), _floor_key(job_id))
        except (RedisError, OSError) as error:
            _log_outage(error)
            return None
        if not text:
            return None
        try:
            view = StatusView.from_json(str(text))
        # Written by another release, which may share the cache while one takes over from the other.
        except ValueError:
            return None
        if floor is None:
            # Valkey was wiped or came back empty, and an event may have passed meanwhile; after the end none does.
            return view if view.status.is_terminal else None
        return view if view.seq >= int(floor) else None

    async def expect(self, job_id: JobId, *, seq: int) -> None:
        """Called before event `seq` is committed: from now on no older copy is believed, whoever says so later.

        Whoever hears of an event and then reads the status must not find the state before it. Of an event that
        does not come after all, copies are not believed until the next one, which costs speed.
        """
        try:
            await self._raise_floor(keys=[_floor_key(job_id)], args=[seq, FLOOR_TTL_S])
        except (RedisError, OSError) as error:
            _log_outage(error)

    async def put(self, view: StatusView) -> None:
        """Keep the view. A failure costs speed and nothing else; an older one is not believed."""
        try:
            async with self._redis.pipeline(transaction=False) as writes:
                writes.set(_view_key(view.job_id), view.to_json(), ex=TTL_S)
                writes.expire(_floor_key(view.job_id), FLOOR_TTL_S)
                await writes.execute()
        except (RedisError, OSError) as error:
            _log_outage(error)

    async def ping(self) -> bool:
        """True when Valkey answers."""
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _log_outage(error: Exception) -> None:
    """An outage costs speed; a Valkey that refuses commands is set up wrongly, and somebody must hear of it."""
    if isinstance(error, ResponseError):
        log.warning("cache_refuses", reason=str(error))
    else:
        log.debug("cache_unreachable", reason=str(error))


def _view_key(job_id: JobId) -> str:
    return f"job:{job_id}"


def _floor_key(job_id: JobId) -> str:
    return f"job:{job_id}:floor"
