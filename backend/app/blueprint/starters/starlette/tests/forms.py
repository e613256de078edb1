"""Fills in and sends the app's forms, as a browser would."""

from __future__ import annotations

import itertools
import re
from typing import Any

from app.schema import ENTITIES

from app import database
from app.database import BY_TABLE
from app.fields import read
from app.model import Capacity, Entity, Stock, Unique

from .client import Browser

SAMPLES = {
    "text": "Zebra crossing", "longtext": "First line\nsecond line", "int": "3", "money": "12", "date": "2031-03-04",
    "datetime": "2031-03-04T10:30", "bool": "1", "email": "zoe@example.com", "phone": "+44 20 7946 0000",
    "url": "https://example.com/a?b=c",
}  # fmt: skip
NUMBERS = itertools.count(1001)
MUCH = "5000"


class Session:
    """The session of the app's owner, in an app with accounts."""

    owner = ""
    tokens: dict[str, str] = {}


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
    """Good values for every field; what a record must belong to is added first."""
    values = {}
    for field in entity.fields:
        if field.type == "choice":
            values[field.name] = field.choices[0]
        elif field.type == "ref":
            needed = field.required and field.name not in changes
            values[field.name] = str(keep(client, BY_TABLE[field.ref])) if needed else ""
        else:
            values[field.name] = SAMPLES[field.type]
    return {**values, **_within_the_rules(entity), **changes}


def _within_the_rules(entity: Entity) -> dict[str, str]:
    """Room and stock for everybody, of which one is taken at a time, and no name twice."""
    values: dict[str, str] = {}
    for other in ENTITIES:
        for rule in other.rules:
            if isinstance(rule, (Capacity, Stock)):
                limit = rule.limit if isinstance(rule, Capacity) else rule.counted
                amount = rule.takes if isinstance(rule, Capacity) else rule.quantity
                values |= {limit: MUCH} if other.field(rule.ref).ref == entity.table else {}
                values |= {amount: "1"} if other is entity and amount else {}
    for rule in entity.rules:
        if isinstance(rule, Unique):
            values |= {name: _different(entity, name) for name in rule.fields if _can_differ(entity, name)}
    return values


def _can_differ(entity: Entity, name: str) -> bool:
    return entity.field(name).type in ("text", "int", "email", "phone", "url")


def _different(entity: Entity, name: str) -> str:
    number = str(next(NUMBERS))
    kind = entity.field(name).type
    return {"email": f"zoe{number}@example.com", "url": f"https://example.com/{number}"}.get(kind, number)


def keep(client: Browser, entity: Entity, /) -> int:
    """Put a record straight into the database, for others to belong to; its id."""
    values = filled(client, entity)
    kept = {field.name: read(field, values[field.name]) for field in entity.fields}
    with database.session() as db:
        return database.insert(db, entity, kept)


def add(client: Browser, entity: Entity, /, **changes: str) -> int:
    """Add a record through its form; its id."""
    answer = send(client, f"/{entity.table}/new", filled(client, entity, **changes))
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])
