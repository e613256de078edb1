"""Files as spreadsheets of several makers and countries write them are read as they were meant, or refused."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

import pytest

from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp

QUOTE = {'"': "&quot;"}
Rows = list[list[str]]
WORKSHOP = AppSpec.model_validate(
    {
        "title": "Workshop",
        "tagline": "What is made, for whom, and when",
        "currency": "$",
        "entities": [
            {"name": "Client", "fields": [{"name": "name", "required": True}, {"name": "phone", "type": "phone"}]},
            {
                "name": "Piece",
                "fields": [
                    {"name": "name", "required": True},
                    {"name": "article"},
                    {"name": "client", "type": "ref", "ref": "Client"},
                    {"name": "due", "type": "date"},
                    {"name": "fitting", "type": "datetime"},
                    {"name": "price", "type": "money", "lowest": -100000},
                    {"name": "weight", "type": "decimal", "digits": 2, "unit": "kg"},
                    {"name": "parts", "type": "int"},
                    {"name": "paid", "type": "bool"},
                    {"name": "wood", "type": "choice", "choices": ["Oak", "Ash"]},
                    {"name": "phone", "type": "phone"},
                    {"name": "notes", "type": "longtext"},
                    {"name": "plan", "type": "file"},
                ],
                "computed": [{"name": "worth", "expression": "price * or_else(parts, 1)", "about": "All."}],
            },
        ],
    }
)  # fmt: skip
KEPT: list[dict[str, Any]] = [
    {
        "name": "Stool", "article": "007", "client": 1, "due": "2030-04-03", "fitting": "2030-04-03T19:30",
        "price": 123450, "weight": 150, "parts": 1234, "paid": 1, "wood": "Oak", "phone": "0301234567",
        "notes": "=1+1\nsaid \"no\"; twice", "plan": "0123456789abcdef0123456789abcdef.pdf/stool.pdf",
    },
    {
        "name": "José’s bench, large", "article": "1.50", "client": 2, "due": "2030-12-05", "price": -500,
        "weight": 25, "paid": 0, "phone": "+44 20 7946 0000",
    },
    {
        "name": "Zoë", "article": "4915123456789", "due": "2030-05-31", "fitting": "2030-12-05T00:00",
        "parts": 0, "paid": 0, "wood": "Ash", "phone": "4915123456789", "notes": "-",
    },
]  # fmt: skip


@dataclass
class Workshop:
    """The records of one app and the way in which its files are written and read."""

    loaded: LoadedApp

    def __getattr__(self, name: str) -> ModuleType:
        return self.loaded.module(name)

    @property
    def pieces(self) -> Any:
        return self.database.BY_TABLE["pieces"]

    def saved(self) -> str:
        return "".join(self.sheets._lines(self.access.Visitor(), self.pieces))

    def read(self, text: str, order: str = "") -> Any:
        with self.database.session() as db:
            return self.table_file.read_sheet(db, self.access.Visitor(), self.pieces, text, order)

    def new(self, header: str, *lines: str, order: str = "") -> Any:
        return self.read("\n".join([header, *lines]), order)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("workshop")
    before = os.environ.get("DATABASE_PATH")
    os.environ["DATABASE_PATH"] = str(folder / "app.db")
    found = Workshop(LoadedApp(WORKSHOP, folder))
    found.database.migrate()
    with found.database.session() as db:
        for number in (1, 2):
            found.database.insert(db, found.database.BY_TABLE["clients"], {"id": number, "name": "Sam Twin"})
        for number, values in enumerate(KEPT, start=1):
            found.database.insert(db, found.pieces, {"id": number, **values})
    yield found
    os.environ.pop("DATABASE_PATH") if before is None else os.environ.update(DATABASE_PATH=before)


def written(rows: Rows, delimiter: str = ",", **more: Any) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, **more).writerows(rows)
    return out.getvalue()


def shorten_numbers(cell: str) -> str:
    """What a spreadsheet shows of what it takes for a number."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell):
        return cell
    if len(cell) > 11 and "." not in cell:
        return f"{float(cell):.5E}"
    whole, _, part = cell.partition(".")
    return f"{int(whole) if whole != '-0' else '-0'}{'.' + part.rstrip('0') if part.strip('0') else ''}"


