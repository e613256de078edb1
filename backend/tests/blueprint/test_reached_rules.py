"""A change is judged for the records that it can touch: for all of those, and for few others."""

from __future__ import annotations

import random
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp
from tests.support.specs import DESIGNER_SPECS, SPECS

COUNTING: Final = (
    "bakery_orders",
    "bakery_wholesale",
    "boat_club",
    "game_night",
    "gift_aid",
    "museum_visits",
    "scout_camp",
    "tool_library",
    "tuck_shop",
    "waiting_list",
    "wedding_replies",
)
FOUND: Final = {path.stem: path for path in (*SPECS, *DESIGNER_SPECS)}
DAYS: Final = ("2031-03-03", "2031-03-04")
TRIES: Final = 150


def loaded(name: str, folder: Path) -> LoadedApp:
    return LoadedApp(AppSpec.model_validate(tomllib.loads(FOUND[name].read_text())), folder)


def empty(app: LoadedApp, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(folder / "app.db"))
    app.module("database").migrate()
    app.module("database").secret()


def some_value(field: Any, numbers: dict[str, list[int]], chance: random.Random) -> Any:
    """One of few values, so that records meet."""
    if not field.required and not field.ref and chance.random() < 0.2:
        return None
    match field.type:
        case "ref":
            return chance.choice(numbers[field.ref])
        case "choice":
            return chance.choice(field.choices)
        case "date":
            return chance.choice(DAYS)
        case "datetime":
            return f"{chance.choice(DAYS)}T{chance.choice(('09:00', '10:00'))}"
        case "int" | "decimal" | "money":
            return chance.choice((0, 1, 40, 5_000))
        case "bool":
            return chance.choice((0, 1))
    return chance.choice(("a", "b"))


def put(db: sqlite3.Connection, entity: Any, values: dict[str, Any], record_id: int | None) -> int:
    """Write past the rules."""
    names = list(values)
    if record_id is None:
        sql = (
            f'INSERT INTO "{entity.table}" ({", ".join(map(repr, names))}) VALUES ({", ".join("?" * len(names))})'
        )
        return int(db.execute(sql, list(values.values())).lastrowid or 0)
    pairs = ", ".join(f'"{name}" = ?' for name in names)
    db.execute(f'UPDATE "{entity.table}" SET {pairs} WHERE id = ?', [*values.values(), record_id])
    return record_id


@pytest.mark.parametrize("name", COUNTING)
def test_what_a_change_breaks_is_found_among_the_records_that_it_can_touch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = loaded(name, tmp_path)
    empty(app, tmp_path, monkeypatch)
    database, conditions, triggers = app.module("database"), app.module("conditions"), app.module("triggers")
    chance = random.Random(name)
    numbers: dict[str, list[int]] = {table: [] for table in database.BY_TABLE}
    newly_broken = 0
    with database.session() as db:
        triggers.drop(db)
        db.execute("PRAGMA defer_foreign_keys = ON")
        for entity in database.BY_TABLE.values():
            # Links may lead to what comes later: by then it is there.
            numbers[entity.table] = [1, 2, 3]
        for entity in database.BY_TABLE.values():
            for number in numbers[entity.table]:
                put(
                    db,
                    entity,
                    {"id": number, **{f.name: some_value(f, numbers, chance) for f in entity.fields}},
                    None,
                )
        for _ in range(TRIES):
            entity = chance.choice(list(database.BY_TABLE.values()))
            record_id = chance.choice(numbers[entity.table]) if chance.random() < 0.8 else None
            changed = entity.fields if record_id is None else chance.sample(entity.fields, 1)
            values = {field.name: some_value(field, numbers, chance) for field in changed}
            touched = conditions._touched(db, entity, values, record_id)
            is_new = record_id is None

            def broken(among: Any, number: int | None, kind: Any = entity, added: bool = is_new) -> Any:
                return conditions._broken(db, kind, among, number, is_new=added)

            all_before, before = broken(None, record_id), broken(touched, record_id)
            number = put(db, entity, values, record_id)
            if is_new:
                numbers[entity.table].append(number)
                touched["id_after"] = number
            all_after, after = broken(None, number), broken(touched, number)

            for rule in all_after:
                came = all_after[rule] - all_before.get(rule, frozenset())
                assert after[rule] - before.get(rule, frozenset()) == came, (entity.table, values, rule)
                newly_broken += len(came)
    assert newly_broken


@contextmanager
def counted_steps(db: sqlite3.Connection) -> Iterator[list[int]]:
    """The steps that the database takes for what the block does."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    db.set_progress_handler(count, 1)
    yield steps
    db.set_progress_handler(None, 1)


def steps_of_a_change(app: LoadedApp, among: int) -> int:
    """To give a loan to another member; a message of it was planned, as of each that is out."""
    database, records = app.module("database"), app.module("records")
    by_table = database.BY_TABLE
    with records.writing() as db:
        for number in range(among // 4):
            records.add(db, by_table["members"], {"name": f"M {number}", "email": "m@example.com"}, who="")
            records.add(db, by_table["tools"], {"name": f"T {number}", "kind": "Garden", "fee": 1}, who="")
        for number in range(among):
            link = 1 + number % (among // 4)
            status = "Out" if number < among // 4 else "Back"
            values = {
                "tool": link,
                "member": link,
                "wanted_from": DAYS[0],
                "due_on": "2100-03-03",
                "status": status,
            }
            records.add(db, by_table["loans"], values, who="")
        row = database.get(db, by_table["loans"], among)
        with counted_steps(db) as steps:
            records.change(db, by_table["loans"], row, {"member": 1, "status": "Asked"}, who="")
    return steps[0]


def steps_of_a_unique_one(app: LoadedApp, among: int) -> int:
    """To add somebody whose e-mail must be nobody else's."""
    database, records = app.module("database"), app.module("records")
    signups = database.BY_TABLE["sign_ups"]
    with records.writing() as db:
        for number in range(among):
            records.add(db, signups, {"name": "M", "email": f"m{number}@example.com"}, who="")
        with counted_steps(db) as steps:
            records.add(db, signups, {"name": "N", "email": "new@example.com"}, who="")
    return steps[0]


@pytest.mark.parametrize(
    ("name", "steps_of"),
    [("tool_library", steps_of_a_change), ("loaf_launch", steps_of_a_unique_one)],
    ids=["loan", "unique"],
)
def test_a_record_among_four_times_as_many_costs_the_same(
    name: str, steps_of: Callable[[LoadedApp, int], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, steps = loaded(name, tmp_path), []
    for among in (100, 400):
        (tmp_path / str(among)).mkdir()
        empty(app, tmp_path / str(among), monkeypatch)
        steps.append(steps_of(app, among))
        app.module("database").close_idle()
    assert steps[1] < 1.3 * steps[0]
