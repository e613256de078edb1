"""One command inside a sandbox, from its start until nobody waits for it any more."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from app.adapters.sandboxes.local.channel import Call, Channel
from app.adapters.sandboxes.local.output import Capture, Flooded, OutputPipe, Tail
from app.ports.sandbox import CommandResult, SandboxGone

LAST_WORDS_S: Final = 0.2
"""How long the output may outlast the command: a daemon that it left behind can hold the pipe for ever."""


class RunningCommand:
    """A command that the agent has been asked to run."""

    def __init__(self, channel: Channel, call: Call, pipe: OutputPipe, capture: Capture) -> None:
        self._channel = channel
        self._call = call
        self._pipe = pipe
        self._capture = capture
        self._reading = asyncio.create_task(capture.read(pipe))

    async def result(self, timeout_s: float) -> CommandResult:
        """How it ended. After a time-out, a flood, a cancel or an error in `on_output` it has been killed."""
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s) as limit:
                await self._finished()
        except TimeoutError:
            await self._end()
            if not limit.expired():
                raise
            timed_out = True
        except Flooded:
            await self._end()
        except BaseException:
            with suppress(SandboxGone):
                await asyncio.shield(self._end())
            raise
        try:
            answer = await self._call.answer
        except OSError as error:
            return CommandResult(126, f"sandbox: {error}")
        return CommandResult(answer.fields["code"], self._capture.text, timed_out, self._capture.truncated)

    async def _finished(self) -> None:
        while not self._call.answer.done():
            both: set[asyncio.Future[Any]] = {self._reading, self._call.answer}  # Any: each has its own result
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if self._reading.done():
                self._reading.result()
                await asyncio.wait({self._call.answer})
        await asyncio.wait({self._reading}, timeout=LAST_WORDS_S)
        if self._reading.done():
            self._reading.result()

    async def _end(self) -> None:
        await self._channel.ask("end", request=self._call.request)

    async def let_go(self, tail: Tail) -> None:
        """Leave what still prints to the background; returns once it has closed its output."""
        if not self._reading.done():
            self._reading.cancel()
        with suppress(asyncio.CancelledError, Flooded):
            await self._reading
        await tail.follow(self._pipe)
