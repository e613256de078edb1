"""The page of a record for whoever sent it or gets it sent: what it says, where it stands, and what they can do.

It never names anybody but the person who came: what a record is called, and whom it belongs to, may say more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, edits, lines, locks, moves, once, own_links, papers, people, prices, public, records, rules, seen
from .access import Guest
from .entering import read_all
from .fields import Value, typed
from .model import FILES, Entity, Field, Move
from .rendering import DONE, Form, cells, render
from .routing import Number, Routes, Words

ADDRESS = "/by-link/{table}/{record_id}/{sign}"

routes = Routes()


def linked_entity(request: Request, table: str, record_id: int, sign: str) -> Entity:
    """404 for whatever this app made no link to."""
    entity = own_links.LINKED.get(table)
    if entity is None or not own_links.is_good(request.app.state.key, table, record_id, sign):
        raise HTTPException(404, "This link leads nowhere. Open it as it was given to you, whole.")
    return entity


def _row(db: sqlite3.Connection, entity: Entity, record_id: int) -> database.Row:
    row = database.get(db, entity, record_id)
    if row is None:
        raise HTTPException(404, f"This {entity.one} is not here any more. Ask us if you did not expect that.")
    return row


@routes.get(ADDRESS)
def look(request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words, done: Words = "") -> HTMLResponse:
    """What the record says, and what can be done."""
    entity = linked_entity(request, table, record_id, sign)
    return _page(request, entity, record_id, sign, done=done)


@routes.post(f"{ADDRESS}/cancel")
def cancel(request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words, form: Form) -> Response:
    """Calls off what a visitor asked for, as long as that is still to come."""
    entity = linked_entity(request, table, record_id, sign)
    own = own_links.form_of(entity)
    try:
        with records.writing() as db:
            row = _row(db, entity, record_id)
            if once.earlier(db, form):
                return _back(request, entity, record_id, "cancelled")
            if own is None or not public.can_cancel(db, own, row):
                raise HTTPException(409, "It cannot be cancelled here any more. Please get in touch with us.")
            records.change(db, entity, row, {own.state: own.cancels}, who=_who(db, entity, record_id))
            once.remember(db, form, request.url.path)
    except rules.Broken as broken:
        return _page(request, entity, record_id, sign, wrong=broken.problems)
    return _back(request, entity, record_id, "cancelled")


@routes.post(f"{ADDRESS}/moves/{{number}}")
def take(
    request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words, number: Number, form: Form
) -> Response:
    """Takes a move that is the visitor's to take, such as accepting a quote."""
    entity = linked_entity(request, table, record_id, sign)
    move = dict(own_links.moves_of(entity)).get(number)
    if move is None:
        raise HTTPException(404, "There is no such page.")
    values, wrong = read_all(moves.asked(entity, move), form)
    try:
        with records.writing() as db:
            row = _row(db, entity, record_id)
            if not wrong and not once.earlier(db, form):
                seen.refuse_changed(db, entity, row, shown_fields(entity), form)
                moves.take(db, entity, row, move, values, who=_who(db, entity, record_id))
                once.remember(db, form, request.url.path)
    except rules.Broken as broken:
        wrong = broken.problems
    if wrong:
        return _page(request, entity, record_id, sign, wrong=wrong, given=form)
    return _back(request, entity, record_id, "moved")


@routes.get(f"{ADDRESS}/change")
def ask(request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words) -> HTMLResponse:
    """The form with what can be changed."""
    entity = linked_entity(request, table, record_id, sign)
    with database.session() as db:
        row = _row(db, entity, record_id)
        lock = locks.lock_on(db, entity, record_id)
    if lock:
        raise HTTPException(409, lock.about)
    given = {field.name: typed(field, row[field.name]) for field in _changed(entity)}
    return _form(request, entity, record_id, sign, given, {})


@routes.post(f"{ADDRESS}/change")
def change(request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words, form: Form) -> Response:
    """Keeps what a visitor changed of their own record, where they may."""
    entity = linked_entity(request, table, record_id, sign)
    values, wrong = read_all(_changed(entity), form)
    try:
        with records.writing() as db:
            row = _row(db, entity, record_id)
            if not wrong and not once.earlier(db, form):
                changed = edits.own_changes(entity, row, values, form)
                records.change(db, entity, row, changed, who=_who(db, entity, record_id))
                once.remember(db, form, request.url.path)
    except edits.Clash as clash:
        return _form(request, entity, record_id, sign, form, clash.problems, clash.problems)
    except rules.Broken as broken:
        wrong = broken.problems
    if wrong:
        return _form(request, entity, record_id, sign, form, wrong)
    return _back(request, entity, record_id, "saved")


def _back(request: Request, entity: Entity, record_id: int, done: str) -> Response:
    return RedirectResponse(f"{own_links.address(request.app.state.key, entity.table, record_id)}?done={done}", 303)


def _who(db: sqlite3.Connection, entity: Entity, record_id: int) -> str:
    """Who came, as the history of the record says."""
    own = own_links.form_of(entity)
    name = public.sender(db, own, record_id) if own else ""
    return f"{name or 'Somebody with the link'}{public.VISITOR}"


