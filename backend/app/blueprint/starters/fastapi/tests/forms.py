"""Fills in and sends the app's forms, as a browser would."""

from __future__ import annotations

import functools
import itertools
import re
from typing import Any

from fastapi.testclient import TestClient

from app.database import BY_TABLE
from app.model import Entity, Unique
from app.schema import ENTITIES

SAMPLES = {
    "text": "Zebra crossing", "longtext": "First line\nsecond line", "int": "3", "money": "12.50", "date": "2031-03-04",
    "datetime": "2031-03-04T10:30", "bool": "1", "email": "zoe@example.com", "phone": "+44 20 7946 0000",
    "url": "https://example.com/a?b=c",
}  # fmt: skip


NUMBERS = itertools.count(1001)


@functools.lru_cache(maxsize=1)
def token(client: TestClient) -> str:
    """The hidden token that the app's forms carry."""
    return token_of(client.get(f"/{ENTITIES[0].table}/new").text)


def token_of(page: str) -> str:
    """The hidden token in a page."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, "this page has no form"
    return match[1]


def send(client: TestClient, address: str, values: dict[str, str]) -> Any:
    """Post a form with its token; the answer, redirects not followed."""
    return client.post(address, data={**values, "csrf_token": token(client)}, follow_redirects=False)


def filled(client: TestClient, entity: Entity, /, **changes: str) -> dict[str, str]:
    """Good values for every field; what a record must belong to is added first."""
    values = {}
    for field in entity.fields:
        if field.type == "choice":
            values[field.name] = field.choices[0]
        elif field.type == "ref":
            values[field.name] = str(add(client, BY_TABLE[field.ref])) if field.required else ""
        else:
            values[field.name] = SAMPLES[field.type]
    for rule in entity.rules:
        if isinstance(rule, Unique):
            values |= {name: str(next(NUMBERS)) for name in rule.fields if entity.field(name).type in ("text", "int")}
    return {**values, **changes}


def add(client: TestClient, entity: Entity, /, **changes: str) -> int:
    """Add a record through its form; its id."""
    answer = send(client, f"/{entity.table}/new", filled(client, entity, **changes))
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])
