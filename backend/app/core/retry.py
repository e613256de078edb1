"""Trying again through an outage of the database, for work that must not be lost to one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from app.core.errors import Unavailable

GIVE_UP_AFTER_S: Final = 60.0
"""Longer than any lease: a worker that waits so long has been replaced before."""

_PAUSE_S: Final = 0.3

T = TypeVar("T")


async def retry_while_unavailable(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which is repeated while the database is Unavailable and so must be idempotent."""
    return await retry_counting(lambda _tries: work())


async def retry_counting(work: Callable[[int], Awaitable[T]]) -> T:
    """The same for work that must know how often it was tried before: the answer to an earlier try may be lost."""
    # By the monotonic clock, since a machine that was asleep or set back would give up at once or never.
    deadline = time.monotonic() + GIVE_UP_AFTER_S
    tries = 0
    while True:
        try:
            return await work(tries)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_PAUSE_S)
            tries += 1
