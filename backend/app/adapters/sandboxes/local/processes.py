"""Ending processes without a chance to hit another one that got the number, and work that is not to block."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from app.supervision.process import ProcessKey

T = TypeVar("T")
END_TIMEOUT_S: Final = 10.0


def open_pidfd(process: ProcessKey) -> int | None:
    """A pidfd of exactly this process, or None when it is gone."""
    if not process.pid:
        return None
    try:
        fd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    # Looked at again, since the number may have been given to another before it was opened.
    if process.alive:
        return fd
    os.close(fd)
    return None


async def kill(process: ProcessKey) -> None:
    """End it and wait until it has ended; nothing when it is gone. TimeoutError when it does not go."""
    fd = open_pidfd(process)
    if fd is None:
        return
    try:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        async with asyncio.timeout(END_TIMEOUT_S):
            await ended(fd)
    finally:
        os.close(fd)


async def ended(pidfd: int) -> None:
    """Return when the process behind a pidfd has ended. For the first of a pid namespace: with all in it."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(pidfd, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(pidfd)


async def in_thread(work: Callable[..., T], *arguments: object) -> T:
    """Run blocking work elsewhere. A cancel waits for its end, so that nothing is done behind one's back."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


async def said_by(process: asyncio.subprocess.Process, *, timeout_s: float) -> tuple[bytes, bytes]:
    """Run a tool and return its output; it is killed when it takes too long or nobody waits any more."""
    try:
        async with asyncio.timeout(timeout_s):
            return await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
