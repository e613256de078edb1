"""Fills a new app with example records, dated around today."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from . import conditions, database, files, rules
from .clock import today
from .fields import Value
from .model import FILES, Entity
from .schema import ENTITIES

RELATIVE = re.compile(r"^@(-?\d{1,5})(?:~([1-7]))?(?: (\d\d:\d\d))?$")


def prepare() -> None:
    """Bring the records into today's shape; a new file begins with the examples."""
    if database.migrate():
        fill()


def fill() -> None:
    """Insert the examples of `seed.json`, unless EXAMPLE_DATA says no."""
    if os.environ.get("EXAMPLE_DATA", "yes").lower() in ("no", "0", "false", "off"):
        return
    rows = json.loads((Path(__file__).parent / "seed.json").read_text(encoding="utf-8"))
    with database.session() as db:
        for table in rows:
            _fill_table(db, table, rows[table])
        files.clean_up(db)


def _fill_table(db: sqlite3.Connection, table: str, rows: list[dict[str, Value]]) -> None:
    entity = next(entity for entity in ENTITIES if entity.table == table)
    for number, row in enumerate(rows, start=1):
        values = {"id": number, **{name: _dated(value) for name, value in row.items()}, **_files(db, entity, row)}
        db.execute("SAVEPOINT example")
        # An example that breaks a rule, or belongs to one that does, is left out.
        try:
            with conditions.upheld(db, entity, adds=True) as added:
                first = conditions.first_values(db, entity, values)
                added.append(database.insert(db, entity, {**values, **first}))
        except (sqlite3.IntegrityError, rules.Broken):
            db.execute("ROLLBACK TO example")
        db.execute("RELEASE example")


def _files(db: sqlite3.Connection, entity: Entity, row: Mapping[str, Value]) -> dict[str, Value]:
    """The example files that a row names, kept."""
    named = {field.name: str(row[field.name]) for field in entity.of_type(*FILES) if row.get(field.name)}
    if not named:
        return {}
    return {name: files.put(db, base64.b64decode(_drawn()[file]), file) for name, file in named.items()}


@cache
def _drawn() -> dict[str, str]:
    """The example files by their names, in base64."""
    drawn: dict[str, str] = json.loads((Path(__file__).parent / "seed_files.json").read_text(encoding="utf-8"))
    return drawn


def _dated(value: Value) -> Value:
    return dated(value) if isinstance(value, str) else value


def dated(text: str) -> str:
    """The date for "@3", in three days; the time for "@3 18:30"; for "@3~2" the first Tuesday from then on."""
    match = RELATIVE.match(text)
    if match is None:
        return text
    when = today() + timedelta(days=int(match[1]))
    when += timedelta(days=(int(match[2]) - when.isoweekday()) % 7 if match[2] else 0)
    return f"{when.isoformat()}T{match[3]}" if match[3] else when.isoformat()
