"""What a goal says about its money, and amounts in currencies without smaller coins."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.currencies import CURRENCIES, currency_in, currency_of
from app.blueprint.expressions.evaluator import Evaluator, World
from app.blueprint.generate.seed import seed_rows
from app.blueprint.language.understanding import understand
from app.blueprint.spec import AppSpec, FieldType
from app.blueprint.spec_expressions import catalogue_of

from .loaded_app import LoadedApp


def shop(currency: str) -> AppSpec:
    fields = [{"name": "name", "required": True}, {"name": "price", "type": "money"}]
    figures = [
        {"name": "tax", "expression": "price * 0.1", "about": "A tenth."},
        {"name": "total", "expression": "price + tax", "about": "With tax."},
        {"name": "share", "expression": "price / 3", "about": "For each of three."},
    ]
    entity = {"name": "Lamp", "fields": fields, "computed": figures}
    return AppSpec.model_validate({"title": "Lamps", "goal": "Lamps", "currency": currency, "entities": [entity]})


@pytest.fixture
def amounts(tmp_path: Path) -> Any:
    return LoadedApp(shop("¥"), tmp_path).module("amounts")


def test_the_app_and_its_generator_agree_which_currencies_have_no_smaller_coins(amounts: Any) -> None:
    for currency in CURRENCIES:
        for writing in (currency.sign, *currency.words.split()):
            known = [
                one
                for one in amounts.CURRENCIES
                if writing.casefold() in (one.code.casefold(), *one.writings.split())
            ]
            assert all((one.decimals == 0) is currency.is_whole for one in known[:1]), writing
    signs = {one.code for one in amounts.CURRENCIES if one.decimals == 0}
    assert {code for code in signs if currency_of(code).is_whole} == signs


@pytest.mark.parametrize(
    ("goal", "sign"),
    [
        ("A shop, prices in yen", "¥"),
        ("A shop with prices in ₩", "₩"),
        ("Rides for 120 zł each", "zł"),
        ("A farm shop, R$ 20 a box", "R$"),
        ("We take Rp 50000 a day", "Rp"),
        ("Fees in euros", "€"),
        ("Who won most games", "$"),
        ("5 real estate agents try CAD drawings", "$"),
        ("Fees in dollars", "$"),
    ],
)
def test_the_money_of_a_goal(goal: str, sign: str) -> None:
    assert currency_in(goal) == sign


@pytest.mark.parametrize(
    ("currency", "expected"), [("¥", (124, 1360, 412)), ("$", (Fraction("123.60"), Fraction("1359.60"), 412))]
)
def test_what_is_worked_out_has_the_coins_of_its_currency(currency: str, expected: tuple[Any, ...]) -> None:
    catalogue = catalogue_of(shop(currency))
    world = World({"Lamp": {1: {"name": "One", "price": Fraction(1236)}}}, datetime(2026, 11, 30))
    evaluator = Evaluator(catalogue, world)
    found = [
        evaluator.value(name, "Lamp", 1, digits=catalogue.digits_of(catalogue.field("Lamp", name).type))
        for name in ("tax", "total", "share")
    ]
    assert tuple(found) == expected


@pytest.mark.parametrize("goal", ["Canoes for hire, prices in yen", "Invoices with lines and tax, in rupiah"])
def test_examples_cost_what_people_of_the_country_believe(goal: str) -> None:
    spec = understand(goal)
    units = currency_of(spec.currency).units
    amounts = [
        int(row[field.name] or 0)
        for entity, rows in seed_rows(spec)
        for field in entity.fields
        if field.type is FieldType.MONEY
        for row in rows
    ]
    assert amounts
    assert all(amount % 100 == 0 for amount in amounts)
    assert max(amounts) >= 10 * units * 100
