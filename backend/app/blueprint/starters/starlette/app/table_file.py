"""A CSV file read as records: each cell in exactly one way, or refused with the line that it stands in."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from dataclasses import dataclass, field

from . import database
from .access import Visitor
from .dates import DAY_FIRST, MONTH_FIRST, Unclear, orders_in
from .fields import NO_FILE, Refused, Value, file_name, read, show, typed
from .model import FILES, Entity, Field
from .schema import ABOUT
from .text import fold

Named = dict[str, list[int]]
ID = "ID"
IMPORT_LIMIT = 2_000
HEADER_ROWS = 10
SHOWN_COLUMNS = 180
NO_FORMULA = re.compile(r"(^|[;\t\n])'([-=+@－＝＋＠])")


@dataclass
class Line:
    """A line of a file: its values, what is wrong with it, and the record that it says it is."""

    number: int
    texts: list[str]
    values: dict[str, Value] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    row: database.Row | None = None
    changed: list[str] = field(default_factory=list)
    """What it changes of its record, each as a person says it."""

    @property
    def is_new(self) -> bool:
        return self.row is None


@dataclass
class Sheet:
    """What a file holds.

    `unkept` names the columns that these records have no place for; `unclear` are the two readings of a date when
    nothing in the file tells whether the day or the month comes first.
    """

    names: list[str]
    lines: list[Line]
    unkept: list[str]
    unclear: dict[str, str]

    @property
    def left_out(self) -> str:
        """The columns that are not kept, as they are said."""
        return ", ".join(f"“{name[:40]}”" for name in self.unkept)[:SHOWN_COLUMNS]


@dataclass(frozen=True)
class _Columns:
    """What each column stands for; `number_at` is the place of the record's own number."""

    fields: list[Field | None]
    number_at: int | None
    files: dict[int, Field] = field(default_factory=dict)
    """The columns with the names of files, which an import never changes: a name is no file."""


