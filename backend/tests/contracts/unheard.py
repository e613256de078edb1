"""Errors that asyncio would only log, made to fail a test."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def all_errors_heard() -> AsyncIterator[None]:
    """Fail at the end when a task or a future had an error that nobody asked it for."""
    loop = asyncio.get_running_loop()
    unheard: list[dict[str, Any]] = []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: unheard.append(context))
    try:
        yield
        await asyncio.sleep(0)
        gc.collect()
        await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(before)
    assert not unheard, unheard
