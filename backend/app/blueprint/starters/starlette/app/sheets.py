"""Records as CSV: saved for a spreadsheet, and read in from one, all or nothing."""

from __future__ import annotations

import csv
import hmac
import io
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from . import database, once, records, rules
from .access import Here, Visitor, staff_only
from .fields import Refused, Value
from .model import FILES, Entity, Field
from .rendering import Form, Kind, cells, render
from .routing import Number, Routes, Words
from .security import GUESSED, receipt
from .table_file import ID, Line, Named, Sheet, exact_name, named_records, plain_cell, read_sheet, saved_cell

PART = 2_000
SHOWN_LINES = 50
NO_TEXT = "This file cannot be read here. Save it as CSV (UTF-8) or as a spreadsheet (XLSX or ODS), and choose it again."

routes = Routes()


@routes.get("/{table}/export.csv")
def export(visitor: Here, entity: Kind) -> Response:
    """Every record as a CSV file that a spreadsheet opens, and that the import takes back as it is."""
    name = f'attachment; filename="{entity.table}.csv"'
    lines = _lines(visitor, entity)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers={"content-disposition": name})


def _lines(visitor: Visitor, entity: Entity) -> Iterator[str]:
    """The file in parts, so that a long one is never in memory as a whole."""
    yield "\ufeff" + _csv([[ID, *(field.label for field in entity.shows)]])
    where, values = visitor.sees(entity)
    last = 0
    while True:
        with database.session() as db:
            rows = database.select(db, entity, f"id > ? AND {where}", [last, *values], order="id", limit=PART)
            if not rows:
                return
            names = {field.name: named_records(db, visitor, field) for field in entity.shows if field.ref}
            yield _csv([_cells(row, names) for row in cells(db, entity, rows, list(entity.shows))])
        last = int(rows[-1]["id"] or 0)


def _cells(row: dict[str, Any], names: dict[str, Named]) -> list[str]:
    return [str(row["id"]), *(_cell(field, value, text, names) for field, value, text in row["cells"])]


def _cell(field: Field, value: Value, text: str, names: dict[str, Named]) -> str:
    if field.name in names:
        return plain_cell(exact_name(text, value, names[field.name]))
    return plain_cell(text) if field.type in FILES else saved_cell(field, value)


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@routes.get("/{table}/import")
def choose(
    request: Request, visitor: Here, entity: Kind, brought: Number = 0, unkept: Words = "", sign: Words = ""
) -> HTMLResponse:
    """Asks for the file; after one of which not all was kept, says what was left out."""
    staff_only(visitor)
    is_ours = sign.isascii() and hmac.compare_digest(sign, _sign(request, entity, brought, unkept))
    return _page(request, visitor, entity, {"brought": brought, "left_out": unkept} if is_ours else {})


def _sign(request: Request, entity: Entity, brought: int, unkept: str) -> str:
    return receipt(request.app.state.key, f"{entity.table} without {unkept}", brought)


@routes.post("/{table}/import")
def bring_in(request: Request, visitor: Here, entity: Kind, form: Form) -> Response:
    """Shows what a file holds, then keeps all of it; one line with a mistake keeps everything out."""
    staff_only(visitor)
    text = form.get("file") or form.get("text", "")
    if form.get("file_encoding") == "":
        return _page(request, visitor, entity, {"problem": NO_TEXT}, 422)
    if not any(map(str.isalnum, text)):
        return _page(request, visitor, entity, {"problem": "Choose a file, or paste the lines."}, 422)
    try:
        with records.writing() as db:
            location = once.earlier(db, form)
            if location:
                return RedirectResponse(location, 303)
            once.refuse_other(db, form)
            sheet = read_sheet(db, visitor, entity, text, form.get("dates", ""))
            for line in sheet.lines:
                if not line.wrong:
                    _keep(db, visitor, entity, line)
            wrong = [line for line in sheet.lines if line.wrong]
            if form.get("keep") != "yes" or wrong:
                raise _OnlyLooking
            location = once.remember(db, form, _after(request, entity, sheet))
    except _OnlyLooking:
        context = {
            "text": text, "names": sheet.names, "lines": sheet.lines, "wrong": wrong, "left_out": sheet.left_out,
            "shown": sorted(sheet.lines, key=_rank)[:SHOWN_LINES],
            "guessed": GUESSED.get(form.get("file_encoding", ""), ""), "unclear": sheet.unclear,
            "dates": form.get("dates", ""), "counts": _counts(sheet.lines), "numbers": any(one.row for one in sheet.lines),
        }  # fmt: skip
        return _page(request, visitor, entity, context, 422 if wrong else 200)
    except (Refused, rules.Broken) as error:
        return _page(request, visitor, entity, {"problem": str(error), "text": text}, 422)
    return RedirectResponse(location, 303)


def _after(request: Request, entity: Entity, sheet: Sheet) -> str:
    """Where to go when a file is in: the list, or first the page that says which columns were not kept."""
    if not sheet.unkept:
        return f"/{entity.table}?done=imported"
    brought, unkept = sum(line.is_new or bool(line.changed) for line in sheet.lines), sheet.left_out
    told = {"brought": str(brought), "unkept": unkept, "sign": _sign(request, entity, brought, unkept)}
    return f"/{entity.table}/import?{urlencode(told)}"


def _rank(line: Line) -> int:
    """What has to be looked at comes first: mistakes, changes, new records, and the rest last."""
    return 0 if line.wrong else 1 if line.changed else 2 if line.is_new else 3


class _OnlyLooking(Exception):
    """Undoes what was tried."""


def _page(
    request: Request, visitor: Visitor, entity: Entity, context: dict[str, Any], status: int = 200
) -> HTMLResponse:
    base = {"entity": entity, "fields": visitor.fields(entity), "heading": f"Import {entity.many}"}
    return render(request, "import.html", {**base, **context}, status=status)


def _keep(db: sqlite3.Connection, visitor: Visitor, entity: Entity, line: Line) -> None:
    """Adds the record of a good line, or changes it; lines which stand against each other are found in turn."""
    try:
        if line.row is None:
            if not visitor.may_add(entity):
                raise rules.Broken({"": f"You cannot add {entity.many}."})
            records.add(db, entity, line.values, who=visitor.name, what="imported")
        elif line.changed:
            if not visitor.may_change_record(db, entity, int(line.row["id"] or 0)):
                raise rules.Broken({"": f"You cannot change this {entity.one}."})
            records.change(db, entity, line.row, line.values, who=visitor.name)
    except rules.Broken as broken:
        line.wrong += broken.problems.values()


def _counts(lines: list[Line]) -> dict[str, int]:
    """How many records are added, changed and left as they are."""
    added, changed = sum(line.is_new for line in lines), sum(bool(line.changed) for line in lines)
    return {"added": added, "changed": changed, "same": len(lines) - added - changed}