def _page(
    request: Request, entity: Entity, record_id: int, sign: str, *, done: str = "", wrong: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    with database.session() as db:
        row = _row(db, entity, record_id)
        own = own_links.form_of(entity)
        shown = cells(db, entity, [row], shown_fields(entity))[0]["cells"]
        context = {
            "entity": entity, "told": [(field.label, text) for field, _, text in shown if text and field.type not in FILES],
            "files": [part for part in shown if part[2] and part[0].type in FILES], "sender": public.sender(db, own, record_id) if own else "",
            "address": own_links.address(request.app.state.key, entity.table, record_id), "form": own,
            "about_chosen": public.untold(public.about_chosen(db, own, row), [(field.label, text) for field, _, text in shown if text]) if own else [], "lines": _lines(db, entity, record_id), "moves": _open(db, entity, row), "wrong": wrong or {}, "given": given or {},
            "can_cancel": own is not None and public.can_cancel(db, own, row), "site": str(request.base_url).rstrip("/"),
            "can_change": bool(own_links.changed_by_link(entity)) and not locks.lock_on(db, entity, record_id), "heading": f"Your {entity.one}", "front": True,
            "seen": seen.mark(db, entity, row, shown_fields(entity)), "state": _told_state(entity, row), "done": _said(entity, row, done),
        }  # fmt: skip
    return _private(render(request, "by_link.html", context, status=422 if wrong else 200))


def _said(entity: Entity, row: database.Row, done: str) -> str:
    """What is said to somebody who has just done something."""
    if done == "moved" and _told_state(entity, row):
        return f"Thank you. Your {entity.one} is noted as “{_told_state(entity, row)}”."
    return DONE.get(done, "")


def _form(
    request: Request, entity: Entity, record_id: int, sign: str, given: dict[str, str], wrong: dict[str, str],
    seen: Collection[str] = (),
) -> HTMLResponse:  # fmt: skip
    fields = _changed(entity)
    with database.session() as db:
        before = edits.shown(entity, _row(db, entity, record_id), given, seen)
    names = {edits.BEFORE + field.name for field in fields}
    context = {
        "entity": entity, "fields": fields, "given": given, "wrong": wrong, "heading": f"Change your {entity.one}",
        "address": own_links.address(request.app.state.key, entity.table, record_id), "front": True,
        "before": {name: text for name, text in before.items() if name in names},
    }  # fmt: skip
    return _private(render(request, "by_link_change.html", context, status=422 if wrong else 200))


def _changed(entity: Entity) -> list[Field]:
    fields = own_links.changed_by_link(entity)
    if not fields:
        raise HTTPException(404, "There is nothing to change here.")
    return fields


def _private(answer: HTMLResponse) -> HTMLResponse:
    answer.headers["cache-control"] = "no-store"
    return answer


def _state(entity: Entity) -> str:
    own = own_links.form_of(entity)
    return entity.state or (own.state if own else "")


def _told_state(entity: Entity, row: database.Row) -> str:
    name = _state(entity)
    return "" if not name or own_links.is_hidden(entity, entity.field(name)) else str(row[name] or "")


def shown_fields(entity: Entity) -> list[Field]:
    """What is shown: what the form asked for and what is worked out, or else all that is kept; nobody by name."""
    own = own_links.form_of(entity)
    names = [name for name in own.fields if name != own.person] if own else [field.name for field in entity.fields]
    names += [field.name for field in entity.figures]
    fields = [field for field in entity.shows if field.name in names and field.name != _state(entity)]
    fields = [field for field in fields if not own_links.is_hidden(entity, field)]
    offered = (*own.fields, *own.shows) if own else ()
    return [field for field in fields if field.name in offered or not (_is_person(field) or prices.concerns_staff(field))]


def _is_person(field: Field) -> bool:
    return bool(field.ref and people.email_field(database.BY_TABLE[field.ref]))


def _lines(db: sqlite3.Connection, entity: Entity, record_id: int) -> dict[str, Any] | None:
    """The lines of the record and what they come to, where it has some."""
    found = papers.lines_of(db, entity, record_id) if lines.children_in(entity) or entity.document else None
    if found is None or not found["rows"]:
        return None
    kept = [index for index, field in enumerate(found["columns"]) if is_told_of_lines(found["entity"], field)]
    rows = [{**row, "cells": [row["cells"][index] for index in kept]} for row in found["rows"]]
    # Whoever is not told what each comes to is not told what they come to together.
    is_secret = any(own_links.is_hidden(found["entity"], field) for field in found["entity"].of_type("money"))
    sums = {"total": "", "each": []} if is_secret else {}
    return {**found, **sums, "columns": [found["columns"][index] for index in kept], "rows": rows}


def is_told_of_lines(child: Entity, field: Field) -> bool:
    """Whether a column of the lines stands on the page of their record."""
    return not (_is_person(field) or prices.concerns_staff(field) or own_links.is_hidden(child, field))


def _open(db: sqlite3.Connection, entity: Entity, row: database.Row) -> list[tuple[int, Move, list[Field]]]:
    """The moves that can be taken from where the record stands, with what each asks for."""
    taken = [one for one in own_links.moves_of(entity) if moves.is_its_turn(db, entity, row, one[1])]
    return [(number, move, moves.asked(entity, move)) for number, move in taken if row[entity.state] in move.sources]
