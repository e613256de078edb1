"""Records as CSV: saved for a spreadsheet, and read in from one, all or nothing."""

from __future__ import annotations

import csv
import io
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, records, rules
from .access import Here, Visitor, staff_only
from .fields import Refused, Value, read, typed
from .model import Entity, Field
from .rendering import Form, Kind, cells, render
from .routing import Routes

CSV_LIMIT = 100_000
IMPORT_LIMIT = 2_000
SHOWN_LINES = 50

routes = Routes()


@routes.get("/{table}/export.csv")
def export(visitor: Here, entity: Kind) -> Response:
    """Every record as a CSV file that a spreadsheet opens."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ID", *(field.label for field in entity.fields)])
    where, values = visitor.sees(entity)
    with database.session() as db:
        rows = database.select(db, entity, where, values, order="id", limit=CSV_LIMIT)
        for row in cells(db, entity, rows, list(entity.fields)):
            shown = (text if field.ref else typed(field, value) for field, value, text in row["cells"])
            writer.writerow([row["id"], *map(_plain, shown)])
    name = f'attachment; filename="{entity.table}.csv"'
    return Response("\ufeff" + out.getvalue(), media_type="text/csv", headers={"content-disposition": name})


def _plain(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t")) else text


@dataclass
class Line:
    """A line of a file: its values, and what is wrong with it."""

    number: int
    texts: list[str]
    values: dict[str, Value] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@routes.get("/{table}/import")
def choose(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """Asks for the file."""
    staff_only(visitor)
    return _page(request, visitor, entity, {})


@routes.post("/{table}/import")
def bring_in(request: Request, visitor: Here, entity: Kind, form: Form) -> Response:
    """Shows what a file holds, then keeps all of it; one line with a mistake keeps everything out."""
    staff_only(visitor)
    text = form.get("file") or form.get("text", "")
    if not text.strip():
        return _page(request, visitor, entity, {"problem": "Choose a file, or paste the lines."}, 422)
    try:
        with records.writing() as db:
            names, lines = _read(db, visitor, entity, text)
            _try(db, visitor, entity, lines)
            wrong = [line for line in lines if line.wrong]
            if form.get("keep") != "yes" or wrong:
                raise _OnlyLooking
    except _OnlyLooking:
        shown = [*wrong, *(line for line in lines if not line.wrong)][:SHOWN_LINES]
        context = {"text": text, "names": names, "lines": lines, "shown": shown, "wrong": wrong}
        return _page(request, visitor, entity, context, 422 if wrong else 200)
    except Refused as error:
        return _page(request, visitor, entity, {"problem": str(error), "text": text}, 422)
    return RedirectResponse(f"/{entity.table}?done=imported", 303)


class _OnlyLooking(Exception):
    """Undoes what was tried."""


def _page(
    request: Request, visitor: Visitor, entity: Entity, context: dict[str, Any], status: int = 200
) -> HTMLResponse:
    base = {"entity": entity, "fields": visitor.fields(entity), "heading": f"Import {entity.many}"}
    return render(request, "import.html", {**base, **context}, status=status)


def _read(db: sqlite3.Connection, visitor: Visitor, entity: Entity, text: str) -> tuple[list[str], list[Line]]:
    """The columns and lines of a file; Refused when it is no table of these records."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter) if any(row)]
    except csv.Error:
        raise Refused("This cannot be read as CSV.") from None
    fields = _columns(visitor, entity, rows[0])
    if len(rows) > IMPORT_LIMIT + 1:
        raise Refused(f"Bring in at most {IMPORT_LIMIT:,} lines at once.")
    links = {one.name: _by_name(db, one) for one in fields if one is not None and one.ref}
    return rows[0], [_line(number, row, fields, links) for number, row in enumerate(rows[1:], start=2)]


def _columns(visitor: Visitor, entity: Entity, header: list[str]) -> list[Field | None]:
    by_word = {word.casefold(): one for one in visitor.fields(entity) for word in (one.label, one.name)}
    fields = [by_word.get(word.strip().casefold()) for word in header]
    missing = [one.label for one in visitor.fields(entity) if one.required and one not in fields]
    if missing or not any(fields):
        needed = missing or [one.label for one in visitor.fields(entity)]
        raise Refused(f"The first line must name the columns. Not found: {', '.join(needed)}.")
    return fields


def _by_name(db: sqlite3.Connection, one: Field) -> dict[str, str]:
    names = database.labels(db, database.BY_TABLE[one.ref])
    return {name.casefold(): str(key) for key, name in reversed(names.items())}


def _line(number: int, row: list[str], fields: list[Field | None], links: dict[str, dict[str, str]]) -> Line:
    line = Line(number, row)
    for one, text in zip(fields, row, strict=False):
        if one is not None:
            try:
                line.values[one.name] = read(one, _typed(one, text.strip(), links))
            except Refused as error:
                line.wrong.append(f"{one.label}: {error}")
    return line


def _typed(one: Field, text: str, links: dict[str, dict[str, str]]) -> str:
    """What somebody would have typed into the form for this cell."""
    plain = text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text
    if one.choices:
        return next((choice for choice in one.choices if choice.casefold() == plain.casefold()), plain)
    if one.ref and plain:
        if plain.casefold() not in links[one.name]:
            raise Refused(f"There is no “{plain[:60]}”.")
        return links[one.name][plain.casefold()]
    return plain


def _try(db: sqlite3.Connection, visitor: Visitor, entity: Entity, lines: list[Line]) -> None:
    """Adds each good line in turn, so that lines which stand against each other are found too."""
    for line in lines:
        if not line.wrong:
            try:
                records.add(db, entity, line.values, who=visitor.name, what="imported")
            except rules.Broken as broken:
                line.wrong += broken.problems.values()