def read_sheet(db: sqlite3.Connection, visitor: Visitor, entity: Entity, text: str, order: str) -> Sheet:
    """The columns and lines of a file; Refused when it is no table of these records.

    A line with the number of a record is that record, as it is to be; one without is a new record. `order` is what
    the founder said of dates that can be read in two ways: DAY_FIRST, MONTH_FIRST or nothing.
    """
    numbered = _rows(text.lstrip("\ufeff"))
    at, columns = _header(visitor, entity, numbered)
    body = numbered[at + 1 :]
    if not body:
        raise Refused("There is nothing below the line that names the columns.")
    if len(body) > IMPORT_LIMIT:
        raise Refused(f"Bring in at most {IMPORT_LIMIT:,} lines at once.")
    rows = _records(db, visitor, entity, [row for _, row in body], columns.number_at)
    if not rows:
        columns = _Columns(columns.fields, None, columns.files)
    reader = _Reader(db, visitor, entity, columns, rows, _order(columns.fields, body, order))
    lines = [reader.line(number, row) for number, row in body]
    known = {fold(figure.label) for figure in entity.figures} | reader.same_files()
    unkept = _unkept([row for _, row in numbered[at:]], columns.fields, known, columns.number_at)
    return Sheet(numbered[at][1], lines, unkept, reader.unclear)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, each with the number of the line of the file that it begins in."""
    first = next((line for line in text.split("\n") if line.strip(" ,;\t\r")), "")
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    rows, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error:
        raise Refused(
            f"From line {begins} on this cannot be read as CSV: a value in quotes does not end where it should. "
            "Inside quotes, write each quote twice."
        ) from None
    return rows


def _header(
    visitor: Visitor, entity: Entity, numbered: list[tuple[int, list[str]]]
) -> tuple[int, _Columns]:
    """Which row names the columns, and their fields: the first that names all it must; titles may stand above it."""
    wrong = Refused("The first line must name the columns. There is none.")
    for at, (number, row) in enumerate(numbered[:HEADER_ROWS]):
        try:
            return at, _columns(visitor, entity, row, number)
        except Refused as error:
            wrong = error if at == 0 else wrong
    raise wrong


def _columns(visitor: Visitor, entity: Entity, header: list[str], number: int) -> _Columns:
    asked = [one for one in visitor.fields(entity) if one.type not in FILES]
    by_word = {fold(word): one for one in asked for word in (one.label, one.name)}
    fields: list[Field | None] = []
    for word in header:
        found = by_word.get(fold(word))
        # Of two columns for one field the first counts.
        fields.append(None if found in fields else found)
    missing = [one.label for one in asked if one.required and one not in fields]
    if missing or not any(fields):
        needed = missing or [one.label for one in asked]
        cells = ", ".join(cell for cell in header if cell.strip())[:80]
        taken = f" Line {number} was read for it: {cells}." if cells else ""
        raise Refused(f"The first line must name the columns. Not found: {', '.join(needed)}.{taken}")
    places = [at for at, word in enumerate(header) if fold(word) == fold(ID) and fields[at] is None]
    by_file = {fold(word): one for one in entity.of_type(*FILES) for word in (one.label, one.name)}
    named = {at: by_file[fold(word)] for at, word in enumerate(header) if fields[at] is None and fold(word) in by_file}
    return _Columns(fields, places[0] if places else None, named)


def _records(
    db: sqlite3.Connection, visitor: Visitor, entity: Entity, body: list[list[str]], number_at: int | None
) -> dict[int, database.Row]:
    """The records that the lines name by their numbers; empty for the file of another program, whose are not ours."""
    if number_at is None:
        return {}
    numbers = {int(row[number_at]) for row in body if number_at < len(row) and _is_number(row[number_at])}
    where, values = visitor.sees(entity)
    found: dict[int, database.Row] = {}
    for number in numbers:
        for row in database.select(db, entity, f"id = ? AND {where}", [number, *values], limit=1):
            found[number] = row
    return found


def _is_number(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 15


def _order(fields: list[Field | None], body: list[tuple[int, list[str]]], said: str) -> str:
    """Whether the day or the month comes first in the dates of a file: as its dates tell, else as was said."""
    places = [at for at, one in enumerate(fields) if one is not None and one.type in ("date", "datetime")]
    told = orders_in(row[at] for _, row in body for at in places if at < len(row))
    if len(told) == 1:
        return told.pop()
    # Where two dates of one file tell opposite things, no answer fits both: each unclear one is refused on its line.
    return said if not told and said in (DAY_FIRST, MONTH_FIRST) else ""


class _Reader:
    """Reads the lines of one file."""

    def __init__(
        self, db: sqlite3.Connection, visitor: Visitor, entity: Entity, columns: _Columns,
        rows: dict[int, database.Row], order: str,
    ) -> None:  # fmt: skip
        self._entity = entity
        self._fields = columns.fields
        self._number_at = columns.number_at
        self._files = columns.files
        self._other_files: set[int] = set()
        self._rows = rows
        self._order = order
        links = [one for one in columns.fields if one is not None and one.ref]
        self._named = {one.name: named_records(db, visitor, one) for one in links}
        self._labels = {one.name: database.ref_labels(db, entity, one.name, list(rows.values())) for one in links}
        self._seen: set[int] = set()
        self.unclear: dict[str, str] = {}

    def line(self, number: int, row: list[str]) -> Line:
        line = Line(number, row)
        # A line that ends early is empty in the columns that it does not reach.
        whole = [*row, *[""] * (len(self._fields) - len(row))]
        self._find(line, whole)
        for one, text in zip(self._fields, whole, strict=False):
            if one is not None:
                self._cell(line, one, text.strip())
        self._look_at_files(line, whole)
        if any(row[len(self._fields) :]):
            line.wrong.append("This line has more values than there are columns; put a value with a comma in quotes.")
        return line

    def _look_at_files(self, line: Line, whole: list[str]) -> None:
        """See which cells name other files than the records have, and refuse a new record that cannot be without one."""
        for at, one in self._files.items():
            had = file_name(line.row[one.name]) if line.row is not None else ""
            if NO_FORMULA.sub(r"\1\2", whole[at].strip()) != had:
                self._other_files.add(at)
        for one in self._entity.of_type(*FILES):
            if one.required and line.row is None:
                line.wrong.append(f"{one.label}: {NO_FILE}")

    def same_files(self) -> set[str]:
        """The columns whose cells name the files that the records have, so that nothing of them is lost."""
        same = [one for at, one in self._files.items() if at not in self._other_files]
        return {fold(word) for one in same for word in (one.label, one.name)}

    def _find(self, line: Line, whole: list[str]) -> None:
        """The record that the line says it is."""
        text = whole[self._number_at].strip() if self._number_at is not None else ""
        if not text:
            return
        number = int(text) if _is_number(text) else 0
        line.row = self._rows.get(number)
        if line.row is None:
            line.wrong.append(f"There is no {self._entity.one} with the {ID} “{text[:20]}”. Leave it empty to add a new one.")
        elif number in self._seen:
            line.wrong.append(f"The {ID} {number} stands in two lines.")
        self._seen.add(number)

    def _cell(self, line: Line, one: Field, text: str) -> None:
        if line.row is not None and text == self._exported(one, line.row[one.name]):
            return
        try:
            value = read(one, self._typed(one, text), order=self._order)
        except Unclear as error:
            self.unclear = self.unclear or {order: f"{day.day} {day:%B %Y}" for order, day in error.readings.items()}
            line.wrong.append(f"{one.label}: {error}")
            return
        except Refused as error:
            line.wrong.append(f"{one.label}: {error}")
            return
        if line.row is None:
            line.values[one.name] = value
        elif line.row[one.name] != value:
            line.values[one.name] = value
            said = text if one.ref and text else self._said(one, value)
            line.changed.append(f"{one.label}: {self._said(one, line.row[one.name])} → {said}")

    def _exported(self, one: Field, value: Value) -> str:
        """What the export writes for the value: a cell that still says so is not touched."""
        if one.ref:
            return plain_cell(exact_name(self._said(one, value), value, self._named[one.name])) if value is not None else ""
        return plain_cell(typed(one, value)).strip()

    def _said(self, one: Field, value: Value) -> str:
        if one.ref:
            return self._labels[one.name].get(int(value or 0), "nothing")
        return show(one, value, currency=ABOUT.currency) or "nothing"

    def _typed(self, one: Field, text: str) -> str:
        """What somebody would have typed into the form for this cell."""
        plain = NO_FORMULA.sub(r"\1\2", text)
        if one.choices:
            return next((choice for choice in one.choices if fold(choice) == fold(plain)), plain)
        if one.ref and plain:
            return str(_meant(plain, self._named[one.name]))
        return plain


def _unkept(
    rows: list[list[str]], fields: list[Field | None], known: set[str], number_at: int | None
) -> list[str]:
    """The columns that stand for no field, not even a worked-out one; one without a name counts when it is filled."""
    places = [at for at, one in enumerate(fields) if one is None and any(row[at:] and row[at] for row in rows)]
    places = [at for at in places if fold(rows[0][at]) not in known and at != number_at]
    return [rows[0][at].strip() or f"column {at + 1}" for at in places]


# Where a comma is part of numbers, spreadsheets begin a cell after each semicolon, and some read wide signs too.
_FORMULA = re.compile(r"(^|[;\t\n])([-=+@－＝＋＠])")


def plain_cell(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    return _FORMULA.sub(r"\1'\2", text)


def named_records(db: sqlite3.Connection, visitor: Visitor, one: Field) -> Named:
    """The numbers of the records that this person can make a link lead to, by their folded names."""
    named: Named = {}
    target = database.BY_TABLE[one.ref]
    for number, name in database.labels(db, target, *visitor.chooses(target), limit=-1).items():
        named.setdefault(fold(name), []).append(number)
    return named


def exact_name(name: str, number: object, named: Named) -> str:
    """The name, with the number behind it where another record has the same."""
    return f"{name} #{number}" if len(named.get(fold(name), [])) > 1 else name


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
