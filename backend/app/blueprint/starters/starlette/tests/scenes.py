"""Puts on scenes: small sets of records that belong to each other, on which a rule, a move or a figure is tried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import database, moves, people
from app.database import BY_TABLE
from app.fields import typed
from app.model import Entity

from .client import Browser
from .forms import NUMBERS, Session, dated, different, linked_twin, put, send, taken, token_of, twin

Key = tuple[str, int]
SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))


class Stage:
    """A scene in the app: its records are put in one after the other, each is known by its table and number."""

    def __init__(self, client: Browser, scene: dict[str, Any]) -> None:
        self.client = client
        self.records: dict[Key, dict[str, str]] = {(table, number): texts for table, number, texts in scene["records"]}
        self.subject: Key = tuple(scene["subject"])  # type: ignore[assignment]  # a table and a number
        self.ids: dict[Key, int] = {}
        self.token: dict[str, str] = {}

    def values(self, key: Key, texts: dict[str, str] | None = None) -> dict[str, str]:
        """What is typed into the form of a record; links lead to the records of the scene."""
        entity = BY_TABLE[key[0]]
        filled = {}
        for field in entity.fields:
            text = (self.records[key] if texts is None else texts).get(field.name, "")
            linked = self.ids.get((field.ref, int(text))) if field.ref and text else None
            filled[field.name] = str(linked or "") if field.ref else dated(text)
        return {**filled, **different(entity, also_days=False)}

    def put(self, key: Key, texts: dict[str, str] | None = None) -> int:
        """Put a record straight into the database; its number in the app."""
        entity = BY_TABLE[key[0]]
        values = self.values(key, texts)
        kept = {**moves.first_state(entity), **_read(entity, values)}
        with database.session() as db:
            there = twin(db, entity, kept)
        if there and (key[0], there) not in {(table, at) for (table, _), at in self.ids.items()}:
            # It is another scene's, which has the day already.
            kept |= _read(entity, {**values, **different(entity)})
        # What this scene's records may belong to once is there already, where another scene has put it in.
        self.ids[key] = (0 if key == self.subject else linked_twin(entity, kept)) or put(entity, kept)
        return self.ids[key]

    def act_as(self, role: str, table: str) -> None:
        """Sign in as somebody of that role; the first record of the table, if they have one, describes them."""
        with database.session() as db:
            record_id = self.ids.get((table, 1))
            email = f"nora{next(NUMBERS)}@example.org"
            user = people.add(db, name="Nora", email=email, hashed="x.y", role=role, record_id=record_id)
            self.client.cookies[people.COOKIE] = people.open_session(db, user)
        self.token = {"csrf_token": token_of(self.client.get("/about").text)}

    def act_as_owner(self) -> None:
        """Be the owner again."""
        if Session.owner:
            self.client.cookies[people.COOKIE] = Session.owner
        self.token = {}

    def put_all(self, *, before: Key | None = None, known: Mapping[Key, int] | None = None) -> int:
        """Put in every record of the scene that is not known, or those before one; the number of the subject."""
        self.ids |= known or {}
        for key in self.records:
            if key == before:
                break
            if key not in self.ids:
                self.put(key)
        self._link_back()
        return self.ids.get(self.subject, 0)

    def _link_back(self) -> None:
        """Fill in the links to what came later, where two records lead to each other."""
        places = {key: place for place, key in enumerate(self.records)}
        for (table, number), record_id in self.ids.items():
            texts = self.records.get((table, number), {})
            links = {field.name: (field.ref, int(texts[field.name])) for field in BY_TABLE[table].of_type("ref") if texts.get(field.name)}
            # What was there before and is not linked is meant to be so.
            links = {name: key for name, key in links.items() if places.get(key, -1) > places[table, number]}
            with database.session() as db:
                row = database.get(db, BY_TABLE[table], record_id) or {}
                late = {name: self.ids[key] for name, key in links.items() if key in self.ids and row.get(name) is None}
                if late:
                    database.update(db, BY_TABLE[table], record_id, late)

    def changed(self, key: Key) -> dict[str, str]:
        """What is typed into the form that changes a record; what the app had filled in stays."""
        entity, values = BY_TABLE[key[0]], self.values(key)
        with database.session() as db:
            row = database.get(db, entity, self.ids[key])
        assert row is not None
        stays = [field for field in entity.fields if field.starts_as and not values[field.name]]
        return {**values, **{field.name: typed(field, row[field.name]) for field in stays}}

    def send(self, key: Key) -> Any:
        """Send the form of a new record."""
        return send(self.client, f"/{key[0]}/new", {**self.values(key), **self.token})


def _read(entity: Entity, values: dict[str, str]) -> dict[str, Any]:
    """The values to keep; a state that nothing is said of is the first one."""
    said = [field for field in entity.fields if values[field.name] or field.name != entity.state]
    return {field.name: taken(field, values[field.name]) if values[field.name] else None for field in said}
