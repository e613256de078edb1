"""The pages of each kind of record: its list, form, record and deletion, and the dashboard over all of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from . import conditions, database, desk, drafts, edits, invitations, line_forms, lines, locks, migration, moves, once, own_links, records, related, rules, seen, triggers, views
from .access import Guest, Here, Visitor, staff_only
from .choices import chosen_by_name, options, told_apart, too_long
from .entering import read_all, refuse_hidden, started
from .clock import today
from .fields import Refused, Value, read, typed
from .model import Entity, Field, lower_first
from .rendering import (
    DASHBOARD,
    DONE,
    Form,
    Kind,
    cell,
    cells,
    notices,
    record,
    render,
)
from .routing import Number, PageNumber, Routes, Words, is_number
from .schema import ENTITIES
from .security import typed_by

PAGE_SIZE = 20
BACK = re.compile(r"/[a-z0-9_]+/[0-9]{1,15}")
FILTER_OPTIONS = 60

routes = Routes()


@routes.get("/health")
def health() -> Response:
    """Answers when the app can read its records."""
    with database.session() as db:
        db.execute("SELECT value FROM app_settings LIMIT 1").fetchone()
    return JSONResponse({"status": "ok"})


@routes.get("/about")
def about(request: Request, visitor: Guest) -> HTMLResponse:
    """What the app is, in the founder's words, and for its staff what was taken over from an earlier version."""
    notes = []
    if visitor is not None and visitor.is_staff:
        with database.session() as db:
            notes = migration.notes(db)
    return render(request, "about.html", {"heading": "About", "notes": notes})


@routes.get(DASHBOARD)
def dashboard(request: Request, visitor: Here, done: Words = "") -> HTMLResponse:
    """What there is to do, and everything at a glance."""
    with database.session() as db:
        shown = desk.in_order([entity for entity in ENTITIES if visitor.sees_some(entity) and not entity.is_line], visitor)
        context = {
            "sections": [_section(db, entity, visitor) for entity in shown],
            "coming": views.coming_up(db, visitor), "waits": desk.waiting(db, shown, visitor), "today": today(),
            "sums": views.sums(db, visitor) if visitor.is_staff else [],
            "heading": "Overview", "done": DONE.get(done, ""),
        }  # fmt: skip
        return render(request, "home.html", context)


