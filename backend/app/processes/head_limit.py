"""Cutting connections to the API whose request never has a whole head."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.preview.manners import HEAD_TIMEOUT_S, MOST_WAITING


class HeadLimitProtocol(H11Protocol):
    """HTTP in which the head of a request must be there in time, however slowly it drips in.

    Of those that say nothing only the newest stay: whoever speaks is served, whatever others hold open.

    The server itself ends connections that are silent after an answer, and waits for ever for anything that it has
    a part of.
    """

    head_timeout_s = HEAD_TIMEOUT_S
    most_waiting = MOST_WAITING
    waiting: ClassVar[dict[HeadLimitProtocol, None]] = {}
    """The connections without a whole head, the oldest first."""
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the server has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Wait on for a head that is not whole yet, without more time for it."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self.transport.close)
            self.waiting[self] = None
            if len(self.waiting) > self.most_waiting:
                next(iter(self.waiting)).cut()

    def cut(self) -> None:
        """End the connection, so that it does not take a place from others."""
        self._stop_timer()
        self.transport.close()

    def _stop_timer(self) -> None:
        self.waiting.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
