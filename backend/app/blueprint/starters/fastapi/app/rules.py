"""What the app watches over when a record is saved, and what it works out from the dates."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, datetime

from . import database
from .fields import Value
from .model import Capacity, Entity, NoOverlap, Overdue, Unique

Problems = dict[str, str]


def problems(
    db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value], record_id: int | None
) -> Problems:
    """What stands against keeping these values, by field."""
    found: Problems = {}
    for field in entity.of_type("ref"):
        value = values.get(field.name)
        if value is not None and database.get(db, database.BY_TABLE[field.ref], int(value)) is None:
            found[field.name] = "That one is gone; choose another."
    for rule in entity.rules:
        name = _broken(db, entity, rule, values, record_id)
        if name and name not in found:
            found[name] = rule.about
    return found


def _broken(
    db: sqlite3.Connection, entity: Entity, rule: object, values: Mapping[str, Value], record_id: int | None
) -> str:
    if isinstance(rule, Unique) and _taken(db, entity, rule, values, record_id):
        return rule.fields[0]
    if isinstance(rule, NoOverlap) and _clashes(db, entity, rule, values, record_id):
        return rule.start
    if isinstance(rule, Capacity) and _full(db, entity, rule, values, record_id):
        return rule.ref
    return ""


def _taken(
    db: sqlite3.Connection, entity: Entity, rule: Unique, values: Mapping[str, Value], record_id: int | None
) -> bool:
    given = [values[name] for name in rule.fields]
    if any(value is None for value in given):
        return False
    same = " AND ".join(f'"{name}" = ? COLLATE NOCASE' for name in rule.fields)
    return database.count(db, entity, f"{same} AND id IS NOT ?", [*given, record_id]) > 0


def _clashes(
    db: sqlite3.Connection, entity: Entity, rule: NoOverlap, values: Mapping[str, Value], record_id: int | None
) -> bool:
    start, ref = values[rule.start], values[rule.ref]
    end = (values[rule.end] if rule.end else None) or start
    if start is None or ref is None or _is_ignored(entity, values, rule.ignore):
        return False
    until = f'coalesce("{rule.end}", "{rule.start}")' if rule.end else f'"{rule.start}"'
    where = f'"{rule.ref}" = ? AND "{rule.start}" <= ? AND {until} >= ? AND id IS NOT ?'
    more, names = _not_ignored(entity, rule.ignore)
    return database.count(db, entity, where + more, [ref, end, start, record_id, *names]) > 0


def _full(
    db: sqlite3.Connection, entity: Entity, rule: Capacity, values: Mapping[str, Value], record_id: int | None
) -> bool:
    ref = values[rule.ref]
    if ref is None or _is_ignored(entity, values, rule.ignore):
        return False
    parent = database.get(db, database.BY_TABLE[entity.field(rule.ref).ref], int(ref))
    limit = parent and parent[rule.limit]
    more, names = _not_ignored(entity, rule.ignore)
    taken = database.count(db, entity, f'"{rule.ref}" = ? AND id IS NOT ?{more}', [ref, record_id, *names])
    return limit is not None and taken >= int(limit)


def _status(entity: Entity, ignore: tuple[str, ...]) -> str:
    return next((field.name for field in entity.of_type("choice") if set(ignore) & set(field.choices)), "")


def _is_ignored(entity: Entity, values: Mapping[str, Value], ignore: tuple[str, ...]) -> bool:
    status = _status(entity, ignore)
    return bool(status) and values.get(status) in ignore


def _not_ignored(entity: Entity, ignore: tuple[str, ...]) -> tuple[str, list[Value]]:
    status = _status(entity, ignore)
    if not status:
        return "", []
    marks = ",".join("?" for _ in ignore)
    return f' AND ("{status}" IS NULL OR "{status}" NOT IN ({marks}))', list(ignore)


def overdue(entity: Entity) -> tuple[str, list[Value]]:
    """The condition that finds overdue records of this kind, or one that finds none."""
    for rule in entity.rules:
        if isinstance(rule, Overdue):
            now = _now(entity.field(rule.date).type)
            marks = ",".join("?" for _ in rule.done)
            open_ = f' AND ("{rule.status}" IS NULL OR "{rule.status}" NOT IN ({marks}))' if rule.status else ""
            return f'"{rule.date}" < ?{open_}', [now, *(rule.done if rule.status else ())]
    return "0", []


def is_overdue(entity: Entity, row: database.Row) -> bool:
    """Whether this record is overdue."""
    for rule in entity.rules:
        if isinstance(rule, Overdue):
            when = row[rule.date]
            late = when is not None and str(when) < _now(entity.field(rule.date).type)
            return late and not (rule.status and row[rule.status] in rule.done)
    return False


def _now(field_type: str) -> str:
    if field_type == "datetime":
        return datetime.now().isoformat(timespec="minutes")
    return date.today().isoformat()
