"""Figures and conditions: SQL and the second opinion agree, and faults say what would be right."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from types import ModuleType

import pytest

from app.blueprint.expressions.catalogue import Catalogue, EntityShape, FieldShape, Kind, Type
from app.blueprint.expressions.compiler import ROW, Compiler
from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.expressions.faults import Fault
from app.blueprint.starters.starlette.app import figures

NOW = datetime(2031, 3, 5, 9, 30)
NUMBER, MONEY, DAY = Type(Kind.NUMBER), Type(Kind.MONEY, 2), Type(Kind.DATE)


def shape(name: str, table: str, *fields: FieldShape) -> EntityShape:
    return EntityShape(name, table, {field.name: field for field in fields})


def line(invoice: int, hours: str, rate: str, billable: bool, on: date) -> dict[str, Plain]:
    return {
        "invoice": Fraction(invoice),
        "hours": Fraction(hours),
        "rate": Fraction(rate),
        "billable": billable,
        "on": on,
    }


CATALOGUE = Catalogue(
    {
        "Invoice": shape(
            "Invoice",
            "invoices",
            FieldShape("number", Type(Kind.TEXT)),
            FieldShape("status", Type(Kind.TEXT, choices=("Draft", "Sent", "Paid"))),
            FieldShape("issued", DAY),
            FieldShape("total", MONEY, "sum(amount of Line)"),
            FieldShape("with_tax", MONEY, "total * 1.2"),
            FieldShape("place", NUMBER, 'rank(total desc, issued where status != "Draft")'),
        ),
        "Line": shape(
            "Line",
            "lines",
            FieldShape("invoice", Type(Kind.LINK, entity="Invoice")),
            FieldShape("hours", Type(Kind.NUMBER, 2)),
            FieldShape("rate", MONEY),
            FieldShape("billable", Type(Kind.BOOL)),
            FieldShape("on", DAY),
            FieldShape("amount", MONEY, "hours * rate"),
        ),
    }
)
WORLD = World(
    {
        "Invoice": {
            1: {"number": "A", "status": "Sent", "issued": date(2031, 3, 1)},
            2: {"number": "B", "status": "Draft", "issued": None},
            3: {"number": "C", "status": "Paid", "issued": date(2030, 12, 31)},
        },
        "Line": {
            1: line(1, "7.5", "33.33", True, date(2031, 3, 4)),
            2: line(1, "0.25", "85", False, date(2031, 3, 5)),
            3: line(3, "1.15", "0.05", True, date(2031, 2, 28)),
            4: {"invoice": Fraction(2), "hours": None, "rate": Fraction(10), "billable": True, "on": None},
        },
    },
    NOW,
)


@pytest.fixture(scope="module")
def db(starter_figures: ModuleType) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    starter_figures.install(connection, lambda: NOW)
    for name, rows in WORLD.records.items():
        entity = CATALOGUE.entity(name)
        kept = [field for field in entity.fields.values() if not field.expression]
        columns = ", ".join(f'"{field.name}"' for field in kept)
        connection.execute(f'CREATE TABLE "{entity.table}" (id INTEGER PRIMARY KEY, {columns})')
        for number, row in rows.items():
            values = [number, *(stored(field.type, row[field.name]) for field in kept)]
            connection.execute(f'INSERT INTO "{entity.table}" VALUES ({", ".join("?" * len(values))})', values)
    return connection


def stored(kind: Type, value: Plain) -> object:
    """A value as an app keeps it."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Fraction):
        return int(value * 10**kind.scale)
    return value.isoformat() if isinstance(value, date) else value


def said(value: Plain, scale: int) -> object:
    return stored(Type(Kind.NUMBER, scale), value)


EXPRESSIONS = [
    ("Line", "hours * rate"),
    ("Line", "amount"),
    ("Line", "invoice.total - amount"),
    ("Line", "amount / invoice.total"),
    ("Line", "if(billable, amount, 0)"),
    ("Line", "or_else(hours, 1) * rate"),
    ("Line", "max(rate, 20) * 3"),
    ("Line", "billable and hours > 1"),
    ("Line", "not billable or hours is empty"),
    ("Line", 'invoice.status in ("Sent", "Paid")'),
    ("Line", "days(invoice.issued, on)"),
    ("Line", "on + 30"),
    ("Line", "week(on)"),
    ("Line", "weekday(on)"),
    ("Line", "month(on) = month(today)"),
    ("Line", "age(on)"),
    ("Line", "add_months(on, 1)"),
    ("Line", "ceil(hours) + floor(hours) + round(hours)"),
    ("Line", 'hours(at(on, "08:15"), now)'),
    ("Line", "count(Line where rate > this.rate)"),
    ("Line", "-hours + 2"),
    ("Invoice", "total"),
    ("Invoice", "with_tax"),
    ("Invoice", "place"),
    ("Invoice", "average(hours of Line)"),
    ("Invoice", "sum(hours of Line where billable)"),
    ("Invoice", "count(Line where not billable)"),
    ("Invoice", "distinct(rate of Line via none)"),
    ("Invoice", "min(rate of Line)"),
    ("Invoice", "latest(rate of Line by on)"),
    ("Invoice", "exists(Line where hours is empty)"),
    ("Invoice", "streak(on of Line)"),
    *(
        ("Invoice", f"{figure} where rate > 1000000)")
        for figure in (
            "streak(on of Line",
            "sum(amount of Line",
            "count(Line",
            "average(hours of Line",
            "min(rate of Line",
            "latest(rate of Line by on",
            "exists(Line",
            "distinct(rate of Line",
        )
    ),
    ("Invoice", "sum(amount of Line where week(on) = week(today))"),
    ("Invoice", "count(Line) = 2 and total >= 270"),
    ("Invoice", "total / count(Line)"),
    ("Invoice", "year(issued) * 2"),
    ("Invoice", "money(count(Line) * 12.5) + total"),
    ("Line", "money(hours / 3)"),
]


