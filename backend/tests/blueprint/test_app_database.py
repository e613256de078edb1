"""The records of a generated app: its connections are used again, and a search in SQL finds what people mean."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.blueprint.loaded_app import LoadedApp
from tests.blueprint.sample_specs import BOOKING

NAMES = [
    "Zoë O’Brien",
    "zoe o`brien",
    "ZOE  O'BRIEN",
    "Łukasz Żak",
    "Straße 12",
    "STRASSE 7",
    "Anna\tBerg",
    "Ünal ½ Preis",
    "日本 太郎",
    "plain name 100%",
    "under_score",
]
QUERIES = ["o'brien", "o`brien", "ZOË", "zoe brien", "lukasz", "strasse", "berg anna", "½", "太郎", "100%", "_"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    app = LoadedApp(BOOKING, tmp_path_factory.mktemp("database"))
    return SimpleNamespace(**{name: app.module(name) for name in ("database", "text", "schema")})


@pytest.fixture
def database(loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    loaded.database.migrate()
    yield loaded.database
    loaded.database.close_idle()


def clients(database: Any) -> Any:
    return next(entity for entity in database.BY_TABLE.values() if entity.of_type("email"))


def add(database: Any, name: str) -> int:
    with database.session() as db:
        return int(database.insert(db, clients(database), {"name": name}))


def names(database: Any) -> list[str]:
    with database.session() as db:
        return [row["name"] for row in database.select(db, clients(database), order="id")]


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_what_is_alike_for_people(database: Any, loaded: Any, query: str) -> None:
    ids = {add(database, name): name for name in NAMES}
    words = loaded.text.fold(query).split()
    alike = [name for name in NAMES if all(word in loaded.text.fold(name) for word in words)]
    with database.session() as db:
        where, values, many = database.found(db, clients(database), *database.matching(clients(database), query))
        rows = database.select(db, clients(database), where, values, order="id")
    assert [ids[row["id"]] for row in rows] == alike
    assert many == len(alike)


def test_a_choice_that_the_schema_no_longer_has_is_still_found(database: Any) -> None:
    lesson, booking = database.BY_TABLE["yoga_classes"], database.BY_TABLE["bookings"]
    [choice, *_] = booking.of_type("choice")
    texts, client = (choice.choices[0], "Réserved of old"), add(database, "Anna")
    with database.session() as db:
        at = database.insert(db, lesson, {"name": "Yin", "starts_at": "2030-05-31T10:00", "capacity": 9})
        values = {"client": client, "yoga_class": at}
        kept = [database.insert(db, booking, {**values, choice.name: text}) for text in texts]
        found = [database.found(db, booking, *database.matching(booking, text.upper())) for text in texts]
    assert [values for _, values, _ in found] == [[f"[{number}]"] for number in kept]


def test_a_file_that_is_put_in_the_place_of_another_is_the_one_that_is_read(database: Any, tmp_path: Path) -> None:
    add(database, "Anna")
    shutil.copy(tmp_path / "app.db", tmp_path / "saved.db")
    add(database, "Bo")
    for ending in ("-wal", "-shm"):
        (tmp_path / f"app.db{ending}").unlink(missing_ok=True)
    (tmp_path / "saved.db").replace(tmp_path / "app.db")
    assert names(database) == ["Anna"]


def test_the_file_alone_holds_all_that_was_kept(database: Any, tmp_path: Path) -> None:
    names(database)
    add(database, "Anna")
    shutil.copy(tmp_path / "app.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute(f'SELECT name FROM "{clients(database).table}"').fetchall() == [("Anna",)]


def test_nothing_of_a_session_that_failed_is_kept_or_seen_by_the_next(database: Any) -> None:
    session = database.session()
    database.insert(session.__enter__(), clients(database), {"name": "Anna"})
    session.__exit__(KeyError, KeyError(), None)
    assert names(database) == []


def test_what_another_program_writes_is_seen_by_a_connection_that_waited(database: Any, tmp_path: Path) -> None:
    assert names(database) == []
    with closing(sqlite3.connect(tmp_path / "app.db")) as other, other:
        other.execute(f"INSERT INTO \"{clients(database).table}\" (name) VALUES ('Anna')")
    assert names(database) == ["Anna"]
