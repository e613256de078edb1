"""Brings the records of an earlier version of this app into its present shape, and says what did not fit."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from . import people
from .clock import now
from .conversion import LOST, Fitted, default, fit
from .evolution import (
    Shape,
    Tally,
    are,
    continued,
    fields,
    many,
    paired,
    parts,
    roles,
    shape,
)
from .fields import MAX_TEXT, Value
from .model import Entity, Field
from .schema import ENTITIES

CHECK_SECONDS = 5.0
SHOWN_IDS = 10
KEPT = (
    "CREATE TABLE IF NOT EXISTS app_kept (id INTEGER PRIMARY KEY, at TEXT NOT NULL, record_table TEXT NOT NULL, "
    "record_id INTEGER NOT NULL, field TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS app_kept_record ON app_kept (record_table, record_id)",
)

Record = dict[str, Any]
Make = Callable[[sqlite3.Connection, Entity], None]


def bring_up(path: Path, make_table: Make) -> None:
    """Move the records of an older file into tables of today's shape, all or none; a new file is left alone."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA legacy_alter_table = ON")
        db.execute("BEGIN IMMEDIATE")
        Move(db, make_table).run()
        db.execute("COMMIT")  # what fails before is undone when the connection closes


def remember(db: sqlite3.Connection) -> None:
    """Keep today's shape with the records, and look for records that break a rule which is new to them."""
    rules = setting(db, "migration_rules")
    if rules is not None:
        broken = [line for entity in ENTITIES for line in _broken(db, entity, rules.get(entity.table, []))]
        put_setting(db, "migration_notes", notes(db) + broken)
        db.execute("DELETE FROM app_settings WHERE name = 'migration_rules'")
    if setting(db, "schema") is None:
        put_setting(db, "schema", shape())
    _rename_roles(db, setting(db, "roles") or [])
    put_setting(db, "roles", roles())
    people.join(db)
    _tell_what_was_sent(db)


def _tell_what_was_sent(db: sqlite3.Connection) -> None:
    """Once: an earlier version did not keep what a page view had sent."""
    if "content" not in {row[1] for row in db.execute("PRAGMA table_info(app_sent)")}:
        db.execute("ALTER TABLE app_sent ADD COLUMN content TEXT NOT NULL DEFAULT ''")


def _rename_roles(db: sqlite3.Connection, before: list[dict[str, str]]) -> None:
    """Let an account follow its role to another name; one whose role is gone keeps a name that opens nothing."""
    now = roles()
    for old in before:
        heirs = [role["name"] for role in now if old["own"] in (role["own"], role["was"])]
        if heirs and old["name"] not in [role["name"] for role in now]:
            db.execute("UPDATE app_users SET role = ? WHERE role = ?", [heirs[0], old["name"]])


def notes(db: sqlite3.Connection) -> list[str]:
    """What was said when the records were taken over from an earlier version, in plain words."""
    return setting(db, "migration_notes") or []


def setting(db: sqlite3.Connection, name: str) -> Any:
    """What is kept under that name, None when nothing is."""
    if not _has_table(db, "app_settings"):
        return None
    row = db.execute("SELECT value FROM app_settings WHERE name = ?", [name]).fetchone()
    return None if row is None else json.loads(row[0])


def put_setting(db: sqlite3.Connection, name: str, value: Any) -> None:
    """Keep a value under that name."""
    db.execute("INSERT OR REPLACE INTO app_settings (name, value) VALUES (?, ?)", [name, json.dumps(value)])


def _has_table(db: sqlite3.Connection, name: str) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [name]).fetchone())


