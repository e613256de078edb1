"""A connection to Postgres that is never waited for longer than it was given."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")
ANSWER_S: Final = 2.5
"""Within this time a connection is to be had, and then each answer of the server."""

connected_by: ContextVar[float | None] = ContextVar("connected_by", default=None)
"""While a connection is being had: the time by which, on the monotonic clock."""


class Link(psycopg.AsyncConnection[Any]):
    """Breaks when the server is silent for too long, which the driver reports as a lost connection.

    Cancelling would not do: the driver then asks the silent server to cancel the query, and waits for that.
    """

    async def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        """Everything that is asked of the server goes through here."""
        timer = asyncio.get_running_loop().call_later(_left(), self._break)
        try:
            return await super().wait(gen, *args, **kwargs)
        finally:
            timer.cancel()

    async def cancel_safe(self, *, timeout: float = ANSWER_S) -> None:  # noqa: ARG002, ASYNC109 - the driver's signature
        """Give up what is asked, and the connection with it; the driver does so when its task is cancelled."""
        self._break()

    @property
    def is_hung_up(self) -> bool:
        """Whether the server has closed it while nobody used it. Asks the kernel, not the server."""
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def _break(self) -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.fileno())) as ours:
            ours.shutdown(socket.SHUT_RDWR)


async def connect(url: str, **options: Any) -> Link:
    """A new connection; psycopg.OperationalError when it is not there in time."""
    try:
        async with asyncio.timeout(_left()):
            return await Link.connect(url, **options)
    except TimeoutError as error:
        raise psycopg.OperationalError("the server does not answer") from error


def _left() -> float:
    by = connected_by.get()
    return ANSWER_S if by is None else max(0.0, by - time.monotonic())
