"""Waiting out an outage of the database, for work that must not be lost to one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from app.core.errors import Unavailable

PATIENCE_S: Final = 60.0
"""Longer than any lease: a worker that waits so long has been replaced before."""

_PAUSE_S: Final = 0.3

T = TypeVar("T")


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, tried again while the database is Unavailable. `work` must bear repetition."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await work()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_PAUSE_S)
