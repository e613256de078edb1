"""Records as CSV: saved for a spreadsheet, and read in from one, all or nothing."""

from __future__ import annotations

import csv
import hmac
import io
import re
import sqlite3
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, records, rules
from .access import Here, Visitor, staff_only
from .fields import Refused, Value, read, typed
from .model import Entity, Field
from .rendering import Form, Kind, cells, render
from .routing import Number, Routes, Words
from .security import receipt
from .text import fold

Named = dict[str, list[int]]
CSV_LIMIT = 100_000
IMPORT_LIMIT = 2_000
HEADER_ROWS = 10
SHOWN_LINES = 50
# Where a comma is part of numbers, spreadsheets begin a cell after each semicolon, and some read wide signs too.
FORMULA = re.compile(r"(^|[;\t\n])([-=+@－＝＋＠])")
NO_FORMULA = re.compile(r"(^|[;\t\n])'([-=+@－＝＋＠])")
SHOWN_COLUMNS = 180
NO_TEXT = "This file is not text that can be read here. Save it as CSV (UTF-8) and choose it again."

routes = Routes()


@routes.get("/{table}/export.csv")
def export(visitor: Here, entity: Kind) -> Response:
    """Every record as a CSV file that a spreadsheet opens."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ID", *(field.label for field in entity.shows)])
    where, values = visitor.sees(entity)
    with database.session() as db:
        names = {field.name: _by_name(db, field) for field in entity.shows if field.ref}
        rows = database.select(db, entity, where, values, order="id", limit=CSV_LIMIT)
        for row in cells(db, entity, rows, list(entity.shows)):
            shown = (
                _exact(text, value, names[field.name]) if field.name in names else typed(field, value)
                for field, value, text in row["cells"]
            )
            writer.writerow([row["id"], *map(_plain, shown)])
    name = f'attachment; filename="{entity.table}.csv"'
    return Response("\ufeff" + out.getvalue(), media_type="text/csv", headers={"content-disposition": name})


def _plain(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    return FORMULA.sub(r"\1'\2", text)


@dataclass
class Line:
    """A line of a file: its values, and what is wrong with it."""

    number: int
    texts: list[str]
    values: dict[str, Value] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """What a file holds; `unkept` names the columns that these records have no place for."""

    names: list[str]
    lines: list[Line]
    unkept: list[str]

    @property
    def left_out(self) -> str:
        """The columns that are not kept, as they are said."""
        return ", ".join(f"“{name[:40]}”" for name in self.unkept)[:SHOWN_COLUMNS]


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
            sheet = _read(db, visitor, entity, text)
            _try(db, visitor, entity, sheet.lines)
            wrong = [line for line in sheet.lines if line.wrong]
            if form.get("keep") != "yes" or wrong:
                raise _OnlyLooking
    except _OnlyLooking:
        context = {
            "text": text, "names": sheet.names, "lines": sheet.lines, "wrong": wrong, "left_out": sheet.left_out,
            "shown": [*wrong, *(line for line in sheet.lines if not line.wrong)][:SHOWN_LINES],
            "is_guessed": form.get("file_encoding") == "cp1252",
        }  # fmt: skip
        return _page(request, visitor, entity, context, 422 if wrong else 200)
    except Refused as error:
        return _page(request, visitor, entity, {"problem": str(error), "text": text}, 422)
    if not sheet.unkept:
        return RedirectResponse(f"/{entity.table}?done=imported", 303)
    brought, unkept = len(sheet.lines), sheet.left_out
    told = {"brought": str(brought), "unkept": unkept, "sign": _sign(request, entity, brought, unkept)}
    return RedirectResponse(f"/{entity.table}/import?{urlencode(told)}", 303)


class _OnlyLooking(Exception):
    """Undoes what was tried."""


def _page(
    request: Request, visitor: Visitor, entity: Entity, context: dict[str, Any], status: int = 200
) -> HTMLResponse:
    base = {"entity": entity, "fields": visitor.fields(entity), "heading": f"Import {entity.many}"}
    return render(request, "import.html", {**base, **context}, status=status)


def _read(db: sqlite3.Connection, visitor: Visitor, entity: Entity, text: str) -> Sheet:
    """The columns and lines of a file; Refused when it is no table of these records."""
    numbered = _rows(text.lstrip("\ufeff"))
    at, fields = _header(visitor, entity, numbered)
    body = numbered[at + 1 :]
    if len(body) > IMPORT_LIMIT:
        raise Refused(f"Bring in at most {IMPORT_LIMIT:,} lines at once.")
    links = {one.name: _by_name(db, one) for one in fields if one is not None and one.ref}
    lines = [_line(number, row, fields, links) for number, row in body]
    rows = [row for _, row in numbered[at:]]
    return Sheet(rows[0], lines, _unkept(rows, fields, {fold(figure.label) for figure in entity.figures}))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, each with the number of the line of the file that it begins in."""
    first = next((line for line in text.split("\n") if line.strip(" ,;\t\r")), "")
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    rows, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error:
        raise Refused("This cannot be read as CSV.") from None
    return rows


