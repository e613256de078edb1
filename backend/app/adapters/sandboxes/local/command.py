"""One command, from its start until nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from app.adapters.sandboxes.local.channel import seen
from app.adapters.sandboxes.local.output import Capture, Flooded, OutputPipe, Tail
from app.ports.sandbox import CommandResult, SandboxGone

LAST_WORDS_S: Final = 0.2
"""How long the output may outlast the command: a daemon that it left behind can hold the pipe for ever."""


class RunningCommand:
    """A command that has been started: `code` will be its exit code, `end` kills it and all its children."""

    def __init__(
        self, code: asyncio.Future[int], end: Callable[[], Awaitable[None]], pipe: OutputPipe, capture: Capture
    ) -> None:
        self._code = code
        self._end = end
        self._pipe = pipe
        self._capture = capture
        self._reading = asyncio.create_task(capture.read(pipe))
        for future in (code, self._reading):
            future.add_done_callback(seen)

    async def result(self, timeout_s: float) -> CommandResult:
        """The end of the command; a time-out, a flood, a cancel or an error in `on_output` has killed it."""
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s) as limit:
                await self._finished()
        except TimeoutError:
            await self._end()
            # It is another one's, such as of `on_output`.
            if not limit.expired():
                raise
            timed_out = True
        except Flooded:
            await self._end()
        except BaseException:
            with suppress(SandboxGone):
                await asyncio.shield(self._end())
            raise
        return CommandResult(await self._code, self._capture.text, timed_out, self._capture.truncated)

    async def _finished(self) -> None:
        while not self._code.done():
            futures: set[asyncio.Future[Any]] = {self._reading, self._code}  # Any: each has its own result
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            if self._reading.done():
                self._reading.result()
                await asyncio.wait({self._code})
        await asyncio.wait({self._reading}, timeout=LAST_WORDS_S)
        if self._reading.done():
            self._reading.result()

    async def let_go(self, tail: Tail) -> None:
        """Leave what still prints to the background; returns once it has closed its output."""
        self._reading.cancel()
        await asyncio.wait({self._reading})
        await tail.follow(self._pipe)
