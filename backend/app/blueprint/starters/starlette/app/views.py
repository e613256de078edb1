"""Other ways to look at the records: by day, by status, and added up."""

from __future__ import annotations

import calendar
import re
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from . import database, locks, moves, rules
from .access import Visitor
from .clock import today
from .fields import Value, clock, day, show
from .model import FILES, Entity, Field, InOrder, Move, NoOverlap, Overdue, lower_first
from .schema import ABOUT, ENTITIES

MONTH = re.compile(r"^(\d{4})-(\d{2})$")
BOARD_LIMIT = 50
GALLERY_SIZE = 24
MOST_BARS = 24
ENDS = ("end", "until", "to_", "leaves", "back", "check_out", "checkout", "departure")


def coming_up(db: sqlite3.Connection, visitor: Visitor, *, limit: int = 6) -> list[dict[str, Any]]:
    """The next records of every kind that has a calendar."""
    found = []
    for entity in ENTITIES:
        if entity.calendar and visitor.sees_some(entity):
            name = entity.calendar
            sees, values = visitor.sees(entity)
            where = f'{sees} AND "{name}" >= ?'
            since = today().isoformat()
            rows = database.select(db, entity, where, [*values, since], order=f'"{name}"', limit=limit)
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
    return entity.label if plain else f"{entity.label}, {lower_first(entity.field(entity.calendar).label)}"


def sums(db: sqlite3.Connection, visitor: Visitor) -> list[dict[str, Any]]:
    """The sum of each kind of record that has totals, and what of it is open and late where that is watched."""
    found = []
    for entity in ENTITIES:
        if entity.totals and not entity.is_line:
            field = entity.field(entity.totals)
            label = field.label
            found.append({"entity": entity, "field": field, "label": f"{label}, all {entity.many}", "total": _sum(db, entity, visitor)})
            if any(isinstance(rule, Overdue) and rule.status for rule in entity.rules):
                still_open = _sum(db, entity, visitor, rules.still_open(entity))
                late = late_sum(db, entity, visitor)
                found.append({"entity": entity, "field": field, "label": f"{label}, still open", "total": still_open, "late": late})
    return found


def _amount(entity: Entity) -> str:
    """What is added up, as SQL about the row `r`: a field that is kept, or one that is worked out."""
    field = entity.field(entity.totals)
    return f"({field.sql})" if field.sql else f'r."{field.name}"'


def _sum(
    db: sqlite3.Connection, entity: Entity, visitor: Visitor, only: tuple[str, list[Value]] = ("1", [])
) -> int:
    sees, values = visitor.sees(entity)
    sql = f'SELECT coalesce(sum({_amount(entity)}), 0) FROM "{entity.table}" r WHERE {sees} AND {only[0]}'
    return int(db.execute(sql, [*values, *only[1]]).fetchone()[0])


