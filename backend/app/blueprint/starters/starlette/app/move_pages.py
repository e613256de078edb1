"""The pages by which a record moves on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, drafts, moves, once, records, rules, seen
from .access import Here, Visitor
from .choices import chosen_by_name, options, too_long
from .fields import typed
from .model import Entity, Move
from .entering import read_all
from .rendering import Form, Kind, notices, record, render
from .routing import Number, Routes
from .security import typed_by

routes = Routes()


@routes.get("/{table}/{record_id}/moves/{number}")
def ask(request: Request, visitor: Here, entity: Kind, record_id: Number, number: Number) -> HTMLResponse:
    """The fields that are filled in with the move."""
    with database.session() as db:
        row = record(db, entity, record_id, visitor)
        move = _move(entity, row, visitor, number)
        given = {field.name: typed(field, row[field.name]) for field in moves.asked(entity, move)}
        draft = drafts.of(db, visitor.user_id, request.url.path)
        return _page(request, db, visitor, entity, row, move, number, {**given, **draft}, {}, is_draft=bool(draft))


@routes.post("/{table}/{record_id}/moves/{number}")
def take(request: Request, visitor: Here, entity: Kind, record_id: Number, number: Number, form: Form) -> Response:
    """Takes the move, or says why it is refused."""
    wrong: dict[str, str] = {}
    try:
        with records.writing() as db:
            location = once.earlier(db, form)
            if location:
                return RedirectResponse(location, 303)
            sent, row = form, record(db, entity, record_id, visitor)
            move = _move(entity, row, visitor, number)
            asked = moves.asked(entity, move)
            form, unfound = chosen_by_name(visitor, asked, form)
            values, wrong = read_all(asked, form)
            wrong |= unfound
            if not wrong:
                seen.refuse_changed(db, entity, row, entity.shows, sent)
                moves.take(db, entity, row, move, values, who=visitor.name)
                drafts.forget(db, visitor.user_id, request.url.path)
                location = once.remember(db, sent, _next(entity, record_id, form))
    except rules.Broken as broken:
        wrong = broken.problems
    if wrong:
        with database.session() as db:
            return _page(request, db, visitor, entity, row, move, number, form, wrong)
    return RedirectResponse(location, 303)


def _next(entity: Entity, record_id: int, form: Mapping[str, str]) -> str:
    """The record, but for whoever goes through what is due: they go on with the next."""
    goes_on = entity.review and form.get("back", "").partition("?")[0] == f"/{entity.table}/review"
    return form["back"] if goes_on else f"/{entity.table}/{record_id}?done=moved"


def _move(entity: Entity, row: database.Row, visitor: Visitor, number: int) -> Move:
    """The move of that number; 404 when there is none, 403 when it is another's, 409 when it is not its turn."""
    if number >= len(entity.moves) or entity.moves[number].automatic:
        raise HTTPException(404, "There is no such page.")
    move = entity.moves[number]
    if not moves.may_take(move, visitor):
        raise HTTPException(403, f"“{move.label}” is not yours to do.")
    if row[entity.state] not in move.sources:
        raise HTTPException(409, f"It is “{row[entity.state]}” now, so “{move.label}” is not the next step.")
    return move


def _page(
    request: Request, db: sqlite3.Connection, visitor: Visitor, entity: Entity, row: database.Row, move: Move,
    number: int, given: dict[str, str], wrong: dict[str, str], *, is_draft: bool = False,
) -> HTMLResponse:  # fmt: skip
    asked = moves.asked(entity, move)
    listed = options(db, asked, visitor, given)
    context = {
        "entity": entity, "record_id": row["id"], "move": move, "number": number, "fields": asked, "given": given,
        "wrong": wrong, "options": listed, "notices": notices(db, entity, listed),
        "too_long": too_long(db, asked, visitor), "is_draft": is_draft,
        "typed_by": typed_by(request.app.state.key, visitor.user_id) if visitor.user_id else "",
        "seen": seen.mark(db, entity, row, entity.shows), "title": database.title_rows(db, entity, [row])[int(row["id"] or 0)], "heading": move.label,
    }  # fmt: skip
    return render(request, "move.html", context, status=422 if wrong else 200)
