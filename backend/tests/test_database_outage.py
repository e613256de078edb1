"""A Postgres that stands still is answered for within three seconds, and nothing has to be restarted after it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.core.errors import Unavailable
from app.db.engine import Database

PATIENCE_S = 4.0
"""Three seconds, and what a busy machine adds."""


class Frozen:
    """A server whose processes can be stopped and continued."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    def send(self, number: signal.Signals) -> None:
        assert self._server.pid is not None
        top = psutil.Process(self._server.pid)
        for process in (top, *top.children(recursive=True)):
            process.send_signal(number)


@pytest.fixture
def server(tmp_path: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(tmp_path / "postgres", log=tmp_path / "postgres.log")


@pytest.fixture
async def database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    made = Database(server.start())
    yield made
    Frozen(server).send(signal.SIGCONT)
    await made.close()
    server.stop()


async def refused_after(database: Database) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await database.ping()
    return time.monotonic() - began


async def test_many_that_ask_are_refused_in_time_and_served_again(
    database: Database, server: EmbeddedPostgres
) -> None:
    await asyncio.gather(*(database.ping() for _ in range(8)))
    Frozen(server).send(signal.SIGSTOP)

    for seconds in await asyncio.gather(*(refused_after(database) for _ in range(30))):
        assert seconds < PATIENCE_S
    assert await refused_after(database) < PATIENCE_S

    Frozen(server).send(signal.SIGCONT)
    await asyncio.gather(*(database.ping() for _ in range(8)))


async def test_a_transaction_that_is_under_way_ends_in_time(database: Database, server: EmbeddedPostgres) -> None:
    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute("CREATE TABLE half_done (id int)")
            Frozen(server).send(signal.SIGSTOP)
            await tx.execute("SELECT 1")

    began = time.monotonic()
    with pytest.raises(Unavailable):
        await write()
    assert time.monotonic() - began < PATIENCE_S

    Frozen(server).send(signal.SIGCONT)
    async with database.transaction() as tx:
        assert await tx.value("SELECT to_regclass('half_done')") is None


async def test_a_request_that_is_given_up_does_not_wait_for_a_silent_server(
    database: Database, server: EmbeddedPostgres
) -> None:
    await database.ping()
    Frozen(server).send(signal.SIGSTOP)
    asking = asyncio.create_task(database.ping())
    await asyncio.sleep(0)
    began = time.monotonic()
    asking.cancel()
    await asyncio.wait({asking})
    assert time.monotonic() - began < PATIENCE_S


async def test_what_a_transaction_raises_is_not_hidden_by_the_outage_that_follows(
    database: Database, server: EmbeddedPostgres
) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await tx.execute("SELECT 1")
            Frozen(server).send(signal.SIGSTOP)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()


async def test_a_transaction_without_its_commit_never_ends_well(
    database: Database, server: EmbeddedPostgres
) -> None:
    async def look_away() -> None:
        async with database.transaction() as tx:
            with suppress(psycopg.Error):
                Frozen(server).send(signal.SIGSTOP)
                await tx.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await look_away()