def dates_as(form: str) -> Callable[[str], str]:
    """Rewrite days, and days with a time behind a space, as a country does."""

    def rewrite(cell: str) -> str:
        found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?", cell)
        if found is None:
            return cell
        year, month, day, clock = found.groups()
        said = form.format(y=year, yy=year[2:], m=int(month), mm=month, d=int(day), dd=day)
        return f"{said} {clock}" if clock else said

    return rewrite


def with_comma(cell: str) -> str:
    return cell.replace(".", ",") if re.fullmatch(r"-?[0-9]+\.[0-9]+", cell) else cell


def shown(day: str = "", *, comma: bool = False, shorten: bool = False) -> Callable[[Rows], Rows]:
    """The cells as a spreadsheet shows them, which is what it saves."""

    def rewrite(cell: str) -> str:
        cell = dates_as(day)(cell) if day else cell
        cell = shorten_numbers(cell) if shorten else cell
        return with_comma(cell) if comma else cell

    return lambda rows: [rows[0], *([rewrite(cell) for cell in row] for row in rows[1:])]


def spaced(rows: Rows) -> str:
    return re.sub(r',(?=["\w])', ", ", written([row for row in rows if "\n" not in str(row)]))


AMERICAN, BRITISH, GERMAN = "{m}/{d}/{y}", "{dd}/{mm}/{y}", "{dd}.{mm}.{y}"
SPREADSHEETS: dict[str, Callable[[Rows], str]] = {
    "as it was": written,
    "Excel, United States": lambda rows: written(shown(AMERICAN, shorten=True)(rows)),
    "Excel, United Kingdom": lambda rows: written(shown(BRITISH, shorten=True)(rows)),
    "Excel, Germany": lambda rows: written(shown(GERMAN, comma=True)(rows), ";"),
    "Excel, Unicode text": lambda rows: written(shown(AMERICAN)(rows), "\t"),
    "LibreOffice, United States": lambda rows: written(shown("{mm}/{dd}/{yy}")(rows)),
    "LibreOffice, Germany": lambda rows: written(shown("{dd}.{mm}.{yy}", comma=True)(rows), ";"),
    "LibreOffice, all quoted": lambda rows: written(rows, quoting=csv.QUOTE_ALL, lineterminator="\n"),
    "Google Sheets": lambda rows: written(shown(shorten=True)(rows)),
    "Numbers": lambda rows: written([[*row, ""] for row in rows], ";", lineterminator="\n"),
    "an old Mac": lambda rows: written(rows, lineterminator="\r"),
    "another order": lambda rows: written([row[::-1] for row in rows]),
    "with a title": lambda rows: written([["Pieces, as of today", "", ""], [], *rows], ";"),
    "with its separator": lambda rows: f"sep=;\r\n{written(rows, ';')}",
    "a space behind each comma": spaced,
}


@pytest.mark.parametrize("program", SPREADSHEETS)
def test_what_a_spreadsheet_saves_again_changes_nothing(workshop: Workshop, program: str) -> None:
    rows = list(csv.reader(io.StringIO(workshop.saved().removeprefix("\ufeff"))))

    sheet = workshop.read(SPREADSHEETS[program](rows))

    assert [line.wrong for line in sheet.lines if line.wrong] == []
    assert [line.changed for line in sheet.lines if line.changed or line.is_new] == []
    assert sheet.unkept == []
    assert sheet.unclear == {}


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STYLES = (
    "", "yyyy\\-mm\\-dd", "[$-407]d. mmmm yyyy hh:mm", "0.00%", '#,##0.00 "USD"',
    "[$€-407]#,##0.00;[RED]-[$€-407]#,##0.00",
    '"£"#,##0.00', '#,##0.0 "ft"', "[$-409]#,##0.00",
)  # fmt: skip


def cell_xml(place: str, cell: Any, shared: list[str]) -> str:
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, tuple):
        value, style = cell
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
    if cell.startswith("inline "):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell[7:])}</t></is></c>'
    shared.append(f"<si><r><t>{escape(cell[:2])}</t></r><r><t>{escape(cell[2:])}</t></r></si>")
    return f'<c r="{place}" t="s"><v>{len(shared) - 1}</v></c>'


