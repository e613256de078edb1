"""Keeps, changes, deletes and brings back records, and writes down who did it."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import conditions, database, files, locks, outbox, rules
from .clock import now
from .fields import Value
from .model import Entity, Field
from .schema import ENTITIES

EMPTY = "Please fill this in."
UNDO_KEPT = 100
CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
Rows = dict[str, list[dict[str, Value]]]


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """A transaction that has begun to write."""
    with database.session() as db:
        db.execute("BEGIN IMMEDIATE")
        yield db


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A transaction that only one visitor at a time is in; `rules.Broken` when a rule refuses what is written."""
    try:
        with opened() as db:
            yield db
    except database.DiskFull as error:
        raise rules.Broken({"": str(error)}) from None
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
    started = {**values, **_codes(entity, values), **conditions.first_values(db, entity, values)}
    _refuse_empty(entity, {field.name: started.get(field.name) for field in entity.fields})
    try:
        with conditions.upheld(db, entity, started, adds=True) as added:
            record_id = database.insert(db, entity, {"id": _free_number(db, entity), **started})
            added.append(record_id)
        locks.is_new(entity, record_id)
        locks.refuse_entry(db, entity, record_id, what=what)
        files.claim(db, entity, started)
    except sqlite3.IntegrityError as error:
        raise rules.refusal(db, entity, error, started) from None
    _note(db, entity, record_id, who=who, what=what)
    outbox.added(db, entity, record_id)
    return record_id


def _codes(entity: Entity, values: Mapping[str, Value]) -> dict[str, Value]:
    """A new code in each field of that type: forty bits, so that none is guessed or comes twice."""
    return {field.name: new_code() for field in entity.of_type("code") if not values.get(field.name)}


