"""The public site: the sections of the first page, and the records that visitors may look at."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, prices, public, records, standings, tools
from .access import Guest
from .clock import today
from .fields import Value, show
from .model import Entity, Field, Form, Section
from .rendering import DASHBOARD, GENERAL_FORMS, HAS_FRONT, PUBLIC_KINDS, cell, render
from .routing import Number, PageNumber, Routes, Words
from .schema import ENTITIES, FORMS, ROLES, SITE, TOOLS

CARDS = 24
CARDS_ON_FRONT = 6
THREAD = 200
EMBEDDED = 4
NOT_ON_CARDS = ("longtext",)
OFFERED = (
    *(Section("calculator", tool.title, tool.about, tool=tool.name) for tool in TOOLS),
    *(Section("catalogue", entity.plural, table=entity.table) for entity in PUBLIC_KINDS),
)
"""What the first page shows besides its forms where no sections are written."""
PUBLIC = {entity.table: entity for entity in ENTITIES if entity.public}

FOR_EVERYBODY = bool(SITE or OFFERED or FORMS)
"""Whether there is something to see or do without signing in."""

routes = Routes()


@dataclass(frozen=True)
class Card:
    """A record as visitors see it: its name, its facts and its longer texts."""

    entity: Entity
    record_id: int
    title: str
    price: str
    facts: list[tuple[Field, Value, str]]
    texts: list[tuple[Field, Value, str]]
    pictures: list[tuple[Field, Value, str]]
    place: int | None = None

    @property
    def address(self) -> str:
        """Where its pictures and files are."""
        return f"/browse-{self.entity.table}/{self.record_id}"

    @property
    def picture(self) -> tuple[Field, Value, str] | None:
        """The picture that stands for it in a list."""
        return self.pictures[0] if self.pictures else None


def front(request: Request, visitor: Guest, invitation: Words = "") -> Response:
    """The sections of the first page in the founder's words, or else a page of what visitors can do here."""
    if visitor is not None and visitor.session and not FOR_EVERYBODY:
        return RedirectResponse(DASHBOARD, 303)
    with database.session() as db:
        if SITE:
            embedded = [section.table for section in SITE if section.kind == "signup"]
            sections = [_section(db, section, invitation) for section in SITE]
            return render(request, "site.html", {"sections": sections, "front": True, "embedded": embedded, "first_forms": FORMS[:1]})
        actions = [public.action(db, form) for form in GENERAL_FORMS]
        # What can be chosen right here needs no second list.
        chosen = {action["entity"].field(action["offers"]["field"]).ref for action in actions if action["offers"]["rows"]}
        shown = [one for one in OFFERED if one.table not in chosen or PUBLIC[one.table].public == "detail"]
        sections = [_section(db, section, invitation) for section in shown]
        return render(request, "front.html", {"sections": sections, "front": True, "actions": actions})


if HAS_FRONT:
    routes.get("/")(front)


def _section(db: sqlite3.Connection, section: Section, code: str) -> dict[str, Any]:
    """What a section shows beside its own words."""
    more: dict[str, Any] = {}
    if section.kind == "catalogue":
        entity = PUBLIC[section.table]
        more = {"entity": entity, "cards": cards(db, entity, limit=CARDS_ON_FRONT), "count": _count(db, entity)}
    elif section.kind == "signup":
        more = public.offered(db, public.form_of(section.table), code)
    elif section.kind == "calculator":
        more = {"tool": tools.BY_NAME[section.tool], "given": {}, "wrong": {}, "results": []}
    elif section.kind == "results":
        more = {"entity": database.BY_TABLE[section.table], **standings.tally(db, database.BY_TABLE[section.table])}
    return {"words": section, **more}


def _count(db: sqlite3.Connection, entity: Entity) -> int:
    return database.count(db, entity, entity.public_if)


def cards(db: sqlite3.Connection, entity: Entity, *, limit: int, offset: int = 0) -> list[Card]:
    """The public records of a kind, in the order of its lists."""
    rows = database.select(db, entity, entity.public_if, order=_order(entity), limit=limit, offset=offset)
    return [_card(entity, row, refs) for refs in [_names(db, entity, rows)] for row in rows]


def _order(entity: Entity) -> str:
    """What is to come stands before what is over, the soonest first, unless the lists have another order."""
    days = [field.name for field in seen_fields(entity) if field.type in ("date", "datetime")]
    when = entity.calendar if entity.calendar in days else next(iter(days), "")
    ordered_by = entity.order.partition(" ")[0]
    if not when or ordered_by not in ("", when):
        return database.usual_order(entity)
    day = today().isoformat()
    coming = f"""CASE WHEN "{when}" >= '{day}' THEN "{when}" END"""
    return f'"{when}" IS NULL, {coming} IS NULL, {coming}, "{when}" DESC, id DESC'


def _names(db: sqlite3.Connection, entity: Entity, rows: list[database.Row]) -> Mapping[str, database.Labels]:
    return {field.name: database.ref_labels(db, entity, field.name, rows, outside=True) for field in seen_fields(entity) if field.ref}


