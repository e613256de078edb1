"""A CSV file read as records: each cell in exactly one way, or refused with the line that it stands in."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal

from . import database
from .access import Visitor
from .amounts import LARGEST, Foreign, Unnamed, currency_named, refuse_foreign
from .dates import DAY_FIRST, MONTH_FIRST, Unclear, orders_in, read_date, read_datetime, with_century
from .fields import NO_FILE, Refused, Value, file_name, read, show, typed
from .model import FILES, Ensure, Entity, Field
from .schema import ABOUT, ENTITIES
from .text import fold
from .totals import first_filled, is_total

Named = dict[str, list[int]]
ID = "ID"
IMPORT_LIMIT = 10_000
"""Lines: three seconds and 20 MB, while nobody else can write."""
COUNTED_LIMIT = 2_000
"""Where a condition counts the records of the kind, each line is judged among all of them."""
HEADER_ROWS = 10
SHOWN_COLUMNS = 180
SEPARATORS = ",;\t|"
SPREADSHEET_ERROR = re.compile(r"#(?:REF!|DIV/0!|NAME\?|VALUE!|N/A|NUM!|NULL!|SPILL!|CALC!)|Err:[0-9]{3}|#{4,}", re.IGNORECASE)
BRACKETED = re.compile(r"(.*?) ?(?:[(\[] ?([^()\[\]]+?) ?[)\]]|\b(?:in )?([^\s]+))")
DATES, NUMBERS, WORDS = ("date", "datetime"), ("int", "decimal", "money"), ("text", "phone", "code", "longtext")
AS_NUMBER = re.compile(r"\+?[0-9]{1,30}(?:[.,][0-9]{1,30})?(?:[eE]\+?[0-9]{1,2})?")
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
    told: dict[int, Field] = field(default_factory=dict)
    """The columns that an import never changes: the names of files, which are no files, and what is worked out."""
    currency_at: int | None = None
    """The place of a column that says the currency of each line, as banks write it."""


def read_sheet(db: sqlite3.Connection, visitor: Visitor, entity: Entity, text: str, order: str) -> Sheet:
    """The columns and lines of a file; Refused when it is no table of these records.

    A line with the number of a record is that record, as it is to be; one without is a new record. `order` is what
    the founder said of dates that can be read in two ways: DAY_FIRST, MONTH_FIRST or nothing.
    """
    numbered, at, columns = _table(visitor, entity, text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    body = numbered[at + 1 :]
    if not body:
        raise Refused("There is nothing below the line that names the columns.")
    most = _most_lines(entity)
    if len(body) > most:
        parts = -(-len(body) // most)
        raise Refused(
            f"Bring in at most {most:,} lines at once. This has {len(body):,}: save it as {parts} files, "
            "each with the line that names the columns."
        )
    columns = replace(columns, currency_at=_currency_at(columns, [row for _, row in body]))
    rows = _records(db, visitor, entity, [row for _, row in body], columns.number_at)
    if not rows:
        columns = replace(columns, number_at=None)
    reader = _Reader(db, visitor, entity, columns, rows, _order(columns, body, order, rows))
    lines = [reader.line(number, row) for number, row in body]
    _refuse_totals(lines)
    unkept = _unkept([row for _, row in numbered[at:]], columns, reader.same())
    return Sheet(numbered[at][1], lines, unkept, reader.unclear)


def _most_lines(entity: Entity) -> int:
    rules = [rule for kind in ENTITIES for rule in kind.rules if isinstance(rule, Ensure)]
    return COUNTED_LIMIT if any(entity.table in rule.watches for rule in rules) else IMPORT_LIMIT


def _table(visitor: Visitor, entity: Entity, text: str) -> tuple[list[tuple[int, list[str]]], int, _Columns]:
    """The rows of a file, which of them names the columns, and what these stand for.

    A title may stand above the table, so what parts the cells is told by the names of the columns alone.
    """
    first = next((line for line in text.split("\n") if line.strip(f" {SEPARATORS}")), "")
    found, wrong = [], None
    for separator in sorted(SEPARATORS, key=first.count, reverse=True):
        try:
            numbered = _rows(text, separator)
            found.append((numbered, *_header(visitor, entity, numbered)))
        except Refused as error:
            is_nearer = isinstance(error, Unnamed) and isinstance(wrong, Unnamed) and error.found > wrong.found
            wrong = error if wrong is None or is_nearer else wrong
    if not found:
        raise wrong or Refused("There is nothing in this file.")
    return max(found, key=lambda table: sum(one is not None for one in table[2].fields))


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, each with the number of the line of the file that it begins in."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True, skipinitialspace=True)
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
    """Which row names the columns, and their fields: the first that names all it must; else the nearest says what it lacks."""
    wrong = Unnamed("The first line must name the columns. There is none.", -1)
    for at, (number, row) in enumerate(numbered[:HEADER_ROWS]):
        try:
            return at, _columns(visitor, entity, row, number)
        except Unnamed as error:
            wrong = max(wrong, error, key=lambda one: one.found)
    raise wrong


def _columns(visitor: Visitor, entity: Entity, header: list[str], number: int) -> _Columns:
    asked = [one for one in visitor.fields(entity) if one.type not in FILES]
    by_word = {_bare(word): one for one in reversed(asked) for word in (one.name, one.label)}
    fields: list[Field | None] = []
    for word in header:
        found = _field_of(by_word, word, number)
        # Of two columns for one field the first counts.
        fields.append(None if found in fields else found)
    missing = [one.label for one in asked if one.required and not one.starts_as and one not in fields]
    if missing or not any(fields):
        needed = missing or [one.label for one in asked]
        cells = ", ".join(cell for cell in header if cell.strip())[:80]
        taken = f" Line {number} was read for it: {cells}." if cells else ""
        figures = [one.label for one in entity.figures if _bare(one.label) in map(_bare, header)]
        worked_out = f" Worked out here, and not taken from a file: {', '.join(figures)}." if figures else ""
        why = f"The first line must name the columns. Not found: {', '.join(needed)}.{worked_out}{taken}"
        raise Unnamed(why, sum(one is not None for one in fields))
    places = [at for at, word in enumerate(header) if fold(word) == fold(ID) and fields[at] is None]
    others = {_bare(word): one for one in entity.shows if one not in asked for word in (one.label, one.name)}
    told = {at: others[_bare(word)] for at, word in enumerate(header) if fields[at] is None and _bare(word) in others}
    return _Columns(fields, places[0] if places else None, told)


def _field_of(by_word: dict[str, Field], word: str, number: int) -> Field | None:
    """The field of a column by its name, which may say its unit too: "Weight (kg)", "Price in USD"; Refused for amounts in another currency."""
    parts = BRACKETED.fullmatch(word.strip())
    found = by_word.get(_bare(word)) or (by_word.get(_bare(parts[1])) if parts else None)
    if found is None or found.type not in NUMBERS:
        return by_word.get(_bare(word))
    unit = (parts[2] or parts[3]) if parts else ""
    currency = currency_named(unit) or currency_named(word.strip()[-1:]) or currency_named(word.strip()[:1])
    if found.type == "money" and currency:
        try:
            refuse_foreign(currency, ABOUT.currency)
        except Foreign as error:
            raise Foreign(f"Line {number}, “{word.strip()[:40]}”: {error}") from None
    is_own = currency if found.type == "money" else fold(unit) == fold(found.unit)
    return found if is_own or by_word.get(_bare(word)) else None


def _currency_at(columns: _Columns, body: list[list[str]]) -> int | None:
    """Which column, of those that have no field, holds currencies; a line of totals may reach into it."""
    for at, one in enumerate(columns.fields):
        filled = [row[at] for row in body if at < len(row) and row[at].strip()]
        if one is None and filled and 2 * sum(bool(currency_named(text)) for text in filled) > len(filled):
            return at
    return None


def _bare(word: str) -> str:
    """The name of a column without marks: "E-mail *" and "email" are one."""
    return "".join(mark for mark in fold(word) if mark.isalnum()) or fold(word)


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


def _order(
    columns: _Columns, body: list[tuple[int, list[str]]], said: str, rows: dict[int, database.Row]
) -> str:
    """Whether the day or the month comes first in the dates of a file: as its dates tell, else as was said."""
    places = {at: one for at, one in enumerate(columns.fields) if one is not None and one.type in DATES}
    told = orders_in(row[at] for _, row in body for at in places if at < len(row))
    if len(told) == 1:
        return told.pop()
    # Where two dates of one file tell opposite things, no answer fits both: each unclear one is refused on its line.
    if told:
        return ""
    kept = [(row[at], rows[number][one.name]) for number, row in _numbered(columns, body, rows) for at, one in places.items() if at < len(row)]
    fitting = [order for order in (DAY_FIRST, MONTH_FIRST) if all(_reading(text, value, order) is not False for text, value in kept)]
    if len(fitting) == 1:
        return fitting[0]
    return said if said in (DAY_FIRST, MONTH_FIRST) else ""


def _numbered(
    columns: _Columns, body: list[tuple[int, list[str]]], rows: dict[int, database.Row]
) -> Iterator[tuple[int, list[str]]]:
    """The lines that say which record they are, with its number."""
    at = columns.number_at
    for _, row in body if at is not None else ():
        if at is not None and at < len(row) and _is_number(row[at]) and int(row[at]) in rows:
            yield int(row[at]), row


def _reading(text: str, kept: Value, order: str) -> bool | None:
    """Whether a date that a spreadsheet has written in its own way is the one that is kept; None where it tells nothing."""
    if not text.strip() or kept is None:
        return None
    whole = with_century(text, str(kept))
    try:
        found = read_datetime(whole, order) if "T" in str(kept) else read_date(whole, order)
    except Refused:
        return None
    return str(kept) == (found.isoformat(timespec="minutes") if isinstance(found, datetime) else found.isoformat())


def _refuse_totals(lines: list[Line]) -> None:
    """Refuse what spreadsheets write within and below a table, and nobody means as a record."""
    is_below = True
    for line in reversed(lines):
        has_totals = line.is_new and any(is_total(text, is_below) for text in line.texts[:1] + first_filled(line.texts))
        is_below = is_below and (has_totals or bool(line.wrong))
        if has_totals:
            said = first_filled(line.texts)[0].strip()[:40]
            line.wrong.append(f"“{said}” looks like a line of totals, as they stand in and below tables. Take it out of the file, or add it by hand if it is meant.")


def _foreign(one: Field, text: str) -> str:
    """Why an amount is none of the app's currency; empty where it is, or is no amount."""
    try:
        read(replace(one, required=False), text)
    except Foreign as error:
        return str(error)
    except Refused:
        return ""
    return ""


