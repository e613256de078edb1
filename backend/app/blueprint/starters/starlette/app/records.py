"""Keeps, changes, deletes and brings back records, and writes down who did it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from . import database, rules
from .fields import Value
from .model import Entity, Field
from .schema import ENTITIES

HISTORY = 30
UNDO_KEPT = 100
Rows = dict[str, list[dict[str, Value]]]


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A transaction that only one visitor at a time is in; `rules.Broken` when a rule refuses what is written."""
    try:
        with database.session() as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
    except sqlite3.IntegrityError as error:
        broken = rules.explain(error)
        if broken is None:
            raise
        raise broken from None


def add(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value], *, who: str, what: str = "added") -> int:
    """Keep a new record; its id."""
    problems = rules.missing_links(db, entity, values)
    if problems:
        raise rules.Broken(problems)
    try:
        record_id = database.insert(db, entity, values)
    except sqlite3.IntegrityError as error:
        raise rules.refusal(db, entity, error, values) from None
    _note(db, entity, record_id, who=who, what=what)
    return record_id


def change(
    db: sqlite3.Connection, entity: Entity, row: database.Row, values: Mapping[str, Value], *, who: str
) -> None:
    """Keep what differs from the record as it was."""
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    problems = rules.missing_links(db, entity, changed)
    if problems:
        raise rules.Broken(problems)
    record_id = int(row["id"] or 0)
    try:
        database.update(db, entity, record_id, changed)
    except sqlite3.IntegrityError as error:
        raise rules.refusal(db, entity, error, {**row, **changed}, record_id) from None
    details = {name: [row[name], value] for name, value in changed.items()}
    _note(db, entity, record_id, who=who, what="changed", details=details)


def remove(db: sqlite3.Connection, entity: Entity, row: database.Row, *, who: str) -> int:
    """Delete a record with what belongs to it; the number to undo it by."""
    record_id = int(row["id"] or 0)
    kept: dict[str, Any] = {"rows": {}, "links": []}
    _gather(db, entity, row, kept)
    database.delete(db, entity, record_id)
    _note(db, entity, record_id, who=who, what="deleted")
    sql = "INSERT INTO app_undo (at, who, record_table, record_id, kept) VALUES (?, ?, ?, ?, ?)"
    done = db.execute(sql, [_now(), who, entity.table, record_id, json.dumps(kept)])
    db.execute("DELETE FROM app_undo WHERE id <= ?", [int(done.lastrowid or 0) - UNDO_KEPT])
    return int(done.lastrowid or 0)


def _gather(db: sqlite3.Connection, entity: Entity, row: database.Row, kept: dict[str, Any]) -> None:
    """The record, everything that is deleted with it, and the links that are emptied."""
    rows = kept["rows"].setdefault(entity.table, [])
    if any(one["id"] == row["id"] for one in rows):
        return
    rows.append(dict(row))
    for child, field in children_of(entity):
        for one in database.select(db, child, f'"{field.name}" = ?', [row["id"]], limit=-1):
            if field.on_delete == "cascade":
                _gather(db, child, one, kept)
            else:
                kept["links"].append([child.table, one["id"], field.name, row["id"]])


def children_of(entity: Entity) -> list[tuple[Entity, Field]]:
    """The kinds of record that point at this one, each with the field that does."""
    return [(child, field) for child in ENTITIES for field in child.of_type("ref") if field.ref == entity.table]


def restore(db: sqlite3.Connection, undo_id: int, *, who: str) -> tuple[Entity, int] | None:
    """Bring back what was deleted; None when it cannot be undone any more."""
    found = db.execute("SELECT * FROM app_undo WHERE id = ?", [undo_id]).fetchone()
    entity = database.BY_TABLE.get(found["record_table"]) if found else None
    if entity is None:
        return None
    kept = json.loads(found["kept"])
    db.execute("PRAGMA defer_foreign_keys = ON")
    for table, rows in kept["rows"].items():
        for row in rows:
            database.insert(db, database.BY_TABLE[table], row)
    for table, record_id, name, value in kept["links"]:
        sql = f'UPDATE "{table}" SET "{name}" = ? WHERE id = ? AND "{name}" IS NULL'
        db.execute(sql, [value, record_id])
    db.execute("DELETE FROM app_undo WHERE id = ?", [undo_id])
    _note(db, entity, found["record_id"], who=who, what="brought back")
    return entity, int(found["record_id"])


def history(db: sqlite3.Connection, entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """What was done to a record, the newest first."""
    sql = "SELECT * FROM app_changes WHERE record_table = ? AND record_id = ? ORDER BY id DESC LIMIT ?"
    rows = db.execute(sql, [entity.table, record_id, HISTORY])
    return [{**dict(row), "details": json.loads(row["details"])} for row in rows]


def _note(
    db: sqlite3.Connection, entity: Entity, record_id: int, *, who: str, what: str,
    details: Mapping[str, list[Value]] | None = None,
) -> None:  # fmt: skip
    sql = "INSERT INTO app_changes (at, who, what, record_table, record_id, details) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(sql, [_now(), who, what, entity.table, record_id, json.dumps(details or {})])


def _now() -> str:
    return datetime.now().isoformat(timespec="seconds")
