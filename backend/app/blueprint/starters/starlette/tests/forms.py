"""Fills in and sends the app's forms, as a browser would."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.clock import today
from app.schema import ENTITIES, FORMS

from app import conditions, database, files, lines, moves
from app.database import BY_TABLE
from app.fields import read, typed
from app.model import FILES, Capacity, Entity, Field, InOrder, Stock, Unique
from app.seed import dated

from .client import FILES as SAMPLE_FILES
from .client import Browser

YEAR = today().year + 5
"""Far ahead: a form asks for a day to come, and nothing is late before it."""
SAMPLES = {
    "text": "Zebra crossing", "longtext": "First line\nsecond line", "int": "3", "decimal": "1.5", "money": "12", "date": f"{YEAR}-03-04",
    "datetime": f"{YEAR}-03-04T10:30", "bool": "1", "email": "zoe@example.com", "code": "zoe23456", "phone": "+44 20 7946 0000",
    "url": "https://example.com/a?b=c", "image": "zebra.png", "file": "zebra.pdf",
}  # fmt: skip
SAMPLE_ENDS = {"date": f"{YEAR}-03-05", "datetime": f"{YEAR}-03-04T11:30"}
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
RECORDS: dict[str, dict[str, dict[str, str]]] = EXAMPLES.get("records", {})
BESIDE: dict[str, list[tuple[str, int]]] = EXAMPLES.get("beside", {})
LOCKED: list[str] = EXAMPLES.get("locked", [])
"""The kinds of record of which each is settled as soon as it is there."""
Key = tuple[str, int]
NUMBERS = itertools.count(1001)
DRAWN: dict[tuple[str, str], int] = {}
"""How many numbers a test has drawn between the limits of a field, from the lowest on."""
MUCH = "5000"


class Session:
    """The session of the app's owner, in an app with accounts."""

    owner = ""
    tokens: dict[str, str] = {}


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """The text of a file with these rows, with every cell in quotes."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return written.getvalue().rstrip("\n")



def token(client: Browser) -> str:
    """The hidden token that the app's forms carry for whoever is signed in."""
    session = str(sorted(client.cookies.items()))
    if session not in Session.tokens:
        Session.tokens[session] = token_of(client.get(f"/{ENTITIES[0].table}/new").text)
    return Session.tokens[session]


