"""Puts on scenes: small sets of records that belong to each other, on which a rule, a move or a figure is tried."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app import database, moves
from app.database import BY_TABLE
from app.fields import read
from app.model import Entity

from .client import Browser
from .forms import dated, different, send

Key = tuple[str, int]
SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))


class Stage:
    """A scene in the app: its records are put in one after the other, each is known by its table and number."""

    def __init__(self, client: Browser, scene: dict[str, Any]) -> None:
        self.client = client
        self.records: dict[Key, dict[str, str]] = {(table, number): texts for table, number, texts in scene["records"]}
        self.subject: Key = tuple(scene["subject"])  # type: ignore[assignment]  # a table and a number
        self.ids: dict[Key, int] = {}

    def values(self, key: Key, texts: dict[str, str] | None = None) -> dict[str, str]:
        """What is typed into the form of a record; links lead to the records of the scene."""
        entity = BY_TABLE[key[0]]
        typed = {}
        for field in entity.fields:
            text = (self.records[key] if texts is None else texts).get(field.name, "")
            typed[field.name] = str(self.ids[field.ref, int(text)]) if field.ref and text else dated(text)
        return {**typed, **different(entity)}

    def put(self, key: Key, texts: dict[str, str] | None = None) -> int:
        """Put a record straight into the database; its number in the app."""
        entity = BY_TABLE[key[0]]
        values = self.values(key, texts)
        kept = {**moves.first_state(entity), **_read(entity, values)}
        with database.session() as db:
            self.ids[key] = database.insert(db, entity, kept)
        return self.ids[key]

    def put_all(self, *, before: Key | None = None) -> int:
        """Put in every record of the scene, or those before one; the number of the subject."""
        for key in self.records:
            if key == before:
                break
            if key not in self.ids:
                self.put(key)
        return self.ids.get(self.subject, 0)

    def send(self, key: Key) -> Any:
        """Send the form of a new record."""
        return send(self.client, f"/{key[0]}/new", self.values(key))


def _read(entity: Entity, values: dict[str, str]) -> dict[str, Any]:
    """The values to keep; a state that nothing is said of is the first one."""
    said = [field for field in entity.fields if values[field.name] or field.name != entity.state]
    return {field.name: read(field, values[field.name]) if values[field.name] else None for field in said}