def new_code() -> str:
    """Eight letters and digits that nobody mistakes for each other."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(8))


def _refuse_empty(entity: Entity, values: Mapping[str, Value]) -> None:
    """Refuse a required field that nothing filled in, not even what it starts as."""
    needed = {field.name for field in entity.fields if field.starts_as and field.required}
    empty = [name for name, value in values.items() if name in needed and value is None]
    if empty:
        raise rules.Broken(dict.fromkeys(empty, EMPTY))


def _free_number(db: sqlite3.Connection, entity: Entity) -> int:
    """A number that no record of this kind ever had: history, receipts and what can be undone go by it."""
    noted = "SELECT max(record_id) FROM app_changes WHERE record_table = ?"
    sql = f'SELECT 1 + max(coalesce((SELECT max(id) FROM "{entity.table}"), 0), coalesce(({noted}), 0))'
    return int(db.execute(sql, [entity.table]).fetchone()[0])


def change(
    db: sqlite3.Connection, entity: Entity, row: database.Row, values: Mapping[str, Value], *, who: str
) -> None:
    """Keep what differs from the record as it was."""
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    _refuse_empty(entity, changed)
    problems = rules.missing_links(db, entity, changed)
    if problems:
        raise rules.Broken(problems)
    record_id = int(row["id"] or 0)
    locks.refuse_change(db, entity, record_id, changed)
    try:
        with conditions.upheld(db, entity, changed, record_id):
            database.update(db, entity, record_id, changed)
        locks.refuse_entry(db, entity, record_id)
        files.claim(db, entity, changed)
        files.sweep(db, entity, changed)
    except sqlite3.IntegrityError as error:
        raise rules.refusal(db, entity, error, {**row, **changed}, record_id) from None
    details = {name: [row[name], value] for name, value in changed.items()}
    _note(db, entity, record_id, who=who, what="changed", details=details)
    outbox.changed(db, entity, record_id, changed)


@dataclass
class Gone:
    """What a deletion takes along: records by table and number, and links that it empties."""

    rows: dict[str, dict[int, dict[str, Value]]] = field(default_factory=dict)
    links: list[list[Value]] = field(default_factory=list)


def remove(db: sqlite3.Connection, entity: Entity, row: database.Row, *, who: str) -> int:
    """Delete a record with what belongs to it; the number to undo it by."""
    record_id = int(row["id"] or 0)
    found = Gone()
    _gather(db, entity, row, found)
    emptied = [(str(table), int(number or 0)) for table, number, *_ in found.links]
    locks.refuse_deletion(db, [*((table, number) for table, by_number in found.rows.items() for number in by_number), *emptied])
    rows: Rows = {table: list(by_number.values()) for table, by_number in found.rows.items()}
    with conditions.upheld(db, entity):
        database.delete(db, entity, record_id)
    # A note stays for good, so that its number, unlike one of app_undo itself, is not given twice.
    undo_id = max(_note_all(db, rows, who=who, what="deleted"))
    sql = "INSERT INTO app_undo (id, at, who, record_table, record_id, kept) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(sql, [undo_id, _now(), who, entity.table, record_id, json.dumps({"rows": rows, "links": found.links})])
    newest = "SELECT id FROM app_undo ORDER BY id DESC LIMIT ?"
    db.execute(f"DELETE FROM app_undo WHERE id NOT IN ({newest})", [UNDO_KEPT])
    if files.NAMES:
        files.clean_up(db)
    return undo_id


def _gather(db: sqlite3.Connection, entity: Entity, row: database.Row, found: Gone) -> None:
    """The record, everything that is deleted with it, and the links that are emptied."""
    rows = found.rows.setdefault(entity.table, {})
    if int(row["id"] or 0) in rows:
        return
    rows[int(row["id"] or 0)] = database.kept(entity, row)
    for child, link in children_of(entity):
        for one in database.select(db, child, f'"{link.name}" = ?', [row["id"]], limit=-1):
            if link.on_delete == "cascade":
                _gather(db, child, one, found)
            else:
                found.links.append([child.table, one["id"], link.name, row["id"]])


def children_of(entity: Entity) -> list[tuple[Entity, Field]]:
    """The kinds of record that point at this one, each with the field that does; its lines come first."""
    found = [(child, field) for child in ENTITIES for field in child.of_type("ref") if field.ref == entity.table]
    return sorted(found, key=lambda pair: pair[0].line_of != pair[1].name)


def restore(db: sqlite3.Connection, undo_id: int, *, who: str) -> tuple[Entity, int] | None:
    """Bring back what was deleted; None when it cannot be undone any more."""
    found = db.execute("SELECT * FROM app_undo WHERE id = ?", [undo_id]).fetchone()
    entity = database.BY_TABLE.get(found["record_table"]) if found else None
    if entity is None:
        return None
    kept = json.loads(found["kept"])
    db.execute("PRAGMA defer_foreign_keys = ON")
    # A product was counted when it went: it comes last, so that nothing is taken from its stock once more.
    counted = rules.counted_tables()
    with conditions.upheld_among_others(db):
        _insert_all(db, {table: rows for table, rows in kept["rows"].items() if table not in counted})
        for table, record_id, name, value in kept["links"]:
            sql = f'UPDATE "{table}" SET "{name}" = ? WHERE id = ? AND "{name}" IS NULL'
            db.execute(sql, [value, record_id])
        _insert_all(db, {table: rows for table, rows in kept["rows"].items() if table in counted})
    locks.refuse_entry(db, entity, int(found["record_id"]))
    db.execute("DELETE FROM app_undo WHERE id = ?", [undo_id])
    _note_all(db, kept["rows"], who=who, what="brought back")
    return entity, int(found["record_id"])


def _insert_all(db: sqlite3.Connection, kept: Rows) -> None:
    for table, rows in kept.items():
        for row in rows:
            database.insert(db, database.BY_TABLE[table], row)


def history(db: sqlite3.Connection, entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """What was done to a record, the newest first."""
    sql = "SELECT * FROM app_changes WHERE record_table = ? AND record_id = ? ORDER BY id DESC"
    rows = db.execute(sql, [entity.table, record_id])
    return [{**dict(row), "details": json.loads(row["details"])} for row in rows]


def _note_all(db: sqlite3.Connection, kept: Rows, *, who: str, what: str) -> list[int]:
    numbered = [(database.BY_TABLE[table], int(row["id"] or 0)) for table, rows in kept.items() for row in rows]
    return [_note(db, entity, record_id, who=who, what=what) for entity, record_id in numbered]


def _note(
    db: sqlite3.Connection, entity: Entity, record_id: int, *, who: str, what: str,
    details: Mapping[str, list[Value]] | None = None,
) -> int:  # fmt: skip
    sql = "INSERT INTO app_changes (at, who, what, record_table, record_id, details) VALUES (?, ?, ?, ?, ?, ?)"
    done = db.execute(sql, [_now(), who, what, entity.table, record_id, json.dumps(details or {})])
    return int(done.lastrowid or 0)


def _now() -> str:
    return now().isoformat(timespec="seconds")
