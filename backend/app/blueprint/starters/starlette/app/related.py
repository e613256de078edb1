"""What the page of a record shows beside it: what belongs to it, the room that is left, and what was done to it."""

from __future__ import annotations

import sqlite3
from typing import Any

from . import database, locks, papers, records, rules
from .access import Visitor
from .model import Entity, Field, lower_first
from .rendering import cell, cells

CHILD_LIMIT = 10


def room_left(db: sqlite3.Connection, entity: Entity, record_id: int) -> list[tuple[Entity, int]]:
    """How much room is left for each kind of record that takes some."""
    found = []
    for child, field in records.children_of(entity):
        left = rules.room(db, child, field.name, [record_id]) or {}
        if record_id in left and not any(isinstance(rule, rules.Stock) for rule in child.rules):
            found.append((child, left[record_id]))
    return found


def history(db: sqlite3.Connection, entity: Entity, record_id: int) -> list[dict[str, Any]]:
    known = {field.name: field for field in entity.fields}
    told = []
    for entry in records.history(db, entity, record_id):
        parts = []
        for name, (before, after) in entry["details"].items():
            if name in known:
                field = known[name]
                both = [{name: value} for value in (before, after)]
                refs = {name: database.ref_labels(db, entity, name, both)} if field.ref else {}
                parts.append((field.label, *(cell(field, value, refs) or "–" for value in (before, after))))
        told.append({**entry, "parts": parts})
    return told


def children(db: sqlite3.Connection, entity: Entity, record_id: int, visitor: Visitor) -> list[dict[str, Any]]:
    found = []
    for child, field in records.children_of(entity):
        if visitor.sees_some(child):
            sees, values = visitor.sees(child)
            where = f'"{field.name}" = ? AND {sees}'
            order = database.usual_order(child)
            rows = database.select(db, child, where, [record_id, *values], order=order, limit=CHILD_LIMIT)
            columns = [column for column in child.shown if column.name != field.name]
            found.append(
                {
                    "entity": child, "field": field, "columns": columns, "rows": cells(db, child, rows, columns),
                    "name": _name_of(child, field),
                    "count": database.count(db, child, where, [record_id, *values]),
                    "total": papers.child_total(db, child, field.name, record_id),
                    "quick": _quick(db, child, field, record_id, visitor),
                    "is_locked": locks.entry_lock(db, child, field, record_id) is not None,
                }
            )  # fmt: skip
    return found


def _quick(
    db: sqlite3.Connection, child: Entity, link: Field, record_id: int, visitor: Visitor
) -> dict[str, Any] | None:
    """A record with nothing to fill in, such as a vote, is one press of a button; pressed once, it is taken back."""
    asked = [field for field in visitor.fields(child) if field.name != link.name]
    own = visitor.forced(child)
    if asked or not own or not visitor.may_add(child):
        return None
    mine = " AND ".join([f'"{link.name}" = ?', *(f'"{name}" = ?' for name in own)])
    rows = database.select(db, child, mine, [record_id, *own.values()], limit=1)
    may_take_back = bool(rows) and visitor.may_delete(child) and not locks.lock_on(db, child, int(rows[0]["id"] or 0))
    return {"mine": rows[0]["id"] if rows else None, "may_take_back": may_take_back}


def _name_of(child: Entity, field: Field) -> str:
    """The matches of a player, or those as the winner where they point at players twice; whom a guest brought."""
    says_more = sum(other.ref == field.ref for other in child.fields) > 1 or field.ref == child.table
    return f"{child.plural}: {lower_first(field.label)}" if says_more else child.plural