def workbook_of(rows: Sequence[Sequence[Any]], *, more: str = "", **parts: str) -> bytes:
    """A workbook whose first sheet is hidden; a number stands with the place of its style."""
    shared: list[str] = []
    lines = [
        "".join(
            cell_xml(f"{chr(65 + at)}{number}", cell, shared)
            for at, cell in enumerate(row)
            if cell not in ("", None)
        )
        for number, row in enumerate(rows, start=1)
    ]
    data = "".join(f'<row r="{number}">{line}</row>' for number, line in enumerate(lines, start=1) if line)
    formats = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code, QUOTE)}"/>' for at, code in enumerate(STYLES)
    )
    styles = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(STYLES)))
    formats, styles = f"<numFmts>{formats}</numFmts>", f"<cellXfs>{styles}</cellXfs>"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{relation}"><sheets>'
        '<sheet name="Lists" state="hidden" r:id="r1"/><sheet name="Data" r:id="r2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/other.xml"/>'
        '<Relationship Id="r2" Target="/xl/worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{"".join(shared)}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{SHEET}">{formats}{styles}</styleSheet>',
        "xl/worksheets/sheet1.xml": f'{more}<worksheet xmlns="{SHEET}"><sheetData>{data}</sheetData></worksheet>',
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, **parts}.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_workbook_is_read_as_its_sheet_means_it(workshop: Workshop) -> None:
    rows: list[list[Any]] = [
        ["Pieces in April"],
        [],
        ["Name", "Due", "Fitting", "Price", "Weight", "Paid", "Article", "Notes"],
        ["Stool", ("47576", 1), ("47576.8125", 2), ("1234.5", 4), ("0.1", 0), True, "007", 'inline a <b>, "c"'],
        ["Zoë", ("47576", 1), ("47576", 2), ("0.30000000000000004", 0), ("1.5", 0), False, ("7", 0), ""],
    ]

    text, encoding = workshop.security.decoded(workbook_of(rows))

    assert encoding == "xlsx"
    first, second = workshop.read(text).lines
    assert (first.wrong, second.wrong, first.number) == ([], [], 4)
    assert first.values == {
        "name": "Stool", "due": "2030-04-03", "fitting": "2030-04-03T19:30", "price": 123450, "weight": 10,
        "paid": 1, "article": "007", "notes": 'a <b>, "c"',
    }  # fmt: skip
    assert second.values["fitting"] == "2030-04-03T00:00"
    assert (second.values["price"], second.values["paid"], second.values["article"]) == (30, 0, "7")


def test_an_amount_is_in_the_currency_that_its_cell_shows(workshop: Workshop) -> None:
    rows: list[list[Any]] = [["Name", "Price"], *(["Stool", ("12.5", style)] for style in (0, 4, 5, 6, 7, 8))]

    text, _ = workshop.security.decoded(workbook_of(rows))

    plain, dollars, euros, pounds, feet, local = workshop.read(text).lines
    assert [line.values["price"] for line in (plain, dollars, feet, local)] == [1250] * 4
    assert euros.wrong == ["Price: This is an amount in “€”; amounts here are in $."]
    assert pounds.wrong == ["Price: This is an amount in “£”; amounts here are in $."]


OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = " ".join(f'xmlns:{name}="{OPEN}{name}:1.0"' for name in ("office", "table", "text", "style"))


