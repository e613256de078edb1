"""The first sheet of an OpenDocument spreadsheet (ODS) as rows of text: each value as the sheet means it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

PART = "content.xml"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:[.,][0-9]+)?)?")
CLOCK = re.compile(r"PT([0-9]{1,4})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")
DIGITS = 15


def rows_of(content: ElementTree.Element, *, most_rows: int, most_columns: int) -> Iterator[list[str]]:
    """The rows of the first sheet that is not hidden; ValueError where a filled one is too far down."""
    hidden = {
        one.get(f"{STYLE}name")
        for one in content.iter(f"{STYLE}style")
        if any(table.get(f"{TABLE}display") == "false" for table in one.iter(f"{STYLE}table-properties"))
    }
    sheet = next(one for one in content.iter(f"{TABLE}table") if one.get(f"{TABLE}style-name") not in hidden)
    empty = written = 0
    for row in sheet.iter(f"{TABLE}table-row"):
        texts, times = _cells(row, most_columns), _repeated(row, "rows")
        if not texts:
            # A sheet ends with all the rows that nobody has used, as one that is repeated.
            empty += times
            continue
        written += empty + times
        if written > most_rows:
            raise ValueError
        yield from ([] for _ in range(empty))
        yield from (texts for _ in range(times))
        empty = 0


def _repeated(node: ElementTree.Element, what: str) -> int:
    return max(1, int(node.get(f"{TABLE}number-{what}-repeated", "1")))


def _cells(row: ElementTree.Element, most: int) -> list[str]:
    texts: list[str] = []
    for cell in row:
        if cell.tag in CELLS and len(texts) < most:
            texts += [_said(cell)] * min(_repeated(cell, "columns"), most - len(texts))
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _said(cell: ElementTree.Element) -> str:
    kind = cell.get(f"{OFFICE}value-type", "")
    return _SAID[kind](cell) if kind in _SAID else _text(cell)


def _text(cell: ElementTree.Element) -> str:
    """What stands in the cell; a note beside it is no part of that."""
    return "\n".join(_run(line) for line in cell.findall(f"{TEXT}p"))


def _run(node: ElementTree.Element) -> str:
    said = [node.text or ""]
    for part in node:
        said.append(_MARKS[part.tag](part) if part.tag in _MARKS else _run(part))
        said.append(part.tail or "")
    return "".join(said)


def _spaces(node: ElementTree.Element) -> str:
    return " " * min(int(node.get(f"{TEXT}c", "1")), 1_000)


_MARKS: dict[str, Callable[[ElementTree.Element], str]] = {
    f"{TEXT}s": _spaces,
    f"{TEXT}tab": lambda _: "\t",
    f"{TEXT}line-break": lambda _: "\n",
    f"{OFFICE}annotation": lambda _: "",
}


def _number(cell: ElementTree.Element, times: int = 1) -> str:
    try:
        value = Decimal(f"{float(cell.get(f'{OFFICE}value', '')):.{DIGITS}g}") * times
    except InvalidOperation:
        raise ValueError from None
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _amount(cell: ElementTree.Element) -> str:
    """An amount with its currency, so that one of another country is not taken for the app's."""
    return f"{cell.get(f'{OFFICE}currency', '')} {_number(cell)}".strip()


def _moment(cell: ElementTree.Element) -> str:
    found = MOMENT.fullmatch(cell.get(f"{OFFICE}date-value", ""))
    if found is None:
        return _text(cell)
    seconds = found[3] if found[3] not in (None, ":00") else ""
    return f"{found[1]} {found[2]}{seconds}" if found[2] else found[1]


def _clock(cell: ElementTree.Element) -> str:
    found = CLOCK.fullmatch(cell.get(f"{OFFICE}time-value", ""))
    # What is longer than a day is no time of day: it stays as the sheet shows it.
    if found is None or int(found[1]) > 23:
        return _text(cell)
    seconds = f":{int(found[3]):02d}" if int(found[3]) else ""
    return f"{int(found[1]):02d}:{int(found[2]):02d}{seconds}"


_SAID: dict[str, Callable[[ElementTree.Element], str]] = {
    "float": _number,
    "percentage": lambda cell: f"{_number(cell, 100)}%",
    "currency": _amount,
    "date": _moment,
    "time": _clock,
    "boolean": lambda cell: "TRUE" if cell.get(f"{OFFICE}boolean-value") == "true" else "FALSE",
}