def token_of(page: str) -> str:
    """The hidden token in a page."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, "this page has no form"
    return match[1]


def send(client: Browser, address: str, values: dict[str, str]) -> Any:
    """Post a form with its token; the answer, redirects not followed."""
    if "csrf_token" not in values:
        values = {**values, "csrf_token": token(client)}
    return client.post(address, data=values, follow_redirects=False)


def filled(client: Browser, entity: Entity, /, **changes: str) -> dict[str, str]:
    """Good values for every field; what a record must belong to, and what it needs beside it, is added first."""
    kept: dict[Key, int] = {}
    values = {**_filled(client, entity, 1, changes, kept), **changes}
    _add_beside(client, entity, kept)
    return {**_started(entity, values), **changes}


def _started(entity: Entity, values: dict[str, str]) -> dict[str, str]:
    """The values with what the app would fill in, as a form that changes the record shows them."""
    empty = [field for field in entity.fields if field.starts_as and not values[field.name]]
    if not empty:
        return values
    kept = {field.name: read(replace(field, required=False), values[field.name]) for field in entity.fields if field.type not in FILES}
    with database.session() as db:
        first = conditions.first_values(db, entity, kept)
    return {**values, **{field.name: typed(field, first.get(field.name)) for field in empty}}


def _filled(
    client: Browser, entity: Entity, number: int, changes: dict[str, str], kept: dict[Key, int]
) -> dict[str, str]:
    """`kept` are the records that others of one family share, so that what belongs together does."""
    values, example = {}, RECORDS.get(entity.table, {}).get(str(number), {})
    for field in entity.fields:
        if field.type == "choice":
            values[field.name] = field.choices[0]
        elif field.ref:
            link = example.get(field.name, "1" if field.required else "") if field.name not in changes else ""
            values[field.name] = str(_parent(client, BY_TABLE[field.ref], int(link), kept)) if link else ""
        else:
            values[field.name] = within(field, SAMPLES[field.type])
    said = {name: dated(text) for name, text in example.items() if not entity.field(name).ref}
    return {**values, **_ends(entity, values), **_room(entity), **said, **different(entity), **unlike(entity)}


def _ends(entity: Entity, values: dict[str, str]) -> dict[str, str]:
    """Ends that come after their starts."""
    orders = [rule for rule in entity.rules if isinstance(rule, InOrder) and rule.takes]
    return {rule.later: SAMPLE_ENDS[entity.field(rule.later).type] for rule in orders if values[rule.later]}


def never_changes(entity: Entity) -> bool:
    """True where a rule keeps each record as it was added, whatever it holds."""
    return entity.table in LOCKED


def filled_line(client: Browser, entity: Entity, number: int) -> dict[str, str]:
    """Good values for one line of the form; none where it has no lines."""
    found = lines.children_in(entity)
    if found is None:
        return {}
    child, link = found
    values = filled(client, child, **{link.name: ""})
    asked = [one for one in child.fields if one is not link and not (child.moves and one.name == child.state)]
    return {f"line-{number}-{one.name}": values[one.name] for one in asked}


def _parent(client: Browser, entity: Entity, number: int, kept: dict[Key, int]) -> int:
    if entity.table not in RECORDS:
        return keep(client, entity)
    if (entity.table, number) not in kept:
        kept[entity.table, number] = keep(client, entity, number, kept)
        _add_beside(client, entity, kept)
    return kept[entity.table, number]


def _add_beside(client: Browser, entity: Entity, kept: dict[Key, int]) -> None:
    """Add what must be there beside the example of a kind, but for what belongs to the record itself."""
    for table, number in BESIDE.get(entity.table, []):
        links = {(field.ref, RECORDS[table][str(number)][field.name]) for field in BY_TABLE[table].of_type("ref")}
        if (entity.table, 1) in kept or (entity.table, "1") not in links:
            _parent(client, BY_TABLE[table], number, kept)


def within(field: Field, text: str) -> str:
    """A number, moved between the limits of its field."""
    if field.type in ("int", "decimal", "money"):
        for bound in (field.lowest, field.highest):
            number = read(replace(field, lowest=None, highest=None), text)
            outside = bound is not None and (number < bound if bound == field.lowest else number > bound)
            text = typed(field, bound) if outside else text
    return text


def _room(entity: Entity) -> dict[str, str]:
    """Room and stock for everybody, of which one is taken at a time."""
    values: dict[str, str] = {}
    for other in ENTITIES:
        for rule in other.rules:
            if isinstance(rule, (Capacity, Stock)):
                limit = rule.limit if isinstance(rule, Capacity) else rule.counted
                amount = rule.takes if isinstance(rule, Capacity) else rule.quantity
                is_counted = other.field(rule.ref).ref == entity.table
                values |= {limit: within(entity.field(limit), MUCH)} if is_counted else {}
                values |= {amount: "1"} if other is entity and amount else {}
    return values


def unlike(entity: Entity) -> dict[str, str]:
    """Values that no other record has, where a condition wants them to be."""
    return {name: _different(entity, name) for name in EXAMPLES.get("differ", {}).get(entity.table, [])}


def different(entity: Entity, *, also_days: bool = True) -> dict[str, str]:
    """A value that no other record has, where a rule wants one: a text or a number, or else another day."""
    values = {}
    for rule in entity.rules:
        if isinstance(rule, Unique):
            names = [name for name in rule.fields if _can_differ(entity, name)]
            values |= {name: _different(entity, name) for name in names or (_days_of(entity, rule) if also_days else [])}
    return values


def _days_of(entity: Entity, rule: Unique) -> list[str]:
    fields = [entity.field(name) for name in rule.fields]
    return [] if any(field.ref for field in fields) else [field.name for field in fields if field.type in ("date", "datetime")][:1]


def _can_differ(entity: Entity, name: str) -> bool:
    return entity.field(name).type in ("text", "int", "email", "phone", "url")


def _different(entity: Entity, name: str) -> str:
    field, count = entity.field(name), next(NUMBERS)
    kind, number = field.type, str(count)
    if kind == "text":
        # As long as the example, which keeps the rules about how long a text is.
        like = RECORDS.get(entity.table, {}).get("1", {}).get(name) or SAMPLES["text"]
        return like[: -len(number)] + number
    if kind in ("date", "datetime"):
        # The same day of the week, some weeks later.
        first = dated(RECORDS.get(entity.table, {}).get("1", {}).get(name) or SAMPLES[kind])
        later = date.fromisoformat(first[:10]) + timedelta(weeks=count - 1000)
        return f"{later.isoformat()}{first[10:]}"
    if kind == "int" and field.highest is not None:
        drawn = DRAWN[entity.table, name] = DRAWN.get((entity.table, name), -1) + 1
        return str((field.lowest or 0) + drawn % (field.highest - (field.lowest or 0) + 1))
    return {"email": f"zoe{number}@example.com", "url": f"https://example.com/{number}"}.get(kind, number)


def keep(client: Browser, entity: Entity, number: int = 1, family: dict[Key, int] | None = None, /) -> int:
    """Put a record straight into the database, for others to belong to; its id."""
    values = _filled(client, entity, number, {}, {} if family is None else family)
    kept = moves.first_state(entity) | {field.name: taken(field, values[field.name]) for field in entity.fields}
    return put(entity, kept)


def taken(field: Field, text: str) -> Any:
    """The value to keep for a text; a sample file is kept as if it had been uploaded."""
    if field.type not in FILES or not text:
        return read(field, text)
    with database.session() as db:
        return files.put(db, SAMPLE_FILES[text], text)


def put(entity: Entity, kept: dict[str, Any]) -> int:
    """Put values straight into the database; the record that is there already where a rule allows one alone."""
    with database.session() as db:
        values = {**kept, **conditions.first_values(db, entity, kept)}
        return twin(db, entity, values) or database.insert(db, entity, values)


def twin(db: sqlite3.Connection, entity: Entity, values: dict[str, Any]) -> int:
    """The record beside which no other of these days and choices may be, or 0."""
    for rule in entity.rules:
        if isinstance(rule, Unique) and not any(entity.field(name).ref or _can_differ(entity, name) for name in rule.fields):
            same = " AND ".join(f'"{name}" = ?' for name in rule.fields)
            for found in database.select(db, entity, same, [values[name] for name in rule.fields], limit=1):
                return int(found["id"] or 0)
    return 0


def linked_twin(entity: Entity, values: dict[str, Any]) -> int:
    """The record beside which no other of these links may be, such as the week of a person, or 0."""
    for rule in entity.rules:
        if isinstance(rule, Unique) and any(entity.field(name).ref for name in rule.fields) and all(values.get(name) for name in rule.fields):
            same = " AND ".join(f'"{name}" = ?' for name in rule.fields)
            with database.session() as db:
                for found in database.select(db, entity, same, [values[name] for name in rule.fields], limit=1):
                    return int(found["id"] or 0)
    return 0


def show_to_visitors(entity: Entity, values: dict[str, str]) -> None:
    """Puts what the values lead to where visitors see it, by its state or a tick: nobody else's post is answered."""
    offers = {(form.table, name): sql for form in FORMS for name, sql in form.offers}
    for field in entity.of_type("ref"):
        target, chosen = BY_TABLE[field.ref], values.get(field.name, "")
        is_offered = f"({target.public_if}) AND ({offers.get((entity.table, field.name), '1')})"
        ways = [{one.name: value} for one in target.of_type("bool", "choice") for value in (one.choices or (0, 1))]
        with database.session() as db:
            before = database.get(db, target, int(chosen)) if chosen.isdigit() else None
            for change in ways if before else []:
                if database.count(db, target, f"r.id = ? AND {is_offered}", [int(chosen)]):
                    break
                database.update(db, target, int(chosen), {**{name: before[name] for way in ways for name in way}, **change})


def add(client: Browser, entity: Entity, /, **changes: str) -> int:
    """Add a record through its form; its id."""
    answer = send(client, f"/{entity.table}/new", filled(client, entity, **changes))
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])
