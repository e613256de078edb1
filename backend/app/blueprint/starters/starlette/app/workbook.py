"""The first sheet of a spreadsheet (XLSX or ODS) as CSV text: each value as the sheet means it, dates as dates."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from . import opendocument
from .amounts import currency_in

BEGINS = b"PK\x03\x04"
MOST_BYTES = 30_000_000
"""Of one part, unpacked, and of all cells together: a file of a few kilobytes can be made to unpack to gigabytes."""
MOST_ROWS, MOST_COLUMNS = 20_000, 200
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# Of the formats without a text of their own, these are of days and times.
DAYS, TIMES = frozenset({14, 15, 16, 17, 22, *range(27, 32), *range(50, 59)}), frozenset({18, 19, 20, 21, 22, 32, 33, 45, 46, 47})
TAGGED = re.compile(r"\[\$([^\]-]+)(?:-[0-9A-Fa-f]+)?\]")
IN_BRACKETS = re.compile(r"\[[^\]]*\]")
NOT_SAID = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
DIGITS = 15


class NoWorkbook(Exception):
    """The bytes are no workbook that can be read."""


@dataclass(frozen=True)
class _Book:
    strings: list[str]
    formats: list[str]
    """What the cells of each style hold: "date", "moment", "time", "percent", a currency or nothing in particular."""
    first_day: datetime


# A zip may be cut, packed in a way that Python does not know, or locked by a password; its parts may be no XML.
BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ElementTree.ParseError, KeyError, IndexError, ValueError, OverflowError)


def csv_of(raw: bytes) -> str:
    """The rows of the first sheet that is not hidden, each in the line of its number."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            return _written(_rows_of_open_document(parts) if opendocument.PART in parts.namelist() else _rows(*_opened(parts)))
    except BROKEN as error:
        raise NoWorkbook from error


def _rows_of_open_document(parts: zipfile.ZipFile) -> Iterator[list[str]]:
    return opendocument.rows_of(_part(parts, opendocument.PART), most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)


def _written(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        # One long text that a million cells share takes little room in the file.
        if out.tell() > MOST_BYTES:
            raise NoWorkbook
    return out.getvalue()


def _opened(parts: zipfile.ZipFile) -> tuple[_Book, ElementTree.Element]:
    workbook = _part(parts, "xl/workbook.xml")
    shown = [sheet for sheet in workbook.iter(f"{NS}sheet") if sheet.get("state", "visible") == "visible"]
    leads = {link.get("Id"): link.get("Target", "") for link in _part(parts, "xl/_rels/workbook.xml.rels")}
    path = leads[shown[0].get(RELATION)]
    about = workbook.find(f"{NS}workbookPr")
    counts_from_1904 = about is not None and about.get("date1904") in ("1", "true")
    first_day = datetime(1904, 1, 1) if counts_from_1904 else datetime(1899, 12, 30)
    sheet = _part(parts, path.removeprefix("/") if path.startswith("/") else f"xl/{path}")
    return _Book(_strings(parts), _formats(parts), first_day), sheet


def _part(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with parts.open(name) as part:
        content = part.read(MOST_BYTES + 1)
    # No program writes a document type into a workbook; one that stands there may name other files.
    if len(content) > MOST_BYTES or b"<!DOCTYPE" in content:
        raise NoWorkbook
    return ElementTree.fromstring(content)


def _strings(parts: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in parts.namelist():
        return []
    return [_text(one) for one in _part(parts, "xl/sharedStrings.xml").iter(f"{NS}si")]


def _text(node: ElementTree.Element) -> str:
    """A text with all its runs, without how it is pronounced."""
    runs = [run.find(f"{NS}t") for run in node.findall(f"{NS}r")] or [node.find(f"{NS}t")]
    return "".join(run.text or "" for run in runs if run is not None)


def _formats(parts: zipfile.ZipFile) -> list[str]:
    if "xl/styles.xml" not in parts.namelist():
        return []
    styles = _part(parts, "xl/styles.xml")
    written = {one.get("numFmtId", ""): one.get("formatCode", "") for one in styles.iter(f"{NS}numFmt")}
    used = styles.find(f"{NS}cellXfs")
    return [_holds(one.get("numFmtId", "0"), written) for one in (used if used is not None else ())]


def _holds(number: str, written: dict[str, str]) -> str:
    said = written.get(number, "")
    code = NOT_SAID.sub("", said).lower()
    if "%" in code or number in ("9", "10"):
        return "percent"
    has_clock = bool(re.search("[hs]", code)) or (not code and int(number) in TIMES)
    if re.search("[yd]", code) or (not code and int(number) in DAYS):
        return "moment" if has_clock else "date"
    return "time" if has_clock else _currency(said)


def _currency(code: str) -> str:
    """The currency that a format writes beside its numbers, such as € for [$€-407]; empty where it writes none."""
    tagged = TAGGED.search(code)
    return tagged[1].strip() if tagged else currency_in(IN_BRACKETS.sub("", code))


def _rows(book: _Book, sheet: ElementTree.Element) -> Iterator[list[str]]:
    at = 0
    for row in sheet.iter(f"{NS}row"):
        number = int(row.get("r") or at + 1)
        if number > MOST_ROWS:
            raise NoWorkbook
        yield from ([] for _ in range(at + 1, number))
        at = number
        yield _cells(book, row)


def _cells(book: _Book, row: ElementTree.Element) -> list[str]:
    texts: list[str] = []
    for cell in row.iter(f"{NS}c"):
        place = PLACE.fullmatch(cell.get("r", ""))
        column = _column(place[1]) if place else len(texts)
        if column < MOST_COLUMNS:
            texts += [""] * (column - len(texts))
            texts.append(_said(book, cell))
    return texts


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _said(book: _Book, cell: ElementTree.Element) -> str:
    kind, node = cell.get("t", "n"), cell.find(f"{NS}v")
    text = (node.text or "") if node is not None else ""
    if kind == "inlineStr":
        within = cell.find(f"{NS}is")
        return _text(within) if within is not None else ""
    if kind == "s":
        return book.strings[int(text)]
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    style = int(cell.get("s") or 0)
    return _number(book, text, book.formats[style] if style < len(book.formats) else "") if kind == "n" and text else text


def _number(book: _Book, text: str, holds: str) -> str:
    try:
        value = Decimal(f"{float(text):.{DIGITS}g}")
    except (InvalidOperation, OverflowError):
        raise NoWorkbook from None
    if holds in ("date", "moment", "time"):
        return _moment(book, float(text), holds)
    plain = f"{value * 100 if holds == 'percent' else value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{plain}%" if holds == "percent" else f"{holds} {plain}".strip()


def _moment(book: _Book, serial: float, holds: str) -> str:
    """A day and time as it is counted in days, to the second."""
    try:
        when = book.first_day + timedelta(seconds=round(serial * 86_400))
    except OverflowError:
        raise NoWorkbook from None
    clock = f"{when:%H:%M:%S}" if when.second else f"{when:%H:%M}"
    if holds == "time" and serial < 1:
        return clock
    return f"{when:%Y-%m-%d}" if holds == "date" and serial == int(serial) else f"{when:%Y-%m-%d} {clock}"
