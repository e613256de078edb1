"""The app, started once, on a fresh database for each test: `client` is empty, `example` holds the example records.

Both are signed in as its owner.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from app import database, people, seed
from app.access import OWNER
from app.main import app

from .client import Browser, running
from .forms import DRAWN, NUMBERS, Session


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases are that tests begin with."""
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="session")
def started(databases: Path) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_PATH", str(databases / "empty.db"))
        patch.setenv("EXAMPLE_DATA", "no")
        with running(app) as client:
            _sign_in()
            shutil.copy(databases / "empty.db", databases / "example.db")
            patch.setenv("DATABASE_PATH", str(databases / "example.db"))
            patch.setenv("EXAMPLE_DATA", "yes")
            seed.fill()
            yield client


def _sign_in() -> None:
    # The tests make many accounts; test_people.py looks at what a password costs in truth.
    people.cost = people.Cost(4, 8, 1)
    with database.session() as db:
        hashed = people.hash_password("a long one")
        user = people.add(db, name="Olga Owner", email="olga@example.com", hashed=hashed, role=OWNER.name)
        Session.owner = people.open_session(db, user)


@pytest.fixture
def client(started: Browser, databases: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    yield from _on_a_copy(started, databases / "empty.db", monkeypatch)


@pytest.fixture
def example(started: Browser, databases: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    yield from _on_a_copy(started, databases / "example.db", monkeypatch)


def _on_a_copy(started: Browser, original: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    copy = original.with_name(f"app-{next(NUMBERS)}.db")
    shutil.copy(original, copy)
    monkeypatch.setenv("DATABASE_PATH", str(copy))
    started.cookies.clear()
    DRAWN.clear()
    if Session.owner:
        started.cookies[people.COOKIE] = Session.owner
    # While somebody reads, nothing is brought from the log of changes into the file, which saves the disk.
    with closing(sqlite3.connect(copy, isolation_level=None)) as reader:
        reader.execute("PRAGMA synchronous = OFF")
        reader.execute("BEGIN")
        reader.execute("SELECT name FROM sqlite_master").fetchone()
        yield started
        database.close_idle()
