"""A link that can be slow, cut, dead or half open, between a process and its Postgres or Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

CHUNK = 65_536


class _Link:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.client = client
        self.server: asyncio.StreamWriter | None = None
        self.is_deaf = False
        """What the server answers is lost."""
        self.has_lost = False
        """Bytes were swallowed, so that it can never be whole again."""

    def cut(self) -> None:
        for end in (self.client, self.server):
            if end is not None:
                end.transport.abort()


class FaultProxy:
    """Listens on a port of its own and hands on to a server's unix socket, from a thread of its own.

    `half_open` waits for bytes of the client, hands them on, and loses every answer from there on that connection:
    the server has done what was asked, and the client never hears of it.
    """

    def __init__(self, upstream: Path, *, seed: int = 0) -> None:
        self._upstream = upstream
        self._random = random.Random(seed)
        self._links: set[_Link] = set()
        self._is_blackhole = False
        self._delay_s = 0.0
        self._jitter_s = 0.0
        self._mark: bytes | None = None
        self._after_bytes: int | None = None
        self._cuts_at_mark = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.was_half_opened = threading.Event()
        """Set when a `half_open` has met its connection."""
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server: asyncio.Server = self._run(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # --- faults, from the test's thread

    def delay(self, seconds: float, *, jitter_s: float = 0) -> None:
        """Hold each piece back for so long, give or take."""
        self._delay_s, self._jitter_s = seconds, jitter_s

    def cut(self) -> None:
        """Reset every connection; new ones work."""

        def cut() -> None:
            for link in list(self._links):
                link.cut()

        self._do(cut)

    def blackhole(self) -> None:
        """Accept connections and swallow every byte, until `heal`."""
        self._do(lambda: setattr(self, "_is_blackhole", True))

    def half_open(
        self, mark: bytes | None = None, *, after_bytes: int | None = None, then_cut: bool = False
    ) -> None:
        """Lose the answers of the next connection that sends `mark`, or that has sent so many bytes.

        With `then_cut` the client is told at once, by a reset; else it waits for an answer that never comes.
        """
        self.was_half_opened.clear()
        self._cuts_at_mark = then_cut
        self._mark, self._after_bytes = mark, after_bytes

    def heal(self) -> None:
        """Work again. Connections that have lost bytes are reset, since they could only talk nonsense."""

        def heal() -> None:
            self._is_blackhole = False
            for link in list(self._links):
                if link.has_lost:
                    link.cut()

        self._mark = self._after_bytes = None
        self.delay(0)
        self._do(heal)

    # --- the link

    def _run(self, work: Any) -> Any:  # Any: whatever the coroutine gives
        done: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(20)

    def _do(self, work: Callable[[], object]) -> None:
        async def once() -> None:
            work()

        self._run(once())

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        try:
            answers, link.server = await asyncio.open_unix_connection(self._upstream)
            await asyncio.gather(
                self._pump(reader, link.server, link, is_upward=True),
                self._pump(answers, writer, link, is_upward=False),
            )
        except (OSError, asyncio.CancelledError):
            pass  # either end is gone: so is the link
        finally:
            self._links.discard(link)
            link.cut()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: _Link, *, is_upward: bool
    ) -> None:
        sent = 0
        while data := await source.read(CHUNK):
            sent += len(data)
            if self._delay_s:
                await asyncio.sleep(self._delay_s + self._random.uniform(-self._jitter_s, self._jitter_s))
            if self._is_blackhole or (link.is_deaf and not is_upward):
                link.has_lost = True
                continue
            meets = is_upward and self._meets(data, sent)
            link.is_deaf = link.is_deaf or meets
            sink.write(data)
            await sink.drain()
            if meets:
                self._note_half_open(link)
        sink.transport.abort()
        with contextlib.suppress(OSError):
            await sink.wait_closed()

    def _meets(self, data: bytes, sent: int) -> bool:
        found = (self._mark is not None and self._mark in data) or (
            self._after_bytes is not None and sent >= self._after_bytes
        )
        if found:
            self._mark = self._after_bytes = None
        return found

    def _note_half_open(self, link: _Link) -> None:
        self.was_half_opened.set()
        link.has_lost = True
        if self._cuts_at_mark:
            # The server gets the time to do what it was asked before it sees the link go.
            self._loop.call_later(0.2, link.cut)
