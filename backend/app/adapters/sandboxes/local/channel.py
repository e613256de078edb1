"""The host's end of the line to the agent: requests out, answers and descriptors back."""

from __future__ import annotations

import array
import asyncio
import errno
import itertools
import json
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.ports.sandbox import SandboxGone, SandboxRefused

MAX_MESSAGE: Final = 120_000
"""Below the smallest send buffer that Linux gives a socket by default."""


def seen(future: asyncio.Future[Any]) -> None:  # Any: its result is not looked at
    """Mark an error as noticed: whoever waits gets it, and when nobody does any more it means nothing."""
    if not future.cancelled():
        future.exception()


@dataclass(frozen=True)
class Answer:
    """The agent's answer to one request, with the descriptor that came along."""

    fields: dict[str, Any]  # what JSON gives
    fds: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """A request on its way; `answer` raises SandboxGone when the sandbox ends first."""

    request: int
    answer: asyncio.Future[Answer]


class Channel:
    """One control socket, read by the running event loop."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self.over: str | None = None
        """What the sandbox used too much of; it is about to end, then."""
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._gone: Callable[[], SandboxGone] | None = None
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.ready.add_done_callback(seen)
        self._loop.add_reader(control.fileno(), self._receive)

    @property
    def closed(self) -> bool:
        """True when nothing can be asked any more."""
        return self._gone is not None

    async def ask(self, op: str, *, fds: Sequence[int] = (), **fields: object) -> Answer:
        """Send a request and wait for its answer; an OSError of the agent's is raised here."""
        call = await self.begin(op, fds=fds, **fields)
        return await call.answer

    async def begin(self, op: str, *, fds: Sequence[int] = (), **fields: object) -> Call:
        """Send a request. SandboxGone when nobody is there, SandboxRefused when it is too long."""
        request = next(self._numbers)
        data = json.dumps({"op": op, "id": request, **fields}).encode()
        if len(data) > MAX_MESSAGE:
            raise SandboxRefused(f"a request of {len(data)} bytes is over the {MAX_MESSAGE} that fit")
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[request] = answer
        answer.add_done_callback(lambda _: self._waiting.pop(request, None))
        answer.add_done_callback(seen)
        try:
            await self._send(data, fds)
        except BaseException:
            answer.cancel()
            raise
        return Call(request, answer)

    async def _send(self, data: bytes, fds: Sequence[int]) -> None:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        while self._gone is None:
            try:
                self._control.sendmsg([data], ancillary)
            except BlockingIOError:
                await self._writable()
            except (BrokenPipeError, ConnectionResetError):
                break
            else:
                return
        raise self._gone() if self._gone else SandboxGone("the sandbox has ended")

    async def _writable(self) -> None:
        writable = asyncio.Event()
        self._loop.add_writer(self._control.fileno(), writable.set)
        try:
            await writable.wait()
        finally:
            self._loop.remove_writer(self._control.fileno())

    def _receive(self) -> None:
        try:
            data, ancillary, _, _ = self._control.recvmsg(1 << 17, socket.CMSG_SPACE(64), socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data, ancillary = b"", []
        if not data:
            self._loop.remove_reader(self._control.fileno())
            if not self.ready.done():
                self.ready.set_exception(SandboxGone("the sandbox did not come up"))
            return
        fds = array.array("i")
        for _, _, raw in ancillary:
            fds.frombytes(raw[: len(raw) - len(raw) % fds.itemsize])
        self._dispatch(json.loads(data), tuple(fds))

    def _dispatch(self, message: dict[str, Any], fds: tuple[int, ...]) -> None:  # Any: what JSON gives
        if message.get("ev") == "ready":
            self.ready.set_result(None)
        elif message.get("ev") == "over":
            self.over = message["what"]
        # Nobody waits any more, and a descriptor that nobody takes would stay open for ever.
        elif (future := self._waiting.get(message["id"])) is None or future.done():
            for fd in fds:
                os.close(fd)
        elif "error" in message:
            future.set_exception(OSError(message["errno"] or errno.EIO, message["error"]))
        else:
            future.set_result(Answer(message, fds))

    def close(self, gone: Callable[[], SandboxGone]) -> None:
        """Fail what waits, and everything that is asked from now on, each with an error of its own."""
        if self._gone is not None:
            return
        self._gone = gone
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        waiting: list[asyncio.Future[Any]] = [self.ready, *self._waiting.values()]  # Any: none gets its result
        for future in waiting:
            if not future.done():
                future.set_exception(gone())
