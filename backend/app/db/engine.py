"""Connections to Postgres, and what an outage looks like to the rest of the house."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from app.core.errors import Unavailable
from app.db import link

Connection = link.Link
"""A connection inside a transaction; services hand it on and never commit it."""

CONNECT_TIMEOUT_S: Final = 3
STATEMENT_TIMEOUT_MS: Final = 10_000

IDLE_TIMEOUT_MS: Final = 2_000
"""A process that was stopped inside a transaction keeps its locks no longer than this: others wait for them."""

_OPTIONS: Final = (
    # Every day begins in UTC, for daily limits and for budgets, wherever the server thinks it is.
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
    f" -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
)

_LOST: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""What the driver raises when a connection is gone."""


def sqlalchemy_url(url: str) -> sa.URL:
    """A `postgresql://` address with the driver that is used here."""
    return sa.make_url(url).set(drivername="postgresql+psycopg")


class Database:
    """A pool of connections to one database: half of `pool_size` are kept when nobody uses them."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 20,
        cursor_factory: type[psycopg.AsyncCursor[link.Row]] = psycopg.AsyncCursor,
    ) -> None:
        self.url = url
        self._places = asyncio.Semaphore(pool_size)
        # Each idle one is a process of Postgres with its memory; a burst makes new ones in milliseconds.
        self._most_idle = pool_size // 2
        self._idle: list[link.Link] = []
        self._cursor_factory = cursor_factory

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commit when the block ends, roll back when it raises; Unavailable when Postgres does not answer."""
        async with self.autocommit() as connection, _transaction(connection):
            yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Connection]:
        """For reads, or one change: each statement commits by itself, which saves two round trips. Unavailable."""
        try:
            async with self._lent() as connection:
                yield connection
        except _LOST as error:
            raise Unavailable(
                "The database cannot be reached right now.", remedy="Nothing was lost. Try again in a moment."
            ) from error

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[link.Link]:
        by = time.monotonic() + link.ANSWER_S
        await self._have_place()
        try:
            connection = await self._take(by=by)
            try:
                yield connection
            finally:
                await self._give_back(connection)
        finally:
            self._places.release()

    async def _have_place(self) -> None:
        try:
            # A request that waits longer than an answer may take is better told to try again.
            async with asyncio.timeout(link.ANSWER_S):
                await self._places.acquire()
        except TimeoutError as error:
            raise psycopg.OperationalError("every connection is in use") from error

    async def _take(self, *, by: float) -> link.Link:
        while self._idle:
            connection = self._idle.pop()
            # A restart of Postgres ends all idle ones; to find out by a statement would fail the request that came
            # first.
            if not connection.is_hung_up:
                return connection
            await connection.close()
        connection = await link.connect(
            self.url,
            by=by,
            # A lone statement is then one round trip instead of three.
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            # A server whose machine is gone sends no end; without this the kernel goes on for a quarter of an
            # hour.
            tcp_user_timeout=CONNECT_TIMEOUT_S * 1000,
            options=_OPTIONS,
            prepare_threshold=3,
        )
        connection.cursor_factory = self._cursor_factory
        return connection

    async def _give_back(self, connection: link.Link) -> None:
        # One that is in a transaction, or broken, would hand its state to whoever comes next.
        if connection.info.transaction_status is TransactionStatus.IDLE and len(self._idle) < self._most_idle:
            self._idle.append(connection)
        else:
            await connection.close()

    async def ping(self) -> None:
        """Raise Unavailable unless Postgres answers."""
        async with self.autocommit() as tx:
            await tx.execute("SELECT 1")

    async def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            await self._idle.pop().close()


@asynccontextmanager
async def _transaction(connection: link.Link) -> AsyncIterator[None]:
    """Ends with what the block raised, whatever becomes of the rollback; never well without a commit."""
    await connection.execute("BEGIN", prepare=False)
    done = False
    try:
        yield
        await connection.execute("COMMIT", prepare=False)
        done = True
    finally:
        if not done:
            with suppress(psycopg.Error):  # a broken connection has rolled back; it is not given back
                await connection.execute("ROLLBACK", prepare=False)
