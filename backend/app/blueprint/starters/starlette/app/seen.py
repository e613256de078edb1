"""What a page has shown of a record, so that nobody says yes to what has become something else meanwhile."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping

from . import database, records, rules
from .model import Entity, Field, Sum

MARK = "seen"
CHANGED = "This has changed since you opened the page. It is shown as it is now: look at it, then choose again."


def mark(db: sqlite3.Connection, entity: Entity, row: database.Row, fields: Collection[Field]) -> str:
    """A mark of these fields of a record, its amounts and its lines; it is another as soon as one of them is."""
    told = [_told(row, _kept(entity, fields))]
    for child, link in _lines_of(entity):
        rows = database.select(db, child, f'"{link.name}" = ?', [row["id"]], order="id", limit=-1)
        told += [_told(line, _kept(child, child.shows)) for line in rows]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def refuse_changed(
    db: sqlite3.Connection, entity: Entity, row: database.Row, fields: Collection[Field], form: Mapping[str, str]
) -> None:
    """Refuse what was chosen on a page that showed something else; a form that does not say what it showed is taken."""
    if form.get(MARK) and form[MARK] != mark(db, entity, row, fields):
        raise rules.Broken({"": CHANGED})


def _kept(entity: Entity, fields: Collection[Field]) -> list[str]:
    """What people decide by: what is kept, and amounts. Counts and days may change without anybody's doing."""
    worked_out = {field.name for field in entity.figures}
    return [field.name for field in fields if field.name != entity.state and (field.name not in worked_out or field.type == "money")]


def _told(row: database.Row, names: Collection[str]) -> list[object]:
    return [row["id"], *(row[name] for name in names)]


def _lines_of(entity: Entity) -> Iterator[tuple[Entity, Field]]:
    for child, link in records.children_of(entity):
        if child.line_of == link.name or any(isinstance(rule, Sum) and rule.ref == link.name for rule in child.rules):
            yield child, link