class _Reader:
    """Reads the lines of one file."""

    def __init__(
        self, db: sqlite3.Connection, visitor: Visitor, entity: Entity, columns: _Columns,
        rows: dict[int, database.Row], order: str,
    ) -> None:  # fmt: skip
        self._entity = entity
        self._fields = columns.fields
        self._number_at = columns.number_at
        self._told = columns.told
        self._currency_at = columns.currency_at
        self._other: set[int] = set()
        self._rows = rows
        self._order = order
        links = [one for one in (*columns.fields, *columns.told.values()) if one is not None and one.ref]
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
        self._look_beside(line, whole)
        if any(row[len(self._fields) :]):
            line.wrong.append("This line has more values than there are columns; put a value with a comma in quotes.")
        return line

    def _look_beside(self, line: Line, whole: list[str]) -> None:
        """See which cells say other than the record does, and refuse a new record that cannot be without a file."""
        self._other |= {at for at, one in self._told.items() if not self._says_the_same(one, whole[at].strip(), line.row)}
        for at, one in self._told.items():
            # Who writes what it comes to in another currency means the whole line in that one.
            if one.type == "money" and line.row is None and (why := _foreign(one, whole[at].strip())):
                line.wrong.append(f"{one.label}: {why}")
        self._look_at_currency(line, whole)
        for one in self._entity.of_type(*FILES):
            if one.required and line.row is None:
                line.wrong.append(f"{one.label}: {NO_FILE}")

    def _look_at_currency(self, line: Line, whole: list[str]) -> None:
        """Refuse a line whose amounts are in another currency by the word of another column."""
        said = currency_named(whole[self._currency_at]) if self._currency_at is not None else ""
        has_amounts = any(one is not None and one.type == "money" and text.strip() for one, text in zip(self._fields, whole, strict=False))
        if not said or not has_amounts:
            return
        try:
            refuse_foreign(said, ABOUT.currency)
        except Foreign as error:
            line.wrong.append(str(error))

    def _says_the_same(self, one: Field, text: str, row: database.Row | None) -> bool:
        value = row[one.name] if row is not None else None
        if one.type in FILES:
            return NO_FORMULA.sub(r"\1\2", text) == file_name(value)
        if self._is_as_kept(one, text, value):
            return True
        try:
            return read(replace(one, required=False, lowest=-LARGEST, highest=None), NO_FORMULA.sub(r"\1\2", text), order=self._order) == value
        except Refused:
            return False

    def same(self) -> set[int]:
        """The columns that are not kept and say what the records do, so that nothing of them is lost."""
        return self._told.keys() - self._other

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
        if line.row is not None and self._is_as_kept(one, text, line.row[one.name]):
            return
        if SPREADSHEET_ERROR.fullmatch(text):
            line.wrong.append(f"{one.label}: A spreadsheet has written an error here, and no value. Put the formula right, and save the file again.")
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
        return saved_cell(one, value).strip()

    def _is_as_kept(self, one: Field, text: str, value: Value) -> bool:
        """Whether the cell is what was saved, or what a spreadsheet makes of it that takes it for a number or a date."""
        saved = self._exported(one, value)
        if text == saved:
            return True
        if one.type in DATES and value is not None:
            return with_century(text, str(value)) != text and _reading(text, value, self._order) is True
        return one.type in WORDS and _is_number_of(text, saved)

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


