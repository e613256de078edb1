"""A look at whether a process still answers, which never waits for it."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from contextlib import suppress
from typing import Final

EVERY_S: Final = 10.0
FIRST_S: Final = 120.0
"""For the first answer after a start: a slow disk loads the programs for a while."""


async def show_life(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer whoever connects, for a process that serves nothing else: its loop turns."""
    writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    writer.close()


class Pulse:
    """Sends `GET path` now and then; whatever comes back shows that the process lives."""

    def __init__(self, listener: socket.socket, path: str, *, silent_s: float) -> None:
        """The process listens on `listener` and may be silent for so long."""
        self._family, self._address = listener.family, listener.getsockname()
        self._path = path
        self._silent_s = silent_s
        self._question: socket.socket | None = None
        self._asked = 0.0
        self._has_answered = False

    def forget(self) -> None:
        """The process was started anew."""
        self._drop_question()
        self._has_answered = False
        self._asked = 0.0

    def is_lost(self) -> bool:
        """Ask, or look for the answer; True when it has been missing for too long."""
        if self._question is None:
            if time.monotonic() - self._asked >= min(EVERY_S, self._silent_s):
                self._ask()
            return False
        # First the answer and then the clock: this process may have been stopped itself meanwhile.
        if select.select([self._question], [], [], 0)[0]:
            self._has_answered = True
            self._drop_question()
            return False
        return time.monotonic() - self._asked > (self._silent_s if self._has_answered else FIRST_S)

    def _ask(self) -> None:
        self._asked = time.monotonic()
        question = socket.socket(self._family)
        question.setblocking(False)
        # The queue of a listener of this machine takes the connection and the few bytes at once.
        question.connect_ex(self._address)
        host = f"127.0.0.1:{self._address[1]}"
        # Where the queue is full nothing is sent, and no answer will come for as long as it stays so.
        with suppress(OSError):
            question.send(f"GET {self._path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        self._question = question

    def _drop_question(self) -> None:
        if self._question is not None:
            self._question.close()
            self._question = None
