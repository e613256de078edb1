"""A connection to Postgres that is never waited for longer than it was given."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, TupleRow, dict_row

T = TypeVar("T")
Row = TupleRow
Values = Mapping[str, Any]
ANSWER_S: Final = 2.5
"""Within this time a connection is to be had, and then each answer of the server."""

_connected_by: ContextVar[float | None] = ContextVar("connected_by", default=None)
"""While a connection is being had: the time by which, on the monotonic clock."""


class Link(psycopg.AsyncConnection[Row]):
    """Breaks when the server is silent for too long, which the driver reports as a lost connection.

    Cancelling would not do: the driver then asks the silent server to cancel the query, and waits for that.
    """

    async def wait(
        self,
        gen: PQGen[T],
        interval: float = ANSWER_S,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's signature
    ) -> T:
        """Everything that is asked of the server goes through here."""
        # While a connection is being made its own, shorter time counts.
        remaining = _left() if timeout is None else timeout
        try:
            return await super().wait(gen, min(interval, remaining), remaining)
        except psycopg.OperationalError:
            # An error that the server told is over; only a question without an answer holds the connection.
            if self.info.transaction_status is TransactionStatus.ACTIVE:
                self._break()
            raise

    async def cancel_safe(self, *, timeout: float = ANSWER_S) -> None:  # noqa: ARG002, ASYNC109 - the driver's signature
        """Give up what is asked, and the connection with it; the driver does so when its task is cancelled."""
        self._break()

    async def row(self, query: LiteralString, values: Values | None = None) -> Row | None:
        """The first row of the answer."""
        return await (await self.execute(query, values)).fetchone()

    async def rows(self, query: LiteralString, values: Values | None = None) -> list[Row]:
        """Every row of the answer."""
        return await (await self.execute(query, values)).fetchall()

    async def named_row(self, query: LiteralString, values: Values | None = None) -> DictRow | None:
        """The first row, by the names of its columns."""
        return await (await self.cursor(row_factory=dict_row).execute(query, values)).fetchone()

    async def named_rows(self, query: LiteralString, values: Values | None = None) -> list[DictRow]:
        """Every row, by the names of its columns."""
        return await (await self.cursor(row_factory=dict_row).execute(query, values)).fetchall()

    async def value(self, query: LiteralString, values: Values | None = None) -> Any:
        """The only value of an answer that always has one."""
        row = await self.row(query, values)
        assert row is not None
        return row[0]

    @property
    def is_hung_up(self) -> bool:
        """True when the server has closed it while nobody used it. Asks the kernel, not the server."""
        # An idle connection has nothing to say: what can be read of it is its end.
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def _break(self) -> None:
        # The descriptor is a copy, since closing the driver's own one would hand its number to somebody else.
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.fileno())) as ours:
            ours.shutdown(socket.SHUT_RDWR)


async def connect(url: str, *, by: float, **options: Any) -> Link:
    """A new connection; psycopg.OperationalError when it is not there `by` that time of the monotonic clock."""
    # The driver makes connections by a class method, so the deadline cannot be an argument.
    hurry = _connected_by.set(by)
    try:
        async with asyncio.timeout(_left()):
            return await Link.connect(url, **options)
    except TimeoutError as error:
        raise psycopg.OperationalError("the server does not answer") from error
    finally:
        _connected_by.reset(hurry)


def _left() -> float:
    by = _connected_by.get()
    return ANSWER_S if by is None else max(0.0, by - time.monotonic())