def _section(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> dict[str, Any]:
    where, values = visitor.sees(entity)
    late, more = rules.overdue(entity)
    rows = database.select(db, entity, where, values, limit=4)
    return {
        "entity": entity,
        "count": database.count(db, entity, where, values),
        "late": database.count(db, entity, f"{where} AND {late}", [*values, *more]),
        "rows": cells(db, entity, rows, desk.told(entity)),
    }


@routes.get("/{table}")
def listing(
    request: Request, visitor: Here, entity: Kind, q: Words = "", page: PageNumber = 1, sort: Words = "",
    done: Words = "", undo: Number = 0,
) -> HTMLResponse:  # fmt: skip
    """The records, searched, filtered, sorted and in pages."""
    where, values, chosen = narrowed(visitor, entity, q, request)
    order = _order(entity, sort)
    with database.session() as db:
        if q.strip():
            where, values, total = database.found(db, entity, where, values)
        else:
            total = database.count(db, entity, where, values)
        pages = max(1, -(-total // PAGE_SIZE))
        at = min(page, pages)
        rows = database.select(
            db, entity, where, values, order=order, limit=PAGE_SIZE, offset=(at - 1) * PAGE_SIZE
        )
        context = {
            "entity": entity, "rows": cells(db, entity, rows, entity.shown), "q": q, "total": total,
            "page": at, "pages": pages, "sort": sort, "chosen": chosen, "done": DONE.get(done, ""), "undo": undo,
            "link": lambda **more: _link(entity, {"q": q, "sort": sort, "page": str(at), **chosen}, more),
            "late": _late(db, visitor, entity), "filters": filters(db, visitor, entity), "heading": entity.plural,
        }  # fmt: skip
        return render(request, "list.html", context)


def _late(db: sqlite3.Connection, visitor: Visitor, entity: Entity) -> int:
    where, values = visitor.sees(entity)
    late, more = rules.overdue(entity)
    return database.count(db, entity, f"{where} AND {late}", [*values, *more])


def filters(db: sqlite3.Connection, visitor: Visitor, entity: Entity) -> list[tuple[Field, dict[str, str]]]:
    """The fields to narrow the list down by, each with what can be chosen."""
    found = []
    for field in entity.of_type("choice", "ref"):
        if field.ref:
            choices = {str(key): name for key, name in _few(db, visitor, field).items()} if visitor.is_staff else {}
        else:
            choices = {choice: choice for choice in field.choices}
        if 1 < len(choices) <= FILTER_OPTIONS:
            found.append((field, choices))
    return found[:3]


def _few(db: sqlite3.Connection, visitor: Visitor, field: Field) -> database.Labels:
    """What a link leads to, where that is few enough to narrow a list down by."""
    target = database.BY_TABLE[field.ref]
    where, values = visitor.chooses(target)
    is_long = database.are_more(db, target, where, values, than=FILTER_OPTIONS)
    return {} if is_long else told_apart(db, target, database.labels(db, target, where, values))


def _link(entity: Entity, now: dict[str, str], more: dict[str, str]) -> str:
    query = {name: value for name, value in {**now, **more}.items() if value and (name, value) != ("page", "1")}
    return f"/{entity.table}?{urlencode(query)}" if query else f"/{entity.table}"


def narrowed(visitor: Visitor, entity: Entity, q: str, request: Request) -> tuple[str, list[Value], dict[str, str]]:
    """The condition for what a visitor sees and asks for, and what they chose."""
    where, values = visitor.sees(entity)
    parts, chosen = [where], {}
    if q.strip():
        found, more = database.matching(entity, q.strip())
        parts.append(found)
        values = [*values, *more]
    for field in entity.of_type("choice", "ref"):
        wanted = request.query_params.get(field.name, "")[:200]
        if wanted in field.choices or (field.ref and is_number(wanted)):
            parts.append(f'"{field.name}" = ?')
            values = [*values, int(wanted) if field.ref else wanted]
            chosen[field.name] = wanted
    for figure in entity.figures:
        if figure.type == "bool" and request.query_params.get(figure.name) == "1":
            parts.append(f"({figure.sql})")
            chosen[figure.name] = "1"
    if request.query_params.get("late") == "1":
        late, more = rules.overdue(entity)
        parts.append(late)
        values = [*values, *more]
        chosen["late"] = "1"
    return " AND ".join(parts), values, chosen


def _order(entity: Entity, sort: str) -> str:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in {field.name for field in entity.shows}:
        return database.usual_order(entity)
    texts = ("text", "longtext", "choice", "email", "phone", "url")
    key = f'app_natural("{name}")' if entity.field(name).type in texts else f'"{name}"'
    return f'{key} {"DESC" if descending else "ASC"} NULLS LAST, id DESC'


@routes.get("/{table}/new")
def new(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """The empty form; a query such as ?client=3 fills a field in."""
    _allow(visitor.may_add(entity))
    known = {field.name for field in entity.fields}
    given = {name: value[:200] for name, value in request.query_params.items() if name in known}
    begins = {entity.board, entity.state, *triggers.STATUSES}
    start = {field.name: field.choices[0] for field in entity.of_type("choice") if field.name in begins and field.required}
    start |= {field.name: field.choices[0] for field in entity.of_type("choice") if field.name == entity.board}
    with database.session() as db:
        _refuse_closed(db, entity, given)
        draft = drafts.of(db, visitor.user_id, request.url.path)
        first = conditions.first_values(db, entity, {})
    start |= {name: typed(entity.field(name), value) for name, value in first.items() if value is not None}
    return _form(request, visitor, entity, draft or {**start, **given}, {}, is_draft=bool(draft))


def _refuse_closed(db: sqlite3.Connection, entity: Entity, given: Mapping[str, str]) -> None:
    """Refuse a form for what belongs to something that lets nothing be added."""
    for field in entity.of_type("ref"):
        chosen = given.get(field.name, "")
        lock = locks.entry_lock(db, entity, field, int(chosen)) if is_number(chosen) else None
        if lock:
            raise HTTPException(409, lock.about)


@routes.post("/{table}/new")
def create(request: Request, visitor: Here, entity: Kind, form: Form) -> Response:
    """Keeps a new record, or shows the form again with what is wrong."""
    _allow(visitor.may_add(entity))
    kind = lines.of_staff(visitor, entity)
    form, unfound = chosen_by_name(visitor, [*visitor.fields(entity), *line_forms.links(kind, form)], form)
    values, wrong = read_all(visitor.fields(entity), form)
    sent = line_forms.read(kind, form)
    wrong |= {**sent.wrong, **unfound}
    if not wrong and not line_forms.asks_more(form):
        try:
            with records.writing() as db:
                location = once.earlier(db, form)

                def add() -> int:
                    refuse_hidden(db, visitor, entity, values)
                    return records.add(db, entity, started(visitor, entity, values), who=visitor.name)

                drafts.forget(db, visitor.user_id, request.url.path)
                if not location:
                    once.refuse_other(db, form)
                    record_id = lines.keep_with(db, sent.kind, sent.lines, add, line_forms.writer(db, visitor, sent.kind))
                    location = once.remember(db, form, f"/{entity.table}/{record_id}?done=added")
            return RedirectResponse(_back(form, "added") or location, 303)
        except rules.Broken as broken:
            wrong = broken.problems
    return _form(request, visitor, entity, form, wrong, status=422)


def _back(form: Mapping[str, str], done: str) -> str:
    """The record whose page a button stood on, where it leads back to."""
    back = form.get("back", "")
    return f"{back}?done={done}" if BACK.fullmatch(back) else ""


def _allow(allowed: bool) -> None:
    if not allowed:
        raise HTTPException(403, "This is looked after by the staff.")


@routes.post("/typed-before/forget")
def forget(visitor: Here, form: Form) -> Response:
    """Throws away what somebody typed before they were signed out."""
    address = form.get("form", "")
    if not drafts.FORM.fullmatch(address):
        raise HTTPException(404, "There is no such page.")
    with records.writing() as db:
        drafts.forget(db, visitor.user_id, address)
    return RedirectResponse(address, 303)


@routes.get("/{table}/{record_id}")
def detail(request: Request, visitor: Here, entity: Kind, record_id: Number, done: Words = "") -> HTMLResponse:
    """One record with everything that belongs to it, and what was done to it."""
    with database.session() as db:
        row = record(db, entity, record_id, visitor)
        shown = cells(db, entity, [row], list(entity.shows))[0]
        lock = locks.lock_on(db, entity, record_id)
        steps = [(number, move, moves.is_its_turn(db, entity, row, move)) for number, move in moves.shown(entity, row, visitor)]
        context = {
            "entity": entity, "row": shown, "may_change": visitor.may_change_record(db, entity, record_id) and not lock, "lock": lock, "keeps": locks.deletion_lock(db, entity, record_id), "opens": _opens(db, visitor, entity, record_id), "moves": [(number, move) for number, move, can_be in steps if can_be], "held": [move for _, move, can_be in steps if not can_be and moves.may_come(move, visitor)], "children": related.children(db, entity, record_id, visitor),
            "seen": seen.mark(db, entity, row, entity.shows) if entity.moves else "",
            "room": related.room_left(db, entity, record_id), "done": DONE.get(done, ""), "heading": shown["title"],
            "history": related.history(db, entity, record_id) if visitor.is_staff else [],
            "invitation": invitations.of(db, request.app.state.key, entity, row) if visitor.is_staff else None,
            "site": str(request.base_url).rstrip("/"),
            "own_link": own_links.address(request.app.state.key, entity.table, record_id)
            if visitor.is_staff and entity.table in own_links.LINKED else "",
        }  # fmt: skip
        return render(request, "detail.html", context)


@routes.get("/{table}/{record_id}/edit")
def edit(request: Request, visitor: Here, entity: Kind, record_id: Number) -> HTMLResponse:
    """The form with a record in it."""
    _allow(visitor.may_change(entity))
    with database.session() as db:
        row = record(db, entity, record_id, visitor)
        _allow(visitor.may_change_record(db, entity, record_id))
        lock, opens = locks.lock_on(db, entity, record_id), _opens(db, visitor, entity, record_id)
        draft = drafts.of(db, visitor.user_id, request.url.path)
    if lock and not opens:
        raise HTTPException(409, lock.about)
    given = {field.name: typed(field, row[field.name]) for field in entity.fields}
    if draft:
        # A box without a tick is not sent.
        given = {**given, **dict.fromkeys((field.name for field in entity.of_type("bool")), ""), **draft}
    only = {field.name for field in opens} if lock else None
    return _form(request, visitor, entity, given, {}, record_id=record_id, is_draft=bool(draft), only=only)


def _opens(db: sqlite3.Connection, visitor: Visitor, entity: Entity, record_id: int) -> list[Field]:
    """The fields of a locked record that this visitor can still change."""
    lock = locks.lock_on(db, entity, record_id)
    is_theirs = lock in entity.rules and visitor.may_change_record(db, entity, record_id)
    return [field for field in visitor.fields(entity) if lock and is_theirs and field.name in lock.opens]


@routes.post("/{table}/{record_id}/edit")
def change(request: Request, visitor: Here, entity: Kind, record_id: Number, form: Form) -> Response:
    """Keeps the change, or shows the form again with what is wrong."""
    _allow(visitor.may_change(entity))
    kind = lines.of_staff(visitor, entity)
    asked = _asked(visitor, entity, record_id, form)
    form, unfound = chosen_by_name(visitor, [*asked, *line_forms.links(kind, form)], form)
    values, wrong = read_all(asked, form)
    sent = line_forms.read(kind, form)
    wrong |= {**sent.wrong, **unfound}
    seen: Mapping[str, str] = {}
    try:
        with records.writing() as db:
            row = record(db, entity, record_id, visitor)
            _allow(visitor.may_change_record(db, entity, record_id))
            is_again = bool(once.earlier(db, form))

            def change_it() -> int:
                changed = edits.own_changes(entity, row, values, form)
                refuse_hidden(db, visitor, entity, changed)
                records.change(db, entity, row, changed, who=visitor.name)
                return record_id

            if not wrong and not is_again and not line_forms.asks_more(form):
                if any(line.record_id is None for line in sent.lines):
                    once.refuse_other(db, form)
                lines.keep_with(db, sent.kind, sent.lines, change_it, line_forms.writer(db, visitor, sent.kind))
                once.remember(db, form, request.url.path)
                drafts.forget(db, visitor.user_id, request.url.path)
    except edits.Clash as clash:
        wrong = seen = clash.problems
    except rules.Broken as broken:
        wrong = broken.problems
    if wrong or line_forms.asks_more(form):
        only = {field.name for field in asked}
        return _form(request, visitor, entity, form, wrong, record_id=record_id, status=422, seen=seen, only=only)
    return RedirectResponse(f"/{entity.table}/{record_id}?done=saved", 303)


def _asked(visitor: Visitor, entity: Entity, record_id: int, form: Mapping[str, str]) -> list[Field]:
    """The fields that the form which was sent asked for: that of a locked record asks for few."""
    fields = visitor.fields(entity)
    with database.session() as db:
        opens = {field.name for field in _opens(db, visitor, entity, record_id)}
    narrow = [field for field in fields if field.name in form or edits.BEFORE + field.name in form]
    return narrow if opens and {field.name for field in narrow} <= opens else fields


@routes.get("/{table}/{record_id}/delete")
def confirm(request: Request, visitor: Here, entity: Kind, record_id: Number) -> HTMLResponse:
    """Asks before deleting."""
    _allow(visitor.may_delete(entity))
    with database.session() as db:
        record(db, entity, record_id, visitor)
        lock = locks.lock_on(db, entity, record_id) or locks.deletion_lock(db, entity, record_id)
    if lock:
        raise HTTPException(409, lock.about)
    return _confirm(request, visitor, entity, record_id, "")


@routes.post("/{table}/{record_id}/delete")
def delete(request: Request, visitor: Here, entity: Kind, record_id: Number, form: Form) -> Response:
    """Deletes a record, or says what still needs it."""
    _allow(visitor.may_delete(entity))
    try:
        with records.writing() as db:
            location = once.earlier(db, form)
            if not location:
                row = record(db, entity, record_id, visitor)
                undo = records.remove(db, entity, row, who=visitor.name)
                location = once.remember(db, form, _back(form, "deleted") or f"/{entity.table}?done=deleted&undo={undo}")
    except rules.Broken as broken:
        return _confirm(request, visitor, entity, record_id, str(broken), 409)
    except sqlite3.IntegrityError:
        why = "It cannot be deleted while something else belongs to it."
        return _confirm(request, visitor, entity, record_id, why, 409)
    return RedirectResponse(location, 303)


@routes.post("/{table}/undo/{undo_id}")
def undo(visitor: Here, entity: Kind, undo_id: Number, form: Form) -> Response:
    """Brings back what was deleted, with everything that was deleted with it."""
    staff_only(visitor)
    try:
        with records.writing() as db:
            location = once.earlier(db, form)
            found = None if location else records.restore(db, undo_id, who=visitor.name)
            if found is not None:
                location = once.remember(db, form, f"/{found[0].table}/{found[1]}?done=restored")
    except (rules.Broken, sqlite3.IntegrityError):
        raise HTTPException(409, "It cannot be brought back: something else has taken its place.") from None
    if not location:
        raise HTTPException(404, "It cannot be brought back any more.")
    return RedirectResponse(location, 303)


@routes.post("/{table}/{record_id}/move")
def move(visitor: Here, entity: Kind, record_id: Number, form: Form) -> Response:
    """Puts a record in another column of the board."""
    if not entity.board:
        raise HTTPException(404, "There is no such page.")
    try:
        with records.writing() as db:
            row = record(db, entity, record_id, visitor)
            value = read(entity.field(entity.board), form.get("to", ""))
            if entity.moves and entity.board == entity.state:
                moves.take_to(db, entity, row, str(value), visitor)
            else:
                _allow(visitor.may_change_record(db, entity, record_id) and visitor.is_staff)
                records.change(db, entity, row, {entity.board: value}, who=visitor.name)
    except (Refused, rules.Broken) as error:
        raise HTTPException(422, str(error)) from None
    return RedirectResponse(f"/{entity.table}/board?done=moved", 303)


def _form(
    request: Request,
    visitor: Visitor,
    entity: Entity,
    given: dict[str, str],
    wrong: dict[str, str],
    *,
    record_id: int | None = None,
    status: int = 200,
    is_draft: bool = False,
    seen: Collection[str] = (),
    only: Collection[str] | None = None,
) -> HTMLResponse:
    every = visitor.fields(entity)
    fields = [field for field in every if only is None or field.name in only]
    if record_id is None:
        # What a later step writes down is nothing to fill in before it is taken.
        later = {name for move in entity.moves for name, _ in move.sets}
        fields = [field for field in fields if field.required or field.name not in later or field.name in wrong]
    wrong, status = ({}, 200) if line_forms.asks_more(given) else (wrong, status)
    with database.session() as db:
        row = database.get(db, entity, record_id) if record_id else None
        listed = options(db, fields, visitor, given, {field.name: locks.closed_links(db, entity, field) for field in fields if field.ref})
        context = {
            "lines": line_forms.of_staff(db, visitor, entity, given, record_id) if len(fields) == len(every) or not record_id else None,
            "before": _before(edits.shown(entity, row, given, seen), fields, every) if row else {}, "is_draft": is_draft,
            "typed_by": typed_by(request.app.state.key, visitor.user_id) if visitor.user_id else "",
            "entity": entity, "fields": fields, "given": given, "wrong": wrong, "record_id": record_id,
            "lock": locks.lock_on(db, entity, record_id) if record_id and not wrong else None,
            "options": listed, "notices": notices(db, entity, listed),
            "too_long": too_long(db, fields, visitor),
            "heading": visitor.adds_as(entity) if record_id is None else f"Change {entity.one}",
        }  # fmt: skip
    return render(request, "form.html", context, status=status)


def _before(shown: Mapping[str, str], fields: Collection[Field], every: Collection[Field]) -> dict[str, str]:
    """What the form showed, but for what a locked record does not ask for."""
    hidden = {edits.BEFORE + field.name for field in every if field not in fields}
    return {name: text for name, text in shown.items() if name not in hidden}


def _confirm(
    request: Request, visitor: Visitor, entity: Entity, record_id: int, problem: str, status: int = 200
) -> HTMLResponse:
    with database.session() as db:
        row = record(db, entity, record_id, visitor)
        title = database.title_rows(db, entity, [row])[record_id]
        children = related.children(db, entity, record_id, visitor)
    gone = [child for child in children if child["field"].on_delete == "cascade"]
    context = {
        "entity": entity, "record_id": record_id, "title": title, "problem": problem, "gone": gone,
        "heading": f"Delete {title}?",
    }  # fmt: skip
    return render(request, "delete.html", context, status=status)
