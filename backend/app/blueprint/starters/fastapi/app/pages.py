"""The pages: a dashboard, and for each kind of record its list, form, record, CSV file and views."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException

from . import database, migration, rules, views
from .fields import Refused, Value, money, read, show, tone, typed
from .model import Entity, Field
from .schema import ABOUT, ENTITIES
from .security import new_token, read_form

PAGE_SIZE = 20
CHILD_LIMIT = 10
CSV_LIMIT = 100_000
DONE = {"added": "Added.", "saved": "Saved.", "deleted": "Deleted.", "moved": "Moved."}

router = APIRouter()
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
templates.globals.update(about=ABOUT, entities=ENTITIES, tone=tone, money=lambda cents: money(cents, ABOUT.currency))

Form = Annotated[dict[str, str], Depends(read_form)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Words = Annotated[str, Query(max_length=200)]


def render(template: str, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """A page; everything in it is escaped by the template engine."""
    return HTMLResponse(templates.get_template(template).render(context), status)


def _entity(table: str) -> Entity:
    if table not in database.BY_TABLE:
        raise HTTPException(404, "There is no such page.")
    return database.BY_TABLE[table]


Kind = Annotated[Entity, Depends(_entity)]


def _record(db: sqlite3.Connection, entity: Entity, record_id: int) -> database.Row:
    row = database.get(db, entity, record_id) if record_id < 2**53 else None
    if row is None:
        raise HTTPException(404, f"This {entity.label.lower()} is not here; it may have been deleted.")
    return row


def _token(request: Request) -> str:
    return new_token(request.app.state.key)


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
            "cells": [(field, row[field.name], _cell(field, row[field.name], refs)) for field in fields],
        }
        for row in rows
    ]


def _cell(field: Field, value: Value, refs: dict[str, database.Labels]) -> str:
    if field.ref:
        return refs[field.name].get(int(value), "") if value is not None else ""
    return show(field, value, currency=ABOUT.currency)


@router.get("/health")
def health() -> dict[str, str]:
    """Answers when the app can read its records."""
    with database.session() as db:
        database.count(db, ENTITIES[0])
    return {"status": "ok"}


@router.get("/")
def home() -> HTMLResponse:
    """The dashboard."""
    with database.session() as db:
        sections = [_section(db, entity) for entity in ENTITIES]
        context = {"sections": sections, "coming": views.coming_up(db), "sums": views.sums(db)}
        return render("home.html", context)


def _section(db: sqlite3.Connection, entity: Entity) -> dict[str, Any]:
    late, values = rules.overdue(entity)
    rows = database.select(db, entity, limit=4)
    return {
        "entity": entity,
        "count": database.count(db, entity),
        "late": database.count(db, entity, late, values),
        "rows": cells(db, entity, rows, []),
    }


@router.get("/about")
def about() -> HTMLResponse:
    """What the app is, in the founder's words."""
    with database.session() as db:
        notes = migration.notes(db)
    return render("about.html", {"heading": "About this app", "notes": notes})