def seen_fields(entity: Entity) -> list[Field]:
    return [entity.field(name) for name in entity.public_fields]


def _card(entity: Entity, row: database.Row, refs: Mapping[str, database.Labels]) -> Card:
    every = [(field, row[field.name], cell(field, row[field.name], refs)) for field in seen_fields(entity)]
    parts = [part for part in every if part[0].type != "image"]
    named = [text for field, _, text in parts if field.name in entity.title and text]
    # Without a name to show, the first short text stands in its place.
    first = named or [text for field, _, text in parts if text and field.type not in (*NOT_ON_CARDS, "file")][:1]
    title = ", ".join(first) or f"{entity.label} {row['id']}"
    rest = [part for part in parts if part[2] and part[2] not in first]
    costs = next(((field, text) for field, _, text in rest if field.type == "money" and prices.is_price(field)), None)
    price = costs[1] if costs else ""
    return Card(
        entity, int(row["id"] or 0), title, prices.priced(*costs) if costs else "",
        [part for part in rest if part[0].type not in NOT_ON_CARDS and part[2] != price],
        [part for part in rest if part[0].type in NOT_ON_CARDS],
        [part for part in every if part[0].type == "image" and part[2]],
    )  # fmt: skip


@routes.get("/browse-{table}")
def browse(request: Request, visitor: Guest, table: Words, page: PageNumber = 1) -> HTMLResponse:
    """The records of a public kind, in pages."""
    entity = public_entity(table)
    with database.session() as db:
        total = _count(db, entity)
        pages = max(1, -(-total // CARDS))
        at = min(page, pages)
        found = cards(db, entity, limit=CARDS, offset=(at - 1) * CARDS)
    context = {"entity": entity, "cards": found, "page": at, "pages": pages, "total": total, "front": True}
    return render(request, "browse.html", {**context, "heading": entity.plural})


def public_entity(table: str) -> Entity:
    if table not in PUBLIC:
        raise HTTPException(404, "There is no such page.")
    return PUBLIC[table]


@routes.get("/browse-{table}/{record_id}")
def look(request: Request, visitor: Guest, table: Words, record_id: Number, page: PageNumber = 1) -> HTMLResponse:
    """One public record, what visitors said about it, and what they can do with it."""
    entity = public_entity(table)
    if entity.public != "detail":
        raise HTTPException(404, "There is no such page.")
    with database.session() as db:
        found = []
        if record_id < 2**53:
            found = database.select(db, entity, f"r.id = ? AND {entity.public_if}", [record_id], limit=1)
        if not found:
            raise HTTPException(404, f"This {entity.one} is not here; it may have been taken off the site.")
        card = _card(entity, found[0], _names(db, entity, found))
        threads = [_thread(db, child, link, record_id, page) for child, link in records.children_of(entity) if child.public]
        forms = [_about_this(db, form, link, record_id) for form, link in _forms_about(entity)]
    joins = [] if visitor is not None and visitor.is_staff else _joins(entity)
    context = {"entity": entity, "card": card, "threads": threads, "asks": forms, "joins": joins, "front": True}
    return render(request, "look.html", {**context, "heading": card.title})


def _joins(entity: Entity) -> list[str]:
    """What people with an account of their own can add to a record that they may see, such as taking a seat."""
    seeing = [role.name for role in ROLES if role.own and (right := entity.right(role.name)) and right.sees == "all"]
    rights = [child.right(role) for child, _ in records.children_of(entity) for role in seeing]
    return list(dict.fromkeys(right.label for right in rights if right and right.adds and right.label))


def _thread(db: sqlite3.Connection, child: Entity, link: Field, record_id: int, page: int) -> dict[str, Any]:
    """What belongs to a record, in the order in which it was said unless its lists have one."""
    where = f'"{link.name}" = ? AND {child.public_if}'
    total = database.count(db, child, where, [record_id])
    pages = max(1, -(-total // THREAD))
    at = min(page, pages)
    rows = database.select(db, child, where, [record_id], order=database.usual_order(child, then="id"), limit=THREAD, offset=(at - 1) * THREAD)
    refs = _names(db, child, rows)
    return {"entity": child, "cards": [_card(child, row, refs) for row in rows], "total": total, "page": at, "pages": pages}


def _forms_about(entity: Entity) -> list[tuple[Form, Field]]:
    """The public forms that are filled in about a record of this kind, such as a reply or a vote."""
    found = []
    for form in FORMS:
        links = [field for field in database.BY_TABLE[form.table].of_type("ref") if field.ref == entity.table]
        found += [(form, field) for field in links if field.name in form.fields][:1]
    return found


def _about_this(db: sqlite3.Connection, form: Form, link: Field, record_id: int) -> dict[str, Any]:
    offered = public.offered(db, form, "", settled={link.name})
    return {**offered, "link": link, "record_id": record_id}