@pytest.mark.parametrize("has_whole_money", [False, True], ids=["cents", "whole"])
@pytest.mark.parametrize(("entity", "text"), EXPRESSIONS)
def test_sql_and_the_second_opinion_agree(
    db: sqlite3.Connection, entity: str, text: str, has_whole_money: bool
) -> None:
    catalogue = replace(CATALOGUE, has_whole_money=has_whole_money)
    compiled = Compiler(catalogue).value(text, entity)
    evaluator = Evaluator(catalogue, WORLD)
    table = catalogue.entity(entity).table
    for number in WORLD.records[entity]:
        by_sql = db.execute(f'SELECT {compiled.text} FROM "{table}" {ROW} WHERE id = ?', [number]).fetchone()[0]
        is_numeric = compiled.type.kind in (Kind.NUMBER, Kind.MONEY)
        digits = catalogue.digits_of(compiled.type) if is_numeric else None
        assert by_sql == said(evaluator.value(text, entity, number, digits=digits), compiled.type.scale), number


def test_money_is_exact_to_the_cent(db: sqlite3.Connection) -> None:
    compiled = Compiler(CATALOGUE).value("hours * rate", "Line")
    amounts = db.execute(f'SELECT {compiled.text} FROM "lines" {ROW} ORDER BY id').fetchall()
    # 7.5 x 33.33 = 249.975; 0.25 x 85 = 21.25; 1.15 x 0.05 = 0.0575.
    assert amounts == [(24998,), (2125,), (6,), (None,)]


def test_money_without_smaller_coins_is_whole_in_each_line_and_so_in_their_sum(db: sqlite3.Connection) -> None:
    compiler = Compiler(replace(CATALOGUE, has_whole_money=True))
    amounts = db.execute(
        f'SELECT {compiler.value("amount", "Line").text} FROM "lines" {ROW} ORDER BY id'
    ).fetchall()
    # 249.975, 21.25 and 0.0575, each rounded before they are added up.
    assert amounts == [(25000,), (2100,), (0,), (None,)]
    of_first = f'SELECT {compiler.value("with_tax", "Invoice").text} FROM "invoices" {ROW} WHERE id = 1'
    assert db.execute(of_first).fetchone() == (32500,)  # 271 x 1.2 = 325.2


FAULTS = [
    ("Line", "hours *", "cannot be read"),
    ("Line", "price", "Line has no field 'price'; it has: invoice, hours"),
    ("Line", "rate * rate", "money cannot be multiplied with money"),
    ("Line", "rate + hours", "has no meaning; both must be money or both numbers"),
    ("Line", 'rate > "much"', "cannot be compared"),
    ("Line", "invoice.client.name", "Invoice has no field 'client'"),
    ("Line", "hours.invoice", "only a link leads on"),
    ("Invoice", 'status = "Late"', "'Late' is none of the choices: Draft, Sent, Paid"),
    ("Invoice", "sum(Line)", "sum needs a value"),
    ("Invoice", "total(amount of Line)", "there is no figure 'total' over records"),
    ("Invoice", "sum(amount of Payment)", "there is no kind of record 'Payment'; there are: Invoice, Line"),
    ("Invoice", "count(Line via hours)", "Line.hours does not lead to Invoice; these do: invoice"),
    ("Invoice", "days(issued)", "days takes 2 values, not 1"),
    ("Invoice", "days(issued, number)", "value 2 of days must be date or date and time, not text"),
    ("Invoice", "today2()", "there is no function 'today2'"),
    ("Invoice", "issued = empty", "write `is empty`"),
    ("Invoice", "latest(rate of Line)", "latest needs the field it goes by"),
    ("Invoice", "streak(rate of Line)", "streak counts days, not money"),
]


@pytest.mark.parametrize(("entity", "text", "why"), FAULTS)
def test_a_fault_says_what_is_wrong(entity: str, text: str, why: str) -> None:
    with pytest.raises(Fault) as error:
        Compiler(CATALOGUE).value(text, entity)
    assert why in str(error.value)


def test_figures_that_lean_on_each_other_are_a_fault() -> None:
    loop = shape("Loop", "loops", FieldShape("a", NUMBER, "b + 1"), FieldShape("b", NUMBER, "a + 1"))
    with pytest.raises(Fault, match="leans on itself"):
        Compiler(Catalogue({"Loop": loop})).value("a", "Loop")


def test_a_condition_is_true_or_false() -> None:
    with pytest.raises(Fault, match="must be true or false"):
        Compiler(CATALOGUE).condition("hours * 2", "Line")


@pytest.fixture(scope="module")
def starter_figures() -> ModuleType:
    return figures
