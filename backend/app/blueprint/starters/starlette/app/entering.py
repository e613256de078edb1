"""What is typed into a form, read, checked and made ready to be kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from . import database, moves, rules
from .access import Visitor
from .fields import Refused, Value, read
from .model import Entity, Field


def read_all(fields: Sequence[Field], form: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """The values of a form, and what is wrong with it, by field."""
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        try:
            values[field.name] = read(field, form.get(field.name, ""))
        except Refused as error:
            wrong[field.name] = str(error)
    return values, wrong


def started(visitor: Visitor, entity: Entity, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of a new record, with what a visitor who is not staff does not fill in themselves."""
    if visitor.is_staff:
        return {**values, **moves.first_state(entity)}
    return {**first_values(entity), **values, **visitor.forced(entity), **moves.first_state(entity)}


def first_values(entity: Entity) -> dict[str, Value]:
    """What a record begins with where nobody was asked."""
    chosen = {field.name: field.choices[0] for field in entity.of_type("choice") if field.required or field.name == entity.board}
    # A box that nobody saw is not ticked, unless it begins with a tick.
    boxes = (field.name for field in entity.of_type("bool") if not field.starts_as)
    return {**dict.fromkeys(boxes, 0), **chosen, **moves.first_state(entity)}


def refuse_hidden(db: sqlite3.Connection, visitor: Visitor, entity: Entity, values: Mapping[str, Value]) -> None:
    """A link shows the name of what it leads to, and may make it theirs: it leads only to what they can choose."""
    hidden = {}
    for field in entity.of_type("ref"):
        chosen = values.get(field.name)
        if chosen is not None:
            where, more = visitor.chooses(database.BY_TABLE[field.ref])
            if not database.count(db, database.BY_TABLE[field.ref], f"id = ? AND {where}", [chosen, *more]):
                hidden[field.name] = rules.GONE
    if hidden:
        raise rules.Broken(hidden)