@router.get("/{table}")
def listing(
    request: Request, entity: Kind, q: Words = "", page: PageNumber = 1, sort: Words = "", done: Words = ""
) -> HTMLResponse:
    """The records, searched, filtered, sorted and in pages."""
    where, values, chosen = _filter(entity, q, request)
    order = _order(entity, sort)
    with database.session() as db:
        total = database.count(db, entity, where, values)
        pages = max(1, -(-total // PAGE_SIZE))
        at = min(page, pages)
        rows = database.select(
            db, entity, where, values, order=order, limit=PAGE_SIZE, offset=(at - 1) * PAGE_SIZE
        )
        context = {
            "entity": entity, "rows": cells(db, entity, rows, entity.shown), "q": q, "total": total,
            "page": at, "pages": pages, "sort": sort, "chosen": chosen, "done": DONE.get(done, ""),
            "link": lambda **more: _link(entity, {"q": q, "sort": sort, "page": str(at), **chosen}, more),
            "heading": entity.plural,
        }  # fmt: skip
        return render("list.html", context)


def _link(entity: Entity, now: dict[str, str], more: dict[str, str]) -> str:
    query = {name: value for name, value in {**now, **more}.items() if value and (name, value) != ("page", "1")}
    return f"/{entity.table}?{urlencode(query)}" if query else f"/{entity.table}"


def _filter(entity: Entity, q: str, request: Request) -> tuple[str, list[Value], dict[str, str]]:
    parts, values, chosen = ["1"], [], {}
    if q.strip():
        found, values = database.matching(entity, q.strip())
        parts.append(found)
    for field in entity.of_type("choice"):
        wanted = request.query_params.get(field.name, "")
        if wanted in field.choices:
            parts.append(f'"{field.name}" = ?')
            values = [*values, wanted]
            chosen[field.name] = wanted
    if request.query_params.get("late") == "1":
        late, more = rules.overdue(entity)
        parts.append(late)
        values = [*values, *more]
        chosen["late"] = "1"
    return " AND ".join(parts), values, chosen


def _order(entity: Entity, sort: str) -> str:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in {field.name for field in entity.fields}:
        return "id DESC"
    return f'"{name}" IS NULL, "{name}" COLLATE NOCASE {"DESC" if descending else "ASC"}, id DESC'


@router.get("/{table}/export.csv")
def export(entity: Kind) -> Response:
    """Every record as a CSV file that a spreadsheet opens."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ID", *(field.label for field in entity.fields)])
    with database.session() as db:
        rows = database.select(db, entity, order="id", limit=CSV_LIMIT)
        for row in cells(db, entity, rows, list(entity.fields)):
            shown = (text if field.ref else typed(field, value) for field, value, text in row["cells"])
            writer.writerow([row["id"], *map(_plain, shown)])
    name = f'attachment; filename="{entity.table}.csv"'
    return Response("\ufeff" + out.getvalue(), media_type="text/csv", headers={"content-disposition": name})


def _plain(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t")) else text


@router.get("/{table}/calendar")
def calendar(entity: Kind, month: Words = "") -> HTMLResponse:
    """The records of one month by their day."""
    if not entity.calendar:
        raise HTTPException(404, "There is no such page.")
    with database.session() as db:
        return render("calendar.html", {"entity": entity, **views.month(db, entity, month)})


@router.get("/{table}/board")
def board(request: Request, entity: Kind, done: Words = "") -> HTMLResponse:
    """The records in a column for each status."""
    if not entity.board:
        raise HTTPException(404, "There is no such page.")
    with database.session() as db:
        columns = views.board(db, entity)
    heading = f"{entity.plural}: board"
    return render(
        "board.html",
        {"entity": entity, "columns": columns, "token": _token(request), "heading": heading, "done": DONE.get(done, "")},
    )


@router.get("/{table}/totals")
def totals(entity: Kind) -> HTMLResponse:
    """The amounts added up by status, by what they belong to, and by month."""
    if not entity.totals:
        raise HTTPException(404, "There is no such page.")
    with database.session() as db:
        context = {"entity": entity, "groups": views.totals(db, entity), "heading": f"{entity.plural}: totals"}
        return render("totals.html", context)


@router.get("/{table}/new")
def new(request: Request, entity: Kind) -> HTMLResponse:
    """The empty form; a query such as ?client=3 fills a field in."""
    known = {field.name for field in entity.fields}
    given = {name: value for name, value in request.query_params.items() if name in known}
    start = {field.name: field.choices[0] for field in entity.of_type("choice") if field.name == entity.board}
    return _form(request, entity, {**start, **given}, {})


@router.post("/{table}/new")
def create(request: Request, entity: Kind, form: Form) -> Response:
    """Keeps a new record, or shows the form again with what is wrong."""
    return _save(request, entity, form, None)


@router.get("/{table}/{record_id}")
def detail(entity: Kind, record_id: int, done: Words = "") -> HTMLResponse:
    """One record with everything that belongs to it."""
    with database.session() as db:
        row = _record(db, entity, record_id)
        shown = cells(db, entity, [row], list(entity.fields))[0]
        context = {
            "entity": entity, "row": shown, "children": _children(db, entity, record_id),
            "done": DONE.get(done, ""), "heading": shown["title"],
        }  # fmt: skip
        return render("detail.html", context)


def _children(db: sqlite3.Connection, entity: Entity, record_id: int) -> list[dict[str, Any]]:
    found = []
    for child in ENTITIES:
        for field in child.of_type("ref"):
            if field.ref == entity.table:
                where = f'"{field.name}" = ?'
                rows = database.select(db, child, where, [record_id], limit=CHILD_LIMIT)
                columns = [column for column in child.shown if column.name != field.name]
                found.append(
                    {
                        "entity": child, "field": field, "columns": columns,
                        "rows": cells(db, child, rows, columns),
                        "count": database.count(db, child, where, [record_id]),
                    }
                )  # fmt: skip
    return found


@router.get("/{table}/{record_id}/edit")
def edit(request: Request, entity: Kind, record_id: int) -> HTMLResponse:
    """The form with a record in it."""
    with database.session() as db:
        row = _record(db, entity, record_id)
    return _form(request, entity, {f.name: typed(f, row[f.name]) for f in entity.fields}, {}, record_id=record_id)


@router.post("/{table}/{record_id}/edit")
def change(request: Request, entity: Kind, record_id: int, form: Form) -> Response:
    """Keeps the change, or shows the form again with what is wrong."""
    return _save(request, entity, form, record_id)


@router.get("/{table}/{record_id}/delete")
def confirm(request: Request, entity: Kind, record_id: int) -> HTMLResponse:
    """Asks before deleting."""
    return _confirm(request, entity, record_id, "")


@router.post("/{table}/{record_id}/delete")
def delete(request: Request, entity: Kind, record_id: int, form: Form) -> Response:
    """Deletes a record, or says what still needs it."""
    try:
        with database.session() as db:
            _record(db, entity, record_id)
            database.delete(db, entity, record_id)
    except sqlite3.IntegrityError:
        return _confirm(request, entity, record_id, "It cannot be deleted while other records belong to it.", 409)
    return RedirectResponse(f"/{entity.table}?done=deleted", 303)


@router.post("/{table}/{record_id}/move")
def move(entity: Kind, record_id: int, form: Form) -> Response:
    """Puts a record in another column of the board."""
    if not entity.board:
        raise HTTPException(404, "There is no such page.")
    with database.session() as db:
        row = _record(db, entity, record_id)
        try:
            value = read(entity.field(entity.board), form.get("to", ""))
        except Refused as error:
            raise HTTPException(422, str(error)) from None
        after = {name: value_ for name, value_ in row.items() if name != "id"} | {entity.board: value}
        problems = rules.problems(db, entity, after, record_id)
        if problems:
            raise HTTPException(422, next(iter(problems.values())))
        database.update(db, entity, record_id, {entity.board: value})
    return RedirectResponse(f"/{entity.table}/board?done=moved", 303)


def _save(request: Request, entity: Entity, form: dict[str, str], record_id: int | None) -> Response:
    values, wrong = _read_all(entity, form)
    with database.session() as db:
        # The lock comes before the rules are checked, so that two visitors cannot take the last place.
        db.execute("BEGIN IMMEDIATE")
        if record_id is not None:
            _record(db, entity, record_id)
        if not wrong:
            wrong = rules.problems(db, entity, values, record_id)
        if not wrong:
            saved = _keep(db, entity, values, record_id)
    if wrong:
        return _form(request, entity, form, wrong, record_id=record_id, status=422)
    return RedirectResponse(f"/{entity.table}/{saved}?done={'added' if record_id is None else 'saved'}", 303)


def _keep(db: sqlite3.Connection, entity: Entity, values: dict[str, Value], record_id: int | None) -> int:
    if record_id is None:
        return database.insert(db, entity, values)
    database.update(db, entity, record_id, values)
    return record_id


def _read_all(entity: Entity, form: dict[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for field in entity.fields:
        try:
            values[field.name] = read(field, form.get(field.name, ""))
        except Refused as error:
            wrong[field.name] = str(error)
    return values, wrong


def _form(
    request: Request,
    entity: Entity,
    given: dict[str, str],
    wrong: dict[str, str],
    *,
    record_id: int | None = None,
    status: int = 200,
) -> HTMLResponse:
    with database.session() as db:
        options = {f.name: database.labels(db, database.BY_TABLE[f.ref]) for f in entity.of_type("ref")}
    label = entity.label[0].lower() + entity.label[1:]
    context = {
        "entity": entity, "given": given, "wrong": wrong, "options": options, "record_id": record_id,
        "token": _token(request), "heading": f"{'New' if record_id is None else 'Change'} {label}",
        "by_table": database.BY_TABLE,
    }  # fmt: skip
    return render("form.html", context, status=status)


def _confirm(request: Request, entity: Entity, record_id: int, problem: str, status: int = 200) -> HTMLResponse:
    with database.session() as db:
        row = _record(db, entity, record_id)
        title = database.title_rows(db, entity, [row])[record_id]
        gone = [child for child in _children(db, entity, record_id) if child["field"].on_delete == "cascade"]
    context = {
        "entity": entity, "record_id": record_id, "title": title, "problem": problem, "gone": gone,
        "token": _token(request), "heading": f"Delete {title}?",
    }  # fmt: skip
    return render("delete.html", context, status=status)
