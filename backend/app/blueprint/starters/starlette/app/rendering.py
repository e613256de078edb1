"""Turns records into what a page shows, and a page into HTML."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader
from jinja2.bccache import Bucket
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from . import database, hosts, once, rules
from .access import Visitor
from .fields import EMAIL, MAX_TEXT, PHONE, URL, Value, day, file_name, is_pressing, show, tone
from .files import MOST_BYTES
from .model import FILES, Entity, Field, lower_first
from .routing import Given
from .schema import ABOUT, ENTITIES, FORMS, MESSAGES, ROLES, SITE, TOOLS
from .security import new_token, read_form, session_of

DONE = {
    "added": "Added.", "saved": "Saved.", "deleted": "Deleted.", "moved": "Moved.", "restored": "Brought back.",
    "imported": "Imported.", "cancelled": "Cancelled. We know of it.", "password": "The new password is kept.", "welcome": "Welcome! Your app is set up.",
}  # fmt: skip
PUBLIC = [entity for entity in ENTITIES if entity.public]
HAS_FRONT = bool(SITE or FORMS or TOOLS or PUBLIC) or any(role.own for role in ROLES)
"""Whether the app has a side for people who are not of the staff."""
SHORTEST_PHONE = 6
FULL = "full"
DASHBOARD = "/staff-side" if HAS_FRONT else "/"

def is_part(entity: Entity, names: Iterable[str]) -> bool:
    """Whether one of these fields makes it a part of a public record, on whose page it stands: a reply, a vote."""
    links = [entity.field(name) for name in names]
    return any(field.ref and field.required and database.BY_TABLE[field.ref].public == "detail" for field in links)


GENERAL_FORMS = [form for form in FORMS if not is_part(database.BY_TABLE[form.table], form.fields)]
PUBLIC_KINDS = [one for one in PUBLIC if not is_part(one, [field.name for field in one.fields])]
"""The public kinds that visitors look for by themselves."""


class TemplateCache(FileSystemBytecodeCache):
    """Keeps what templates are compiled to beside what Python keeps of the code, for the next start."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The same wherever the app lies, as it lies beside its templates; what they hold is compared anyway."""
        return super().get_cache_key(name)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one, where that can be written."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


HERE = Path(__file__).parent
templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
    bytecode_cache=TemplateCache(str(HERE / "__pycache__"), "%s.template"),
)  # fmt: skip
templates.globals.update(
    about=ABOUT, entities=ENTITIES, forms=GENERAL_FORMS, public_kinds=PUBLIC_KINDS, site=SITE, tools=TOOLS,
    by_table=database.BY_TABLE, has_front=HAS_FRONT, dashboard=DASHBOARD,
    file_types=FILES, takes_pictures=any(entity.of_type("image") for entity in ENTITIES), writes=bool(MESSAGES), most_megabytes=MOST_BYTES // 1_000_000, can_sign_up=any(role.own for role in ROLES), tone=tone, is_pressing=is_pressing, said=lambda field, value: show(field, value, currency=ABOUT.currency), day=day,
)  # fmt: skip

Form = Annotated[dict[str, str], Given(read_form)]


def linked(text: str) -> str:
    """Where a text leads that is an address, a phone number or a web page; nothing for any other text."""
    if "\n" in text or len(text) > MAX_TEXT:
        return ""
    if EMAIL.match(text):
        return f"mailto:{text}"
    if PHONE.fullmatch(text) and len(re.findall("[0-9]", text)) > SHORTEST_PHONE:
        return f"tel:{text.replace(' ', '')}"
    return text if URL.match(text) else ""


def options_of(choices: database.Labels, value: str, notes: Mapping[int, str]) -> Markup:
    """The options of a list to choose from: what is full can only stay chosen."""
    # There may be hundreds, which a template takes ten times as long for.
    chosen = int(value) if value in map(str, choices) else None
    return Markup("".join([_option(key, name, key == chosen, notes.get(key, "")) for key, name in choices.items()]))


def _option(key: int, name: str, is_chosen: bool, note: str) -> str:
    state = " selected" if is_chosen else " disabled" if note == FULL else ""
    return f'<option value="{key}"{state}>{escape(f"{name} ({note})" if note else name)}</option>'


templates.globals.update(options_of=options_of)
templates.filters.update(linked=linked, file_name=file_name, in_sentence=lower_first)


def render(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200, session: str | None = None
) -> HTMLResponse:
    """A page; everything in it is escaped by the template engine."""
    visitor = getattr(request.state, "visitor", None)
    key = getattr(request.app.state, "key", b"")
    token = new_token(key, session_of(request) if session is None else session)
    shown = [entity for entity in ENTITIES if visitor is not None and visitor.sees_some(entity)]
    base = {
        "visitor": visitor, "is_founder": hosts.is_founder(request), "token": token, "form_id": once.new_form_id(),
        "nav": [entity for entity in shown if not entity.line_of], "sees": {entity.table for entity in shown}, "path": request.url.path,
    }  # fmt: skip
    return HTMLResponse(templates.get_template(template).render({**base, **context}), status)


def _kind(request: Request) -> Entity:
    """What the address names, if whoever is here sees any of it."""
    entity = database.BY_TABLE.get(request.path_params["table"])
    if entity is None or not request.state.visitor.sees_some(entity):
        raise HTTPException(404, "There is no such page.")
    return entity


Kind = Annotated[Entity, Given(_kind)]
"""Comes after `visitor` in a handler's parameters, which are read in their order."""


def record(db: sqlite3.Connection, entity: Entity, record_id: int, visitor: Visitor) -> database.Row:
    """The record, if it is here and theirs to see."""
    where, values = visitor.sees(entity)
    rows = []
    if record_id < 2**53:
        rows = database.select(db, entity, f"id = ? AND {where}", [record_id, *values], limit=1)
    if not rows:
        raise HTTPException(404, f"This {entity.one} is not here; it may have been deleted.")
    return rows[0]


def cells(
    db: sqlite3.Connection, entity: Entity, rows: list[database.Row], fields: list[Field]
) -> list[dict[str, Any]]:
    """Rows ready to be shown: their title, whether they are overdue, and each field as text."""
    titles = database.title_rows(db, entity, rows)
    refs = {field.name: database.ref_labels(db, entity, field.name, rows) for field in fields if field.ref}
    return [
        {
            "id": row["id"],
            "title": titles[int(row["id"] or 0)],
            "overdue": rules.is_overdue(entity, row),
            "cells": [(field, row[field.name], cell(field, row[field.name], refs)) for field in fields],
        }
        for row in rows
    ]


def cell(field: Field, value: Value, refs: Mapping[str, database.Labels]) -> str:
    """One value as text."""
    if field.ref:
        return refs[field.name].get(int(value), "") if value is not None else ""
    return show(field, value, currency=ABOUT.currency)


def notices(db: sqlite3.Connection, entity: Entity, listed: Mapping[str, database.Labels]) -> dict[str, dict[int, str]]:
    """What is said beside the choices of each link: how much is left of it."""
    found = {}
    for name, choices in listed.items():
        left = rules.room(db, entity, name, choices)
        if left is not None:
            found[name] = {key: f"{many} left" if many else FULL for key, many in left.items()}
    return found