def open_document_of(body: str, *, style: str = "ta2") -> bytes:
    """An ODS file whose first sheet is hidden, as LibreOffice writes one."""
    text = (
        f"<office:document-content {NAMES}><office:automatic-styles>"
        '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
        '<style:style style:name="ta2"><style:table-properties table:display="true"/></style:style>'
        "</office:automatic-styles><office:body><office:spreadsheet>"
        '<table:table table:style-name="ta1"><table:table-row><table:table-cell/></table:table-row></table:table>'
        f'<table:table table:style-name="{style}">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
    return out.getvalue()


def open_cell(kind: str, shown: str, **values: str) -> str:
    said = "".join(f' office:{name.replace("_", "-")}="{value}"' for name, value in values.items())
    return f'<table:table-cell office:value-type="{kind}"{said}><text:p>{shown}</text:p></table:table-cell>'


def open_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


REST = ' table:number-rows-repeated="1048000"'
WIDE = open_cell("string", "x" * 1_000).replace("-cell", '-cell table:number-columns-repeated="200"', 1)
NAMED = open_row(
    *(open_cell("string", name) for name in ("Name", "Due", "Fitting", "Price", "Weight", "Paid", "Notes"))
)


def test_an_open_document_is_read_as_its_sheet_means_it(workshop: Workshop) -> None:
    note = "<office:annotation><text:p>ask Zoë</text:p></office:annotation>"
    name = f'{note}<text:p>A<text:s text:c="2"/>long <text:span>stool</text:span></text:p>'
    long_name = open_cell("string", "").replace("<text:p></text:p>", name)
    body = (
        f"<table:table-header-rows>{open_row(open_cell('string', 'Pieces'))}</table:table-header-rows>"
        + open_row("<table:table-cell/>", more=' table:number-rows-repeated="2"')
        + NAMED
        + open_row(
            long_name, open_cell("date", "03.04.30", date_value="2030-04-03"),
            open_cell("date", "3/4/30 19:30", date_value="2030-04-03T19:30:00"),
            open_cell("currency", "1.234,50 $", value="1234.5", currency="USD"),
            open_cell("float", "0,1", value="0.1"), open_cell("boolean", "WAHR", boolean_value="true"),
            open_cell("string", "two</text:p><text:p>lines"),
        )
        + open_row(open_cell("string", "Twin"), more=' table:number-rows-repeated="2"')
        + open_row('<table:table-cell table:number-columns-repeated="16384"/>', more=REST)
    )  # fmt: skip

    text, encoding = workshop.security.decoded(open_document_of(body))

    assert encoding
    first, twin, other = workshop.read(text).lines
    assert (first.wrong, first.number) == ([], 5)
    assert first.values == {
        "name": "A long stool", "due": "2030-04-03", "fitting": "2030-04-03T19:30", "price": 123450, "weight": 10,
        "paid": 1, "notes": "two\nlines",
    }  # fmt: skip
    assert (twin.values["name"], other.values["name"]) == ("Twin", "Twin")


def test_an_open_document_of_another_currency_is_refused_on_its_line(workshop: Workshop) -> None:
    price = open_cell("currency", "12,50 €", value="12.5", currency="EUR")
    body = open_row(open_cell("string", "Name"), open_cell("string", "Price")) + open_row(
        open_cell("string", "Stool"), price
    )

    text, _ = workshop.security.decoded(open_document_of(body))

    (line,) = workshop.read(text).lines
    assert line.wrong == ["Price: This is an amount in “EUR”; amounts here are in $."]


def test_a_share_of_a_hundred_is_no_plain_number(workshop: Workshop) -> None:
    text, _ = workshop.security.decoded(workbook_of([["Name", "Weight"], ["Stool", ("0.19", 3)]]))

    assert workshop.read(text).lines[0].wrong == ["Weight: Enter a number such as 7.50."]


@pytest.mark.parametrize(
    "file",
    [
        b"PK\x03\x04\x00\x00\xff",
        workbook_of([["Name"], ["Stool"]], more='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        workbook_of([["Name"], ["Stool"]], **{"xl/sharedStrings.xml": " " * 31_000_000}),
        workbook_of([["Name"], ["Stool"]], **{"xl/workbook.xml": "<workbook"}),
        workbook_of(
            [["Name"], ["Stool"]],
            **{"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><row r="1048576"/></worksheet>'},
        ),
        workbook_of([["x" * 200_000] * 20] * 10),
        open_document_of("", style="ta1"),
        open_document_of(" " * 31_000_000),
        open_document_of(open_row(open_cell("string", "Name"), more=' table:number-rows-repeated="30000"')),
        open_document_of(open_row(WIDE, more=' table:number-rows-repeated="2000"')),
    ],
    ids=[
        "no zip", "names other files", "unpacks without end", "no XML", "a row far away", "cells without end",
        "an open document without a sheet", "that unpacks without end", "that repeats a row without end",
        "that repeats a text without end",
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_refused(workshop: Workshop, file: bytes) -> None:
    assert workshop.security.decoded(file) == ("", "")


def test_a_file_says_yes_and_no_and_its_formulas_are_none(workshop: Workshop) -> None:
    first, second, third = list(csv.DictReader(io.StringIO(workshop.saved().removeprefix("\ufeff"))))

    assert [row["Paid"] for row in (first, second, third)] == ["Yes", "No", "No"]
    assert (first["Notes"][:4], second["Phone"], second["Price"]) == ("'=1+", "'+44 20 7946 0000", "-5.00")


@pytest.mark.parametrize(
    ("cell", "other", "said"),
    [("007", "008", "Article: 007 → 008"), ("2030-04-03", "2030-03-04", "Due: Wed 3 Apr 2030 → Mon 4 Mar 2030")],
)
def test_one_changed_cell_is_one_change(workshop: Workshop, cell: str, other: str, said: str) -> None:
    sheet = workshop.read(workshop.saved().replace(f",{cell},", f",{other},"))

    assert [line.changed for line in sheet.lines] == [[said], [], []]


def test_a_changed_date_among_dates_of_one_country_is_a_change(workshop: Workshop) -> None:
    rows = list(csv.reader(io.StringIO(workshop.saved())))
    text = SPREADSHEETS["Excel, United States"](rows).replace("12/5/2030", "12/6/2030")

    assert [len(line.changed) for line in workshop.read(text).lines] == [0, 1, 1]


def test_what_is_worked_out_is_not_taken_from_a_file_and_that_is_said(workshop: Workshop) -> None:
    assert "1523373.00" in workshop.saved()

    sheet = workshop.read(workshop.saved().replace("1523373.00", "5.00"))

    assert sheet.unkept == ["Worth"]
    assert workshop.new("Name,Worth", "New,5.00").unkept == ["Worth"]
    assert workshop.new("Name,Worth", "New,").unkept == []


def test_what_it_comes_to_in_another_currency_is_refused_on_its_line(workshop: Workshop) -> None:
    sheet = workshop.new("Name,Worth", "Stool,$5.00", "Bench,€ 12.50", "Chair,₹500")

    assert [line.wrong for line in sheet.lines] == [
        [],
        ["Worth: This is an amount in “€”; amounts here are in $."],
        ["Worth: This is an amount in “₹”; amounts here are in $."],
    ]


@pytest.mark.parametrize("written", ["31/05/30", "31.5.30", "5-31-30", "30-05-31", "31 May '30", "31-May-30"])
def test_a_year_of_two_digits_is_refused_on_its_line(workshop: Workshop, written: str) -> None:
    sheet = workshop.new("Name,Due", "Stool,2030-05-31", f"Bench,{written}")

    assert [line.wrong for line in sheet.lines] == [
        [],
        ["Due: Write the year with four digits, such as 2030-05-31."],
    ]


BANK = """Account;DE12 3456
Period;01.05.2030 - 31.05.2030

Due;Name;Price;Currency;Saldo
02.05.2030;Rent;-850,00;EUR;1.234,50
03.05.2030;Sale;120,00;USD;1.354,50
04.05.2030;Note;;EUR;
;;Total;-730,00;
Opening balance;;1.000,00;;
Closing balance;;270,00;;
"""


def test_a_column_of_currencies_says_in_what_the_amounts_of_its_lines_are(workshop: Workshop) -> None:
    sheet = workshop.read(BANK)

    rent, sale, note, *below = sheet.lines
    assert rent.wrong == ["This is an amount in “EUR”; amounts here are in $."]
    assert (sale.wrong, sale.values["price"], note.wrong) == ([], 12000, [])
    assert [("totals" in line.wrong[-1], line.number) for line in below] == [(True, 8), (True, 9), (True, 10)]


@pytest.mark.parametrize("header", ["Price (€)", "Price [EUR]", "Price in EUR", "€ Price", "Price €", "Price EUR"])
def test_a_header_that_names_another_currency_is_refused(workshop: Workshop, header: str) -> None:
    with pytest.raises(workshop.fields.Refused, match=r"^Line 2, “.*”: This is an amount in “(€|EUR)”"):
        workshop.new("Pieces,", f"Name,{header}", "Stool,5")


def test_a_header_may_say_the_unit_of_its_numbers(workshop: Workshop) -> None:
    sheet = workshop.new("Name,Price in USD,Weight (kg),Parts (dozen)", "Stool,5,7.5,1")

    assert sheet.lines[0].values == {"name": "Stool", "price": 500, "weight": 750}
    assert sheet.unkept == ["Parts (dozen)"]
    assert workshop.new("Name,Weight (g)", "Stool,7500").unkept == ["Weight (g)"]


@pytest.mark.parametrize("cell", ["#REF!", "#DIV/0!", "#N/A", "Err:502", "#####"])
def test_an_error_of_a_spreadsheet_is_no_value(workshop: Workshop, cell: str) -> None:
    sheet = workshop.new("Name,Notes", f"{cell},fine", f"Stool,{cell}", "Bench #5,# of legs: 4")

    assert [[wrong.partition(":")[0] for wrong in line.wrong] for line in sheet.lines] == [["Name"], ["Notes"], []]


def test_totals_within_a_table_are_no_records(workshop: Workshop) -> None:
    lines = ["Stool,5", "Total,5", "Balance,6", "Total,6", "Grand total (2 items),11", "Average,5.50"]

    assert [bool(line.wrong) for line in workshop.new("Name,Price", *lines).lines] == [0, 1, 0, 1, 0, 0]
    assert [bool(line.wrong) for line in workshop.new("Name,Price", *lines[:-1]).lines] == [0, 1, 0, 1, 1]
    # A class in balance, and a client whose name begins so.
    for name in ("Balance", "Total Fitness Ltd", "Sum 41"):
        assert workshop.new("Name,Price", "Stool,5", f"{name},5").lines[-1].wrong == []


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "José Müller-Größe, naïve"),
        ("mac_roman", "José Müller-Größe, “Zoë”"),
        ("cp850", "Jürgen Größe, naïve"),
        ("cp1250", "Zażółć gęślą jaźń"),
    ],
)
def test_a_file_of_an_older_program_is_read_in_its_own_letters(
    workshop: Workshop, encoding: str, name: str
) -> None:
    text = f"Name;Parts\n{name};5\n"

    assert workshop.security.decoded(text.encode(encoding)) == (text, encoding)


def test_what_an_old_mac_wrote_is_known_by_the_ends_of_its_lines(workshop: Workshop) -> None:
    text = "Name;Notes\rÄrzte;Öl\r"

    assert workshop.security.decoded(text.encode("mac_roman")) == (text, "mac_roman")
    assert workshop.security.decoded(text.replace("\r", "\n").encode("cp1252"))[1] == "cp1252"


@pytest.mark.parametrize(
    "word", ["Total", "TOTAL:", "Sum", "Summe", "Итого", "合計", "Total général", "Total (2 items)"]
)
def test_a_line_of_totals_is_no_record(workshop: Workshop, word: str) -> None:
    sheet = workshop.new("Name,Price", "Stool,12.50", f"{word},12.50")

    assert [bool(line.wrong) for line in sheet.lines] == [False, True]
    assert "totals" in sheet.lines[1].wrong[0]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("NAME;PRICE", "Stool;12,50"),
        ("Name *\tPrice:", "Stool\t12.50"),
        ("name|price", "Stool|$12.50"),
        ("Price, Name", '"12.50", "Stool"'),
        ("\ufeffName,Price", "Stool,12.50"),
        ("Name;Price;;", "Stool; 12,50 $ ;;"),
        ("Ｎａｍｅ,Ｐｒｉｃｅ", "Stool,１２.５０"),
    ],
)
def test_a_header_is_known_however_it_is_written(workshop: Workshop, header: str, line: str) -> None:
    (found,) = workshop.new(header, line).lines

    assert found.wrong == []
    assert (found.values["name"], found.values["price"]) == ("Stool", 1250)


def test_of_two_columns_of_one_name_the_second_is_named_as_not_kept(workshop: Workshop) -> None:
    sheet = workshop.new("Name,Phone,Phone", "Stool,0301234,0405678")

    assert sheet.lines[0].values["phone"] == "0301234"
    assert sheet.unkept == ["Phone"]


def test_lines_are_counted_as_in_the_file(workshop: Workshop) -> None:
    sheet = workshop.new("Name,Parts", '"two', 'lines",1', "", "", "Stool,many")

    assert [line.number for line in sheet.lines] == [2, 6]
    assert sheet.lines[1].wrong
