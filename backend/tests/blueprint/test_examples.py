"""The example records that an app opens with: what a founder of that trade would believe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.blueprint.generate.seed import seed_rows
from app.blueprint.generate.seed_values import Record
from app.blueprint.generate.stated import conditions_of
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec
from app.blueprint.usual_examples import trades, usual_prices
from tests.support.specs import DESIGNER_SPECS, SPECS

from .test_specified_apps import read

PATHS = {path.stem if path in SPECS else f"designer/{path.stem}": path for path in (*SPECS, *DESIGNER_SPECS)}


def rows_of(spec: AppSpec) -> dict[str, list[Record]]:
    return {entity.name: rows for entity, rows in seed_rows(spec)}


@pytest.mark.parametrize(
    ("name", "kind", "first"),
    [
        ("bakery_orders", "Product", "Sourdough loaf"),
        ("corner_cafe", "Dish", "Flat white"),
        ("street_forum", "Topic", "Lost: a grey tabby cat"),
        ("window_quotes", "QuoteLine", "Windows, ground floor"),
        ("purchase_requests", "PurchaseRequest", "Office chair"),
        ("designer/bakery_wholesale", "Cafe", "Northwind Bakery"),
        ("designer/snag_list", "Snag", "Paint drips on the door frame"),
    ],
)
def test_what_a_business_sells_is_called_as_it_would_call_it(name: str, kind: str, first: str) -> None:
    rows = rows_of(read(PATHS[name]))[kind]
    assert next(iter(rows[0].values())) == first
    assert not any(re.search(r"\d$", str(next(iter(row.values())))) for row in rows[:5])


@pytest.mark.parametrize("name", ["bakery_orders", "corner_cafe", "designer/bakery_wholesale"])
def test_a_thing_costs_what_such_a_thing_costs(name: str) -> None:
    rows = rows_of(read(PATHS[name]))
    priced = [
        row for kind in rows.values() for row in kind if row.get("name") in usual_prices() and "price" in row
    ]
    for row in priced:
        assert row["price"] == usual_prices()[str(row["name"])] * 100, row
    lines = [row for kind in rows.values() for row in kind if "product" in row and row.get("price")]
    for line in lines:
        product = rows["Product"][int(line["product"] or 0) - 1]
        assert line["price"] == usual_prices()[str(product["name"])] * 100, line
    assert priced or lines


def test_classes_of_a_studio_have_prices_of_a_class() -> None:
    classes = rows_of(understand("A booking app for a yoga studio, classes have a capacity"))["YogaClass"]
    assert {row["name"]: row["price"] for row in classes}["Morning flow"] == 1500
    assert all(1000 <= int(row["price"] or 0) <= 2500 for row in classes)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_examples_tell_no_nonsense(path: Path) -> None:
    spec = read(path)
    for entity, rows in seed_rows(spec):
        for field in entity.fields:
            values = [row[field.name] for row in rows if row[field.name] is not None]
            if field.starts_as in ("today", "now"):
                # What the app writes down on the day itself was not written tomorrow.
                assert not any(
                    str(value).startswith("@") and int(str(value)[1:].split()[0]) > 0 for value in values
                )
            by_move = {move.target for move in entity.moves if field.name in {one.field for one in move.sets}}
            # A condition may want the day in a state where no move writes it.
            if by_move and entity.state and not field.required and not conditions_of(spec, entity):
                states = {row[entity.state] for row in rows if row[field.name] is not None}
                assert states <= by_move, (entity.name, field.name)
            if field.name in ("nickname", "first_name", "last_name", "couple"):
                assert not any(re.search(r"\d", str(value)) for value in values)


def test_every_trade_says_what_its_goods_are() -> None:
    for trade in trades():
        # A name costs the same wherever it is sold, since lines are priced by it.
        assert all(one.price in (None, usual_prices().get(one.name)) for one in trade.examples)
        assert trade.words
        assert trade.kinds
        names = [one.name for one in trade.examples]
        assert len(names) >= 5
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("beside", "lowest", "highest"), [("rent", 500_00, 2_000_00), ("price", 10_00, 100_00)], ids=["home", "tool"]
)
def test_a_deposit_is_as_high_as_what_it_is_for(beside: str, lowest: int, highest: int) -> None:
    money = [{"name": name, "type": "money", "required": True} for name in (beside, "deposit")]
    entity = {"name": "Thing", "fields": [{"name": "name", "required": True}, *money]}
    spec = AppSpec.model_validate({"title": "Things", "tagline": "Things", "entities": [entity]})
    [(_, rows)] = seed_rows(spec)
    amounts = [int(str(row["deposit"])) for row in rows]
    assert amounts
    assert all(lowest <= amount <= highest for amount in amounts)


def test_what_is_lent_by_the_day_costs_what_a_day_costs() -> None:
    money = {"name": "fee", "label": "Fee per day", "type": "money", "required": True}
    entity = {"name": "Thing", "fields": [{"name": "name", "required": True}, money]}
    [(_, rows)] = seed_rows(AppSpec.model_validate({"title": "Things", "tagline": "Things", "entities": [entity]}))
    assert max(int(str(row["fee"])) for row in rows) <= 60_00
