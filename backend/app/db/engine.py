"""Connections to Postgres, and what an outage looks like to the rest of the house."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import AsyncAdapt_psycopg_connection
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.core.errors import Unavailable
from app.db import link

Connection = AsyncConnection
"""A connection inside a transaction; services hand it on and never commit it."""

CONNECT_TIMEOUT_S: Final = 3
STATEMENT_TIMEOUT_MS: Final = 10_000

IDLE_TIMEOUT_MS: Final = 2_000
"""A process that was stopped inside a transaction keeps its locks no longer than this: others wait for them."""

_OPTIONS: Final = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
    f" -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
)

_OUTAGE: Final = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError)


def sqlalchemy_url(url: str) -> sa.URL:
    """A `postgresql://` address with the driver that is used here."""
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _refuse_hung_up(connection: AsyncAdapt_psycopg_connection, *_: object) -> None:
    """Have the pool make a new one instead: a question to the server each time would cost a round trip."""
    if connection.driver_connection.is_hung_up:
        raise DisconnectionError("the server has hung up")


class Database:
    """A pool of connections to one database."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=link.ANSWER_S,
            async_creator=self._connect,
        )
        sa.event.listen(self._engine.sync_engine, "checkout", _refuse_hung_up)

    async def _connect(self) -> link.Link:
        return await link.connect(
            self.url,
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=CONNECT_TIMEOUT_S * 1000,
            options=_OPTIONS,
            prepare_threshold=3,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commit when the block ends, roll back when it raises; Unavailable when Postgres does not answer."""
        try:
            async with self._begin() as connection:
                yield connection
        except _OUTAGE as error:
            raise Unavailable(
                "The database cannot be reached right now.", remedy="Nothing was lost. Try again in a moment."
            ) from error

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Connection]:
        async with AsyncExitStack() as stack:
            hurry = link.connected_by.set(time.monotonic() + link.ANSWER_S)
            try:
                connection = await stack.enter_async_context(self._engine.begin())
            finally:
                link.connected_by.reset(hurry)
            yield connection

    async def ping(self) -> None:
        """Raise Unavailable unless Postgres answers."""
        async with self.transaction() as tx:
            await tx.execute(sa.text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
