"""Lines in the form of the record they belong to: what is asked for, what was sent, and what it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import database, edits, lines, locks
from .access import Visitor
from .choices import NAMED, called, options, too_long
from .entering import refuse_hidden, started
from .fields import Value
from .lines import Kind, Line
from .model import Entity, Field
from .rendering import notices


@dataclass(frozen=True)
class Sent:
    """The lines that were sent with a form, and what is wrong with them by the names of their fields there."""

    kind: Kind | None
    lines: Sequence[Line]
    wrong: Mapping[str, str]


def read(kind: Kind | None, form: Mapping[str, str]) -> Sent:
    """The lines that say something of those in a form that was sent."""
    if kind is None:
        return Sent(None, (), {})
    found = lines.filled(kind, lines.posted(form))
    return Sent(kind, found, lines.wrong_in(kind, found))


def links(kind: Kind | None, form: Mapping[str, str]) -> list[Field]:
    """The links of the lines that were sent, as the form names them."""
    if kind is None:
        return []
    asked = [field for field in kind.fields if field.ref]
    return [replace(field, name=line.name(field.name)) for line in lines.posted(form) for field in asked]


def asks_more(form: Mapping[str, str]) -> bool:
    """Whether more blank lines are asked for: then nothing is kept yet, and nothing is missing yet."""
    return lines.MORE in form


def writer(db: sqlite3.Connection, visitor: Visitor, kind: Kind | None) -> lines.Writer:
    """How whoever is signed in writes lines."""

    def start(values: Mapping[str, Value]) -> dict[str, Value]:
        return started(visitor, kind.entity, values) if kind else dict(values)

    def check(values: Mapping[str, Value]) -> None:
        if kind:
            refuse_hidden(db, visitor, kind.entity, values)

    return lines.Writer(visitor.name, start, check)


def of_staff(
    db: sqlite3.Connection, visitor: Visitor, entity: Entity, given: Mapping[str, str], record_id: int | None
) -> dict[str, Any] | None:
    """The lines in the form of a record: those that were sent, or else those that are kept, and a few to go on with."""
    kind = lines.of_staff(visitor, entity)
    if kind is None or (record_id and locks.entry_lock(db, kind.entity, kind.link, record_id)):
        return None
    known = lines.posted(given) or (lines.kept(db, kind, record_id, visitor) if record_id else [])
    offered = list(kind.fields)
    chosen = _with_chosen(db, visitor, kind, known, options(db, offered, visitor, {}))
    for field in offered:
        for line in known if field.ref else ():
            name = line.typed.get(field.name + NAMED, "").strip()
            chosen[field.name] |= called(db, field, visitor, name) if name else {}
    entered = shown(kind, known, given, options=chosen, notes=notices(db, kind.entity, chosen), many=too_long(db, offered, visitor))
    kept = lines.count(db, kind, record_id, visitor) if record_id else 0
    return {**entered, "kept": kept, "address": f"/{kind.entity.table}?{kind.link.name}={record_id}"}


def _with_chosen(
    db: sqlite3.Connection, visitor: Visitor, kind: Kind, known: Sequence[Line], listed: dict[str, database.Labels]
) -> dict[str, database.Labels]:
    """What can be chosen, with what the lines have chosen already."""
    for name in listed:
        target = database.BY_TABLE[kind.entity.field(name).ref]
        texts = {line.typed.get(name, "") for line in known}
        missing = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]
        missing = [number for number in missing if number not in listed[name]]
        if missing:
            where, values = visitor.chooses(target)
            marks = ",".join("?" for _ in missing)
            listed[name] |= database.labels(db, target, f"id IN ({marks}) AND {where}", [*missing, *values])
    return listed


def shown(
    kind: Kind, known: Sequence[Line], given: Mapping[str, str], *, options: Mapping[str, database.Labels],
    notes: Mapping[str, dict[int, str]], many: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """What the form shows of the lines: each with its fields under the names that they have there."""
    more = lines.BLANK if asks_more(given) or not any(line.record_id is None for line in known) else 0
    every = [*known, *lines.blank(known, more)]
    return {
        "entity": kind.entity, "rows": [_row(kind, line) for line in every], "options": options, "notes": notes, "many": many,
        "may_remove": kind.may_remove, "some_kept": any(line.record_id is not None for line in known), "is_full": len(every) >= lines.MOST, "more": lines.MORE, "most": lines.MOST,
    }  # fmt: skip


def _row(kind: Kind, line: Line) -> dict[str, Any]:
    before = {line.name(name): text for name, text in line.typed.items() if name.startswith(edits.BEFORE)}
    if line.record_id is not None:
        before[line.name(lines.ID)] = str(line.record_id)
    asked = [
        {
            "field": replace(field, name=line.name(field.name)),
            "value": line.typed.get(field.name, ""),
            "of": field.name,
            "typed": line.typed.get(field.name + NAMED, ""),
        }
        for field in kind.fields
    ]
    return {
        "whole": line.whole, "is_kept": line.record_id is not None, "is_removed": line.is_removed,
        "remove": line.name(lines.REMOVE), "hidden": before, "asked": asked,
    }  # fmt: skip