def _unkept(rows: list[list[str]], columns: _Columns, same: set[int]) -> list[str]:
    """The columns that are not kept; one without a name counts when it is filled."""
    left = [at for at, one in enumerate(columns.fields) if one is None and at not in same and at != columns.number_at]
    return [rows[0][at].strip() or f"column {at + 1}" for at in left if any(row[at:] and row[at].strip() for row in rows)]


# Where a comma is part of numbers, spreadsheets begin a cell after each semicolon, and some read wide signs too.
_FORMULA = re.compile(r"(^|[;\t\n])([-=+@－＝＋＠])")


def plain_cell(text: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    return _FORMULA.sub(r"\1'\2", text)


def saved_cell(one: Field, value: Value) -> str:
    """A value as it is saved; a number below nought is no formula, and stays one that a spreadsheet adds up."""
    if one.type == "bool":
        return show(one, value)
    return typed(one, value) if one.type in NUMBERS else plain_cell(typed(one, value))


def _is_number_of(text: str, saved: str) -> bool:
    """Whether a spreadsheet took what was saved for a number: 0301 is 301 then, and a long one 4.92E+11."""
    if not AS_NUMBER.fullmatch(saved) or not AS_NUMBER.fullmatch(text):
        return False
    one, other = (Decimal(number.replace(",", ".")) for number in (text, saved))
    places = len(re.sub("e.*", "", text.lower()).replace(",", ".").replace(".", "").lstrip("-")) if "e" in text.lower() else 0
    return one == (Context(prec=places).create_decimal(other) if places else other)


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
