"""Other ways to look at the records: by day, by status, and added up."""

from __future__ import annotations

import calendar
import re
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from . import database, rules
from .fields import clock, day, show
from .model import Entity
from .schema import ABOUT, ENTITIES

MONTH = re.compile(r"^(\d{4})-(\d{2})$")
BOARD_LIMIT = 50


def coming_up(db: sqlite3.Connection, *, limit: int = 6) -> list[dict[str, Any]]:
    """The next records of every kind that has a calendar."""
    found = []
    for entity in ENTITIES:
        if entity.calendar:
            name = entity.calendar
            where = f'"{name}" >= ?'
            rows = database.select(db, entity, where, [date.today().isoformat()], order=f'"{name}"', limit=limit)
            titles = database.title_rows(db, entity, rows)
            found += [_event(entity, row, titles) for row in rows]
    return sorted(found, key=lambda event: event["at"])[:limit]


def _event(entity: Entity, row: database.Row, titles: database.Labels) -> dict[str, Any]:
    at = str(row[entity.calendar])
    return {
        "entity": entity,
        "id": row["id"],
        "what": _what(entity),
        "title": titles[int(row["id"] or 0)],
        "at": at,
        "day": day(at),
        "clock": clock(at),
        "overdue": rules.is_overdue(entity, row),
    }


def _what(entity: Entity) -> str:
    """What the day means: "Booking" for its own time, "Lease ends on" for another date."""
    plain = entity.calendar in ("at", "on_date", "starts_at", "starts_on", "from_on", "leaves_at")
    return entity.label if plain else f"{entity.label}, {entity.field(entity.calendar).label.lower()}"


def sums(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """The sum of each kind of record that has totals."""
    found = []
    for entity in ENTITIES:
        if entity.totals:
            total = db.execute(f'SELECT coalesce(sum("{entity.totals}"), 0) FROM "{entity.table}"').fetchone()[0]
            found.append({"entity": entity, "label": entity.field(entity.totals).label, "total": total})
    return found


def month(db: sqlite3.Connection, entity: Entity, wanted: str) -> dict[str, Any]:
    """The weeks of a month (`wanted` is like "2030-05"; otherwise this month) with the records of each day."""
    first = _first_of(wanted)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    name = entity.calendar
    rows = database.select(
        db, entity, f'"{name}" >= ? AND "{name}" < ?',
        [first.isoformat(), (last + timedelta(days=1)).isoformat()], order=f'"{name}"', limit=1_000,
    )  # fmt: skip
    titles = database.title_rows(db, entity, rows)
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(str(row[name])[:10], []).append(_event(entity, row, titles))
    weeks = [
        [{"date": one, "in_month": one.month == first.month, "events": days.get(one.isoformat(), [])} for one in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return {
        "weeks": weeks,
        "today": date.today(),
        "heading": f"{entity.plural} in {first:%B %Y}",
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{last + timedelta(days=1):%Y-%m}",
        "total": len(rows),
        "agenda": [(day(key), events) for key, events in days.items()],
    }


def _first_of(wanted: str) -> date:
    match = MONTH.match(wanted) if wanted.isascii() else None
    if match and 1 <= int(match[2]) <= 12 and 1900 <= int(match[1]) <= 9000:
        return date(int(match[1]), int(match[2]), 1)
    return date.today().replace(day=1)


def board(db: sqlite3.Connection, entity: Entity) -> list[dict[str, Any]]:
    """A column for each choice of the status, with its newest records."""
    field = entity.field(entity.board)
    columns = []
    for choice in field.choices:
        where = f'"{field.name}" = ?'
        rows = database.select(db, entity, where, [choice], limit=BOARD_LIMIT)
        titles = database.title_rows(db, entity, rows)
        notes = _card_notes(db, entity, rows)
        cards = [
            {"id": row["id"], "title": titles[int(row["id"] or 0)], "notes": notes[index],
             "overdue": rules.is_overdue(entity, row)}
            for index, row in enumerate(rows)
        ]  # fmt: skip
        columns.append({"name": choice, "cards": cards, "count": database.count(db, entity, where, [choice])})
    return columns


def _card_notes(db: sqlite3.Connection, entity: Entity, rows: list[database.Row]) -> list[list[str]]:
    fields = [f for f in entity.shown if f.name not in entity.title and f.name != entity.board][:2]
    refs = {f.name: database.ref_labels(db, entity, f.name, rows) for f in fields if f.ref}
    notes = []
    for row in rows:
        texts = []
        for f in fields:
            value = row[f.name]
            if value is not None:
                texts.append(refs[f.name].get(int(value), "") if f.ref else show(f, value, currency=ABOUT.currency))
        notes.append([text for text in texts if text])
    return notes


def totals(db: sqlite3.Connection, entity: Entity) -> list[dict[str, Any]]:
    """The sum of the amounts, grouped in each way that the fields allow."""
    groups = []
    for field in entity.fields:
        if field.type in ("choice", "ref"):
            rows = _grouped(db, entity, f'"{field.name}"')
            names = {}
            if field.ref:
                names = database.labels(db, database.BY_TABLE[field.ref])
            bars = [(names.get(key, "-") if field.ref else key or "-", total, count) for key, total, count in rows]
            groups.append(_group(f"By {field.label.lower()}", bars))
    when = next((f.name for f in entity.of_type("date", "datetime")), "")
    if when:
        bars = [(_month_name(key), total, count) for key, total, count in _grouped(db, entity, f'substr("{when}", 1, 7)')]
        groups.append(_group("By month", bars))
    whole = _grouped(db, entity, "'All'")
    return [_group("Altogether", whole), *groups]


def _group(title: str, bars: list[tuple[str, int, int]]) -> dict[str, Any]:
    return {"title": title, "bars": bars, "most": max((total for _, total, _ in bars), default=0)}


def _month_name(key: str | None) -> str:
    return f"{datetime.strptime(key, '%Y-%m'):%B %Y}" if key else "-"


def _grouped(db: sqlite3.Connection, entity: Entity, by: str) -> list[tuple[Any, int, int]]:
    sql = (
        f'SELECT {by}, coalesce(sum("{entity.totals}"), 0), count(*) FROM "{entity.table}" '
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 24"
    )
    return [(row[0], int(row[1]), int(row[2])) for row in db.execute(sql)]
