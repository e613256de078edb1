"""A record as a document to print: who it is for, its lines and what they come to."""

from __future__ import annotations

import sqlite3
from typing import Any

from . import database, lines, records, rules, triggers
from .access import Visitor
from .fields import money, show
from .model import Entity, Sum
from .rendering import cells
from .schema import ABOUT

DETAILS = ("address", "email", "phone", "company", "city")


def paper(db: sqlite3.Connection, entity: Entity, row: database.Row, visitor: Visitor) -> dict[str, Any]:
    """What the document says."""
    shown = cells(db, entity, [row], list(entity.shows))[0]
    parties = [_party(db, field.label, field.ref, int(row[field.name])) for field in entity.of_type("ref") if row[field.name]]
    facts = [
        (field.label, text) for field, _, text in shown["cells"]
        if text and field.type not in ("ref", "longtext", "money") and field.name not in entity.title
    ]  # fmt: skip
    notes = [(field.label, text) for field, _, text in shown["cells"] if text and field.type == "longtext"]
    amounts = [(field.label, text) for field, _, text in shown["cells"] if text and field.type == "money"]
    parts = lines_of(db, entity, int(row["id"] or 0), visitor)
    if parts and parts["total"]:
        amounts = [(label, text) for label, text in amounts if text != parts["total"]]
    return {
        "row": shown, "parties": [one for one in parties if one], "facts": facts, "notes": notes, "lines": parts,
        "amounts": amounts, "heading": shown["title"], "late": rules.is_overdue(entity, row),
    }  # fmt: skip


def _party(db: sqlite3.Connection, label: str, table: str, record_id: int) -> dict[str, Any] | None:
    target = database.BY_TABLE[table]
    row = database.get(db, target, record_id)
    if row is None:
        return None
    name = database.title_rows(db, target, [row])[record_id]
    told = [show(field, row[field.name]) for field in target.fields if field.name in DETAILS and row[field.name]]
    return {"label": label, "name": name, "details": [text for text in told if text != name]}


def lines_of(
    db: sqlite3.Connection, entity: Entity, record_id: int, visitor: Visitor | None = None
) -> dict[str, Any] | None:
    """The lines of the record, or else the records that add up in it, or else those that are deleted with it."""
    children = records.children_of(entity)
    summed = [(child, field, _sum_of(child, field.name)) for child, field in children]
    own = lines.children_in(entity)
    chosen = (
        next((one for one in summed if own and one[0] is own[0]), None)
        or next((one for one in summed if one[2]), None)
        or next((one for one in summed if one[1].on_delete == "cascade"), None)
    )
    if chosen is None or (visitor is not None and not visitor.sees_some(chosen[0])):
        return None
    child, field, rule = chosen
    rows = database.select(db, child, f'"{field.name}" = ?', [record_id], order=database.usual_order(child, then="id"), limit=-1)
    columns = [one for one in child.shown if one.name != field.name]
    columns = [one for one in columns if one.type != "money"] + [one for one in columns if one.type == "money"]
    total = money(_total(db, child, rule, record_id), ABOUT.currency) if rule else ""
    each = [money(_line_amount(row, rule), ABOUT.currency) for row in rows] if rule and rule.times else []
    return {"entity": child, "columns": columns, "rows": cells(db, child, rows, columns), "total": total, "each": each}


def _line_amount(row: database.Row, rule: Sum) -> int:
    many = row[rule.times]
    return int(row[rule.money] or 0) * (1 if many is None else int(many))


def _sum_of(child: Entity, name: str) -> Sum | None:
    return next((rule for rule in child.rules if isinstance(rule, Sum) and rule.ref == name), None)


def _total(db: sqlite3.Connection, child: Entity, rule: Sum, record_id: int) -> int:
    sql = f'SELECT coalesce(sum({triggers.amount("o", rule)}), 0) FROM "{child.table}" o WHERE o."{rule.ref}" = ?'
    return int(db.execute(sql, [record_id]).fetchone()[0])


def child_total(db: sqlite3.Connection, child: Entity, name: str, record_id: int) -> str:
    """What the records that point here with the field `name` come to, or nothing when they do not add up."""
    rule = _sum_of(child, name)
    return money(_total(db, child, rule, record_id), ABOUT.currency) if rule else ""