def _header(
    visitor: Visitor, entity: Entity, numbered: list[tuple[int, list[str]]]
) -> tuple[int, list[Field | None]]:
    """Which row names the columns, and their fields: the first that names all it must; titles may stand above it."""
    wrong = Refused("The first line must name the columns. There is none.")
    for at, (number, row) in enumerate(numbered[:HEADER_ROWS]):
        try:
            return at, _columns(visitor, entity, row, number)
        except Refused as error:
            wrong = error if at == 0 else wrong
    raise wrong


def _unkept(rows: list[list[str]], fields: list[Field | None], figures: set[str]) -> list[str]:
    """The columns that stand for no field, not even a worked-out one; one without a name counts when it is filled."""
    places = [at for at, one in enumerate(fields) if one is None and any(row[at:] and row[at] for row in rows)]
    places = [at for at in places if fold(rows[0][at]) not in figures]
    return [rows[0][at].strip() or f"column {at + 1}" for at in places]


def _columns(visitor: Visitor, entity: Entity, header: list[str], number: int) -> list[Field | None]:
    by_word = {fold(word): one for one in visitor.fields(entity) for word in (one.label, one.name)}
    fields: list[Field | None] = []
    for word in header:
        found = by_word.get(fold(word))
        # Of two columns for one field the first counts.
        fields.append(None if found in fields else found)
    missing = [one.label for one in visitor.fields(entity) if one.required and one not in fields]
    if missing or not any(fields):
        needed = missing or [one.label for one in visitor.fields(entity)]
        read = ", ".join(cell for cell in header if cell.strip())[:80]
        taken = f" Line {number} was read for it: {read}." if read else ""
        raise Refused(f"The first line must name the columns. Not found: {', '.join(needed)}.{taken}")
    return fields


def _by_name(db: sqlite3.Connection, one: Field) -> Named:
    """The numbers of the records that go by each name."""
    named: Named = {}
    for number, name in database.labels(db, database.BY_TABLE[one.ref], limit=-1).items():
        named.setdefault(fold(name), []).append(number)
    return named


def _exact(name: str, number: object, named: Named) -> str:
    """The name, with the number behind it where another record has the same."""
    return f"{name} #{number}" if len(named.get(fold(name), [])) > 1 else name


def _line(number: int, row: list[str], fields: list[Field | None], links: dict[str, Named]) -> Line:
    line = Line(number, row)
    # A line that ends early is empty in the columns that it does not reach.
    whole = [*row, *[""] * (len(fields) - len(row))]
    for one, text in zip(fields, whole, strict=False):
        if one is not None:
            try:
                line.values[one.name] = read(one, _typed(one, text.strip(), links))
            except Refused as error:
                line.wrong.append(f"{one.label}: {error}")
    if any(row[len(fields) :]):
        line.wrong.append("This line has more values than there are columns; put a value with a comma in quotes.")
    return line


def _typed(one: Field, text: str, links: dict[str, Named]) -> str:
    """What somebody would have typed into the form for this cell."""
    plain = NO_FORMULA.sub(r"\1\2", text)
    if one.choices:
        return next((choice for choice in one.choices if fold(choice) == fold(plain)), plain)
    if one.ref and plain:
        return str(_meant(plain, links[one.name]))
    return plain


def _meant(text: str, named: Named) -> int:
    """The number of the record that a cell names; Refused when there is none, or more than one."""
    found = named.get(fold(text), [])
    if len(found) == 1:
        return found[0]
    if found:
        which = " or ".join(f"“{text[:60]} #{number}”" for number in sorted(found)[:4])
        raise Refused(f"There are {len(found)} called “{text[:60]}”. Write which one is meant: {which}.")
    name, _, number = text.rpartition("#")
    if number.isascii() and number.isdigit() and int(number) in named.get(fold(name), []):
        return int(number)
    raise Refused(f"There is no “{text[:60]}”.")


def _try(db: sqlite3.Connection, visitor: Visitor, entity: Entity, lines: list[Line]) -> None:
    """Adds each good line in turn, so that lines which stand against each other are found too."""
    for line in lines:
        if not line.wrong:
            try:
                records.add(db, entity, line.values, who=visitor.name, what="imported")
            except rules.Broken as broken:
                line.wrong += broken.problems.values()
