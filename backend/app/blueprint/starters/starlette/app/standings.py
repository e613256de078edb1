"""Records by rank, those whose day has come one after the other, and how often each answer was given."""

from __future__ import annotations

import sqlite3
from typing import Any

from . import database, locks, moves
from .access import Visitor
from .clock import now, today
from .fields import Value, show
from .model import Entity, Field
from .rendering import cells
from .schema import ABOUT

MOST = 100
TOP = 3


def places(values: list[Value]) -> list[int | None]:
    """The place of each of these values, the highest first; what is equal shares one, what is empty has none."""
    found: list[int | None] = []
    for at, value in enumerate(values):
        shares = at > 0 and value == values[at - 1]
        found.append(None if value is None else found[-1] if shares else at + 1)
    return found


def ranking(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> dict[str, Any]:
    """The records with their places, by the number or figure that ranks them."""
    where, values = visitor.sees(entity)
    by = entity.field(entity.ranking)
    order = f'"{by.name}" IS NULL, "{by.name}" DESC, id'
    rows = database.select(db, entity, where, values, order=order, limit=MOST)
    titles, numbers = database.title_rows(db, entity, rows), [row[by.name] for row in rows]
    most = max((int(number) for number in numbers if number is not None), default=0)
    ranked = [
        {
            "id": row["id"], "place": place, "title": titles[int(row["id"] or 0)], "is_top": bool(place and place <= TOP),
            "text": show(by, number, currency=ABOUT.currency), "width": _share(number, most),
        }
        for row, place, number in zip(rows, places(numbers), numbers, strict=True)
    ]  # fmt: skip
    return {"by": by, "ranked": ranked, "total": database.count(db, entity, where, values)}


def _share(number: Value, most: int) -> int:
    """How wide the bar of a number is, of a hundred."""
    return max(0, round(100 * int(number) / most)) if number is not None and most > 0 else 0


def review(
    db: sqlite3.Connection, entity: Entity, visitor: Visitor, only: tuple[str, list[Value]]
) -> dict[str, Any]:
    """The first record whose day has come: what it is called, what is behind that, and the moves that put it off."""
    where, values = only
    date = entity.field(entity.review)
    moment = now().isoformat(timespec="minutes") if date.type == "datetime" else today().isoformat()
    due, more = f'{where} AND ("{date.name}" IS NULL OR "{date.name}" <= ?)', [*values, moment]
    rows = database.select(db, entity, due, more, order=f'"{date.name}" IS NOT NULL, "{date.name}", id', limit=1)
    later = f'{where} AND "{date.name}" > ?'
    coming = database.select(db, entity, later, more, order=f'"{date.name}"', limit=1)
    found: dict[str, Any] = {
        "left": database.count(db, entity, due, more), "card": None,
        "next": show(date, coming[0][date.name]) if coming else "",
    }  # fmt: skip
    if rows:
        behind = [field for field in entity.fields if _is_behind(entity, field)]
        found["card"] = cells(db, entity, rows, behind)[0]
        found["moves"] = moves.open_moves(entity, rows[0], visitor)
        found["may_change"] = visitor.may_change(entity) and not locks.lock_on(db, entity, int(rows[0]["id"] or 0))
    return found


def _is_behind(entity: Entity, field: Field) -> bool:
    """Whether a field belongs to the answer: what was written, not what it is filed under or counted by."""
    is_written = field.type in ("text", "longtext", "url", "money", "decimal")
    return is_written and field.name not in entity.title


def tally(db: sqlite3.Connection, entity: Entity, only: tuple[str, list[Value]] = ("1", [])) -> dict[str, Any]:
    """How often each answer was given, for every question with answers to choose from."""
    where, values = only
    questions = []
    for field in entity.of_type("choice", "bool"):
        asked = f'{where} AND "{field.name}" IS NOT NULL'
        sql = f'SELECT "{field.name}", count(*) FROM "{entity.table}" r WHERE {asked} GROUP BY 1'
        counted = {row[0]: int(row[1]) for row in db.execute(sql, values)}
        answers = field.choices if field.type == "choice" else (1, 0)
        given = sum(counted.values())
        bars = [(show(field, one), counted.get(one, 0), _percent(counted.get(one, 0), given)) for one in answers]
        questions.append({"field": field, "bars": bars, "total": given})
    return {"questions": questions, "total": database.count(db, entity, where, values)}


def _percent(part: int, whole: int) -> int:
    return (200 * part + whole) // (2 * whole) if whole else 0
