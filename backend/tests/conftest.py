"""The real servers that tests run against: one of each per test process, a fresh database per test."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.valkey import EmbeddedValkey
from app.db import migrate
from app.queue.engine import prepare as prepare_engine
from tests.support.disk import mounted_disk

# What a shell puts in the background ignores Ctrl-C, and so would every process that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TEMPLATE = "template_product"
# Nothing here has to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

TESTS = Path(__file__).parent
LONG = ("e2e", "blueprint/test_mutations.py", "cli/test_demo_whole.py", "chaos", "mcp_server")
"""The files that take longest, mostly by waiting for whole instances; the longest first."""
SHORT_BETWEEN = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin long files early, with short ones between: at the end several instances would wait for each other."""
    paths = list(dict.fromkeys(test.path for test in items))
    ranks = {path: _rank_of(path) for path in paths}
    short = [path for path in paths if ranks[path] == len(LONG)]
    long = sorted((path for path in paths if ranks[path] < len(LONG)), key=ranks.__getitem__)
    places = {path: float(number) for number, path in enumerate(short)}
    places |= {path: number * SHORT_BETWEEN - 0.5 for number, path in enumerate(long)}
    items.sort(key=lambda test: places[test.path])


def _rank_of(path: Path) -> int:
    place = path.relative_to(TESTS).as_posix()
    return next((rank for rank, part in enumerate(LONG) if place.startswith(part)), len(LONG))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, taken away again afterwards."""
    with mounted_disk(tmp_path / "disk", megabytes=2) as place:
        yield place


@pytest.fixture(scope="session")
def servers_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres(servers_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running Postgres; `url_of(database)` gives the URL of any database in it."""
    server = EmbeddedPostgres(servers_dir / "postgres", log=servers_dir / "postgres.log", options=FAST)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """The URL of an empty database, without the product's tables."""
    return postgres.url


@pytest.fixture(scope="session")
def valkey(servers_dir: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(servers_dir / "valkey", log=servers_dir / "valkey.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_url(valkey: EmbeddedValkey) -> str:
    """The URL of a Valkey that all tests of this process share: use keys of your own."""
    return valkey.url


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    """The name of a database that the migrations were applied to, once."""
    _run(postgres, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate.upgrade(postgres.url_of(TEMPLATE))
    prepare_engine(postgres.url_of(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """The URL of a fresh database with the product's tables, for this test alone."""
    name = sql.Identifier(f"test_{uuid.uuid4().hex}")
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
    _run(postgres, copy.format(name, sql.Identifier(template_database)))
    yield postgres.url_of(name.as_string().strip('"'))
    _run(postgres, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _run(postgres: EmbeddedPostgres, statement: sql.Composed) -> None:
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement)