class Move:
    """One move of all records, in a transaction of the caller's."""

    def __init__(self, db: sqlite3.Connection, make_table: Make) -> None:
        self._db = db
        self._make_table = make_table
        self._notes: list[str] = []
        self._sources: dict[str, dict[str, Any]] = {}
        """Today's table -> the kind of record that it continues."""
        self._aside: dict[str, str] = {}
        """The earlier table -> where its records wait."""

    def run(self) -> None:
        """Do it; nothing happens when the shape is the same."""
        old: Shape | None = setting(self._db, "schema")
        if old is None or old == shape():
            return
        self._sources = continued(old)
        new_rules = {e.table: [r for r in map(repr, e.rules) if r not in self._old_rules(e)] for e in ENTITIES}
        if parts(old) != parts(shape()):
            self._move_all(old)
        put_setting(self._db, "schema", shape())
        put_setting(self._db, "migration_notes", self._notes)
        put_setting(self._db, "migration_rules", new_rules)

    def _old_rules(self, entity: Entity) -> list[str]:
        return list(self._sources.get(entity.table, {}).get("rules", []))

    def _move_all(self, old: Shape) -> None:
        for statement in KEPT:
            self._db.execute(statement)
        self._set_aside(old)
        for entity in ENTITIES:
            self._make_table(self._db, entity)
        self._rename_what_was_noted()
        for entity in ENTITIES:
            if entity.table in self._sources:
                self._fill(entity, self._sources[entity.table])
        for one in old:
            if one not in self._sources.values():
                self._keep_all(one)
        for name in self._aside.values():
            self._db.execute(f'DROP TABLE "{name}"')

    def _set_aside(self, old: Shape) -> None:
        """Free the names of the tables, of their indexes and of the rules."""
        marked = self._db.execute(
            "SELECT type, name, tbl_name FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
        tables = {one["table"] for one in old}
        for row in marked:
            if row["type"] in ("trigger", "index") and row["tbl_name"] in tables:
                self._db.execute(f'DROP {row["type"].upper()} "{row["name"]}"')
        for number, one in enumerate(old):
            if _has_table(self._db, one["table"]):
                self._aside[one["table"]] = f"app_aside_{number}"
                self._db.execute(f'ALTER TABLE "{one["table"]}" RENAME TO "app_aside_{number}"')

    def _rename_what_was_noted(self) -> None:
        """Let the history of a record, and what was kept of it, follow its table's new name."""
        moved = {one["table"]: table for table, one in self._sources.items() if one["table"] != table}
        cases = " ".join("WHEN ? THEN ?" for _ in moved)
        values = [name for pair in moved.items() for name in pair]
        for noted in ("app_changes", "app_kept", "app_messages"):
            if moved and _has_table(self._db, noted):
                marks = ", ".join("?" for _ in moved)
                sql = f"UPDATE {noted} SET record_table = CASE record_table {cases} END WHERE record_table IN ({marks})"
                self._db.execute(sql, [*values, *moved])
        if _has_table(self._db, "app_undo"):
            self._db.execute("DELETE FROM app_undo")

    def _fill(self, entity: Entity, source: dict[str, Any]) -> None:
        """Bring every record of a kind over."""
        pairs = paired(entity, source)
        removed = [old for old in fields(source) if old not in pairs.values()]
        tally = Tally(entity)
        names = ", ".join(f'"{field.name}"' for field in entity.fields)
        marks = ", ".join("?" for _ in entity.fields)
        sql = f'INSERT INTO "{entity.table}" (id, {names}) VALUES (?, {marks})'
        for row in self._rows(source):
            values = [self._value(entity, field, pairs.get(field.name), row, tally) for field in entity.fields]
            self._keep_removed(entity, removed, row, tally)
            try:
                self._db.execute(sql, [row["id"], *values])
            except sqlite3.IntegrityError:
                self._keep(entity.table, int(row["id"]), "", "record", json.dumps(row))
                tally.refused += 1
        self._notes += tally.lines(source, pairs)

    def _rows(self, source: dict[str, Any]) -> Iterator[Record]:
        aside = self._aside.get(source["table"])
        if aside is not None:
            yield from map(dict, self._db.execute(f'SELECT * FROM "{aside}" ORDER BY id').fetchall())

    def _value(self, entity: Entity, field: Field, old: Field | None, row: Record, tally: Tally) -> Value:
        record = int(row["id"])
        if old is None or old.name not in row:
            fitted = Fitted(self._kept_before(entity.table, record, field), True)
        else:
            fitted = self._fit(field, old, row[old.name])
            if not fitted.whole:
                self._keep(entity.table, record, field.name, old.type, row[old.name])
                tally.lost[field.name] = tally.lost.get(field.name, 0) + 1
        if fitted.value is None and field.required:
            tally.empty[field.name] = tally.empty.get(field.name, 0) + 1
            return default(field)
        return fitted.value

    def _fit(self, field: Field, old: Field, value: Value) -> Fitted:
        if old.type != "ref" or value is None:
            return LOST if field.type == "ref" and value is not None else fit(old, field, value)
        if field.type == "ref":
            same = self._sources.get(field.ref, {}).get("table") == old.ref
            return Fitted(value, True) if same else LOST
        title = self._title(old.ref, int(value))
        return LOST if title is None else fit(Field("", "", "text"), field, title)

    def _title(self, table: str, record: int) -> Value:
        """What a record of an earlier kind was called, by its first field of text."""
        aside = self._aside.get(table)
        if aside is None:
            return None
        row = self._db.execute(f'SELECT * FROM "{aside}" WHERE id = ?', [record]).fetchone()
        texts = [row[name] for name in (row.keys() if row else ()) if isinstance(row[name], str)]
        return texts[0][:MAX_TEXT] if texts else None

    def _keep_removed(self, entity: Entity, removed: list[Field], row: Record, tally: Tally) -> None:
        for old in removed:
            if row.get(old.name) is not None:
                self._keep(entity.table, int(row["id"]), old.name, old.type, row[old.name])
                tally.removed[old.name] = tally.removed.get(old.name, 0) + 1

    def _keep(self, table: str, record: int, field: str, kind: str, value: Value) -> None:
        self._db.execute(
            "INSERT INTO app_kept (at, record_table, record_id, field, type, value) VALUES (?, ?, ?, ?, ?, ?)",
            [now().isoformat(timespec="seconds"), table, record, field, kind, value],
        )

    def _kept_before(self, table: str, record: int, field: Field) -> Value:
        """The value that a field had before it was taken out, when it comes back as it was."""
        where = "record_table = ? AND record_id = ? AND field = ? AND type = ?"
        marks = [table, record, field.name, field.type]
        sql = f"SELECT id, value FROM app_kept WHERE {where} ORDER BY id DESC LIMIT 1"
        found = self._db.execute(sql, marks).fetchone()
        if found is None or field.type == "ref":
            return None
        fitted = fit(field, field, found["value"])
        self._db.execute("DELETE FROM app_kept WHERE id = ?", [found["id"]])
        return int(found["value"]) if field.type in ("int", "money", "bool") else fitted.value

    def _keep_all(self, source: dict[str, Any]) -> None:
        """Keep the records of a kind that is no more, as they were."""
        count = 0
        for row in self._rows(source):
            self._keep(source["table"], int(row["id"]), "", "record", json.dumps(row))
            count += 1
        if count:
            self._notes.append(
                f"{source['plural']} are not part of this version; their {many(count, 'record')} "
                f"{are(count)} kept in the table app_kept."
            )


def _broken(db: sqlite3.Connection, entity: Entity, new_rules: list[str]) -> Iterator[str]:
    """The records that a new rule would refuse: the database says so when they are written as they are."""
    rules = [rule for rule in entity.rules if repr(rule) in new_rules]
    if not rules:
        return
    same = ", ".join(f'"{field.name}" = "{field.name}"' for field in entity.fields)
    until, found = time.monotonic() + CHECK_SECONDS, []
    for row in db.execute(f'SELECT id FROM "{entity.table}" ORDER BY id').fetchall():
        if time.monotonic() > until:
            yield f"There are too many {entity.plural} to look at each for the new rules."
            break
        if _is_refused(db, f'UPDATE "{entity.table}" SET {same} WHERE id = ?', int(row[0])):
            found.append(int(row[0]))
    if found:
        which = ", ".join(f"#{number}" for number in found[:SHOWN_IDS]) + (
            " ..." if len(found) > SHOWN_IDS else ""
        )
        said = " ".join(rule.about for rule in rules)
        start = f"{many(len(found), 'record')} of {entity.plural} broke a new rule and {are(len(found))} kept"
        yield f"{start}: {which}. {said}"


def _is_refused(db: sqlite3.Connection, sql: str, record: int) -> bool:
    refused = False
    db.execute("SAVEPOINT look")
    try:
        db.execute(sql, [record])
    except sqlite3.IntegrityError:
        refused = True
    db.execute("ROLLBACK TO look")
    db.execute("RELEASE look")
    return refused
