"""What a link can be chosen from: the newest in a list, and any of them by its name where the list is too long."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping

from . import database
from .access import Visitor
from .model import Entity, Field
from .routing import is_number
from .text import fold

NAMED = "_named"
"""Ends the name of the input in which somebody types what a long list does not show."""


def options(
    db: sqlite3.Connection, fields: list[Field], visitor: Visitor, given: Mapping[str, str],
    closed: Mapping[str, Collection[int]] | None = None,
) -> dict[str, database.Labels]:  # fmt: skip
    """What each link can be chosen from: what was typed, else the newest; and what is chosen already.

    Nothing is offered that is `closed`: the link would be refused.
    """
    found = {}
    for field in fields:
        if field.ref:
            target = database.BY_TABLE[field.ref]
            where, values = visitor.chooses(target)
            chosen = given.get(field.name, "")
            now = int(chosen) if is_number(chosen) else 0
            typed = given.get(field.name + NAMED, "")
            listed = called(db, field, visitor, typed) if typed.strip() else {}
            shut = json.dumps(sorted((closed or {}).get(field.name, ())))
            is_open = f"{where} AND id NOT IN (SELECT value FROM json_each(?))"
            listed = listed or database.labels(db, target, is_open, [*values, shut])
            other = {} if now in listed else database.labels(db, target, f"id = ? AND {where}", [now, *values])
            found[field.name] = told_apart(db, target, {**other, **listed})
    return found


def told_apart(db: sqlite3.Connection, target: Entity, named: database.Labels) -> database.Labels:
    """The names; where several are called the same, with what each belongs to: the kitchens of two plots."""
    link = next((field for field in target.of_type("ref") if field.required and field.name not in target.title), None)
    many = Counter(named.values())
    twice = [key for key, name in named.items() if many[name] > 1]
    if link is None or not twice:
        return named
    rows = database.select(db, target, f"id IN ({', '.join(map(str, twice))})", limit=len(twice))
    of = database.ref_labels(db, target, link.name, rows)
    more = {int(row["id"] or 0): of.get(int(row[link.name] or 0), "") for row in rows}
    return {key: f"{name} ({more[key]})" if more.get(key) else name for key, name in named.items()}


def too_long(db: sqlite3.Connection, fields: list[Field], visitor: Visitor) -> dict[str, int]:
    """How many there are to choose from, for each link whose list does not show them all."""
    counted = {}
    for field in fields:
        if field.ref:
            where, values = visitor.chooses(database.BY_TABLE[field.ref])
            counted[field.name] = database.count(db, database.BY_TABLE[field.ref], where, values)
    return {name: many for name, many in counted.items() if many > database.MAX_OPTIONS}


def chosen_by_name(
    visitor: Visitor, fields: list[Field], form: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The form with each link that was typed by its name, and what is wrong with those that name none or several."""
    given, wrong = dict(form), {}
    for field in fields:
        typed = form.get(field.name + NAMED, "").strip()
        if field.ref and typed:
            with database.session() as db:
                found = called(db, field, visitor, typed)
            if len(found) == 1:
                given[field.name] = str(next(iter(found)))
            elif found:
                wrong[field.name] = f"There are {len(found)} called “{typed[:60]}”. They are in the list now; choose one."
            else:
                wrong[field.name] = f"There is none called “{typed[:60]}”."
    return given, wrong


def called(db: sqlite3.Connection, field: Field, visitor: Visitor, typed: str) -> database.Labels:
    """Those of just this name, else those whose names hold all of its words."""
    target = database.BY_TABLE[field.ref]
    names = database.labels(db, target, *visitor.chooses(target), limit=-1)
    folded = {key: fold(name) for key, name in names.items()}
    same = {key: names[key] for key, name in folded.items() if name == fold(typed)}
    words = fold(typed).split()
    return same or {key: names[key] for key, name in folded.items() if all(word in name for word in words)}