def month(db: sqlite3.Connection, entity: Entity, wanted: str, visitor: Visitor) -> dict[str, Any]:
    """The weeks of a month (`wanted` is like "2030-05"; otherwise this month) with the records of each day."""
    first = _first_of(wanted)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    name, end = entity.calendar, _end(entity)
    sees, values = visitor.sees(entity)
    until = f'max("{name}", coalesce("{end}", "{name}"))' if end else f'"{name}"'
    rows = database.select(
        db, entity, f'{sees} AND {until} >= ? AND "{name}" < ?',
        [*values, first.isoformat(), (last + timedelta(days=1)).isoformat()], order=f'"{name}"', limit=-1,
    )  # fmt: skip
    titles = database.title_rows(db, entity, rows)
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        event = _event(entity, row, titles)
        for at in _days(str(row[name]), str(row[end] or "") if end else "", first, last):
            days.setdefault(at.isoformat(), []).append(event)
    weeks = [
        [{"date": one, "in_month": one.month == first.month, "events": days.get(one.isoformat(), [])} for one in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return {
        "weeks": weeks,
        "today": today(),
        "heading": f"{entity.plural} in {first:%B %Y}",
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{last + timedelta(days=1):%Y-%m}",
        "total": len(rows),
        "agenda": [(key, day(key), days[key]) for key in sorted(days)],
        "at": "T09:00" if entity.field(name).type == "datetime" else "",
    }


def _end(entity: Entity) -> str:
    """The field that says until when a record of the calendar lasts, where it has one."""
    for rule in entity.rules:
        if isinstance(rule, NoOverlap) and rule.start == entity.calendar and rule.end:
            return rule.end
        # An invoice is not going on from its date until it is due.
        if isinstance(rule, InOrder) and rule.earlier == entity.calendar and rule.later.startswith(ENDS):
            return rule.later
    begin = entity.field(entity.calendar)
    later = entity.fields[entity.fields.index(begin) + 1 :]
    return next((field.name for field in later if field.type == begin.type and field.name.startswith(ENDS)), "")


def _days(start: str, end: str, first: date, last: date) -> list[date]:
    """The days of the month that something from `start` to `end` belongs to; one that ends at midnight ends the day before."""
    begins = date.fromisoformat(start[:10])
    ends = max(begins, date.fromisoformat(end[:10])) if end else begins
    if end[10:] == "T00:00" and ends > begins:
        ends -= timedelta(days=1)
    begins, ends = max(begins, first), min(ends, last)
    return [begins + timedelta(days=number) for number in range((ends - begins).days + 1)]


def _first_of(wanted: str) -> date:
    match = MONTH.match(wanted) if wanted.isascii() else None
    if match and 1 <= int(match[2]) <= 12 and 1900 <= int(match[1]) <= 9000:
        return date(int(match[1]), int(match[2]), 1)
    return today().replace(day=1)


def board(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> list[dict[str, Any]]:
    """A column for each choice of the status, with its first records and the columns beside it.

    Records without one come first, where there are any.
    """
    field = entity.field(entity.board)
    sees, values = visitor.sees(entity)
    columns = []
    for index, choice in enumerate(("", *field.choices)):
        where = f'{sees} AND "{field.name}" = ?' if choice else f'{sees} AND "{field.name}" IS NULL'
        given = [*values, choice] if choice else values
        if not choice and not database.count(db, entity, where, given):
            continue
        rows = database.select(db, entity, where, given, order=database.usual_order(entity), limit=BOARD_LIMIT)
        titles = database.title_rows(db, entity, rows)
        notes = _card_notes(db, entity, rows)
        cards = [
            {"id": row["id"], "title": titles[int(row["id"] or 0)], "notes": notes[at],
             "overdue": rules.is_overdue(entity, row), "steps": _steps(db, entity, row, visitor), "may_move": _may_move(db, entity, row, visitor)}
            for at, row in enumerate(rows)
        ]  # fmt: skip
        columns.append(
            {
                "name": choice, "cards": cards, "count": database.count(db, entity, where, given),
                "before": field.choices[index - 2] if index > 1 else "",
                "after": "".join(field.choices[index : index + 1]),
            }
        )  # fmt: skip
    return columns


def _may_move(db: sqlite3.Connection, entity: Entity, row: database.Row, visitor: Visitor) -> bool:
    """Whether a card can be put elsewhere by hand, where no moves say how a record goes on."""
    if entity.moves and entity.board == entity.state:
        return False
    record_id = int(row["id"] or 0)
    lock = locks.lock_on(db, entity, record_id)
    is_theirs = visitor.is_staff and visitor.may_change_record(db, entity, record_id)
    return is_theirs and (lock is None or entity.board in lock.opens)


def _steps(db: sqlite3.Connection, entity: Entity, row: database.Row, visitor: Visitor) -> list[tuple[int, Move]]:
    """The moves that can be taken with a card, where moves say how a record goes on."""
    if entity.board != entity.state:
        return []
    return [one for one in moves.open_moves(entity, row, visitor) if moves.is_its_turn(db, entity, row, one[1])]


def _card_notes(db: sqlite3.Connection, entity: Entity, rows: list[database.Row]) -> list[list[str]]:
    fields = [f for f in entity.shown if f.name not in entity.title and f.name != entity.board and f.type not in FILES]
    refs = {f.name: database.ref_labels(db, entity, f.name, rows) for f in fields if f.ref}
    notes = []
    for row in rows:
        texts = [_note(f, row[f.name], refs) for f in fields if row[f.name] is not None]
        notes.append([text for text in texts if text][:3])
    return notes


def _note(field: Field, value: Value, refs: dict[str, database.Labels]) -> str:
    """What a card says about one field; a date or a number says which one it is."""
    if field.ref:
        return refs[field.name].get(int(value or 0), "")
    text = show(field, value, currency=ABOUT.currency)
    if field.type in ("date", "datetime"):
        return f"{field.label.removesuffix(' on').removesuffix(' at')}: {text}"
    return f"{field.label}: {text}" if field.type in ("int", "bool") else text


def gallery(db: sqlite3.Connection, entity: Entity, visitor: Visitor, page: int) -> dict[str, Any]:
    """The records as cards: a title, what matters about each, and the letters and tone of its picture."""
    where, values = visitor.sees(entity)
    total = database.count(db, entity, where, values)
    pages = max(1, -(-total // GALLERY_SIZE))
    at = min(page, pages)
    order = database.usual_order(entity)
    rows = database.select(db, entity, where, values, order=order, limit=GALLERY_SIZE, offset=(at - 1) * GALLERY_SIZE)
    titles, notes = database.title_rows(db, entity, rows), _card_notes(db, entity, rows)
    pictures = _pictures(entity)
    cards = [_card(row, titles[int(row["id"] or 0)], notes[index], pictures) for index, row in enumerate(rows)]
    return {"cards": cards, "page": at, "pages": pages, "total": total}


def _pictures(entity: Entity) -> list[Field]:
    """The fields that hold pictures, the one that the gallery is by first."""
    return sorted(entity.of_type("image"), key=lambda field: field.name != entity.gallery)


def _card(row: database.Row, title: str, notes: list[str], pictures: list[Field]) -> dict[str, Any]:
    number = sum(map(ord, title))
    words = re.findall(r"\w+", title)
    letters = "".join(word[0] for word in words[:2]).upper()
    field = next((one for one in pictures if row[one.name]), None)
    return {
        "id": row["id"], "title": title, "notes": notes, "letters": letters, "tone": number % 5, "turn": number % 3,
        "field": field, "value": row[field.name] if field else None,
    }  # fmt: skip


def late_sum(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> int:
    """What the overdue records come to."""
    return _sum(db, entity, visitor, rules.overdue(entity))


def totals(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> list[dict[str, Any]]:
    """The sum of the amounts, grouped in each way that the fields allow."""
    groups = []
    for field in entity.of_type("choice", "ref"):
        rows = _grouped(db, entity, f'"{field.name}"', visitor)
        names = database.ref_labels(db, entity, field.name, [{field.name: key} for key, _, _ in rows]) if field.ref else {}
        bars = [(names.get(key, "–") if field.ref else key or "–", total, count) for key, total, count in rows]
        groups.append(_group(f"By {lower_first(field.label)}", bars))
    when = next((f.name for f in entity.of_type("date", "datetime")), "")
    if when:
        rows = _grouped(db, entity, f'substr("{when}", 1, 7)', visitor)
        groups.append(_group("By month", [(_month_name(key), total, count) for key, total, count in rows]))
    return [_group("Altogether", _grouped(db, entity, "'All'", visitor)), *groups]


def _group(title: str, bars: list[tuple[str, int, int]]) -> dict[str, Any]:
    """The largest of a group, with one row more for all the others, so that the rows add up to the whole."""
    shown, rest = bars[:MOST_BARS], bars[MOST_BARS:]
    if rest:
        shown.append((f"{len(rest):,} others", sum(total for _, total, _ in rest), sum(count for _, _, count in rest)))
    return {"title": title, "bars": shown, "most": max((total for _, total, _ in bars), default=0)}


def _month_name(key: str | None) -> str:
    return f"{datetime.strptime(key, '%Y-%m'):%B %Y}" if key else "–"


def _grouped(db: sqlite3.Connection, entity: Entity, by: str, visitor: Visitor) -> list[tuple[Any, int, int]]:
    sees, values = visitor.sees(entity)
    sql = (
        f'SELECT {by}, coalesce(sum({_amount(entity)}), 0), count(*) FROM "{entity.table}" r WHERE {sees} '
        "GROUP BY 1 ORDER BY 2 DESC"
    )
    return [(row[0], int(row[1]), int(row[2])) for row in db.execute(sql, values)]
