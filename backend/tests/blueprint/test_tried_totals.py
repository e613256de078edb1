"""Rules about what is added up from other records are tried on such records, or refused with what to say."""

from __future__ import annotations

from typing import Any

import pytest

from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of

from .test_tried_limits import NAME, app, ensure, kind, link, told, violation_of

MONEY = {"type": "money", "required": True, "lowest": 0}


def figure(name: str, expression: str) -> dict[str, Any]:  # Any: as in JSON
    return {"name": name, "expression": expression, "about": "Worked out."}


def said_of(owner: str, condition: str) -> str:
    """The condition about an order as a record of `owner` says it."""
    way = "" if owner == "Order" else "order."
    return condition.replace("total", f"{way}total").replace("customer", f"{way}customer")


def orders(rule: dict[str, Any]) -> dict[str, Any]:  # Any: as in JSON
    return app(
        kind("Customer", NAME, {"name": "credit", **MONEY}, computed=[figure("open", "sum(total of Order)")]),
        kind("Product", NAME, {"name": "price", **MONEY}),
        kind("Order", link("customer", "Customer"), {"name": "pick_up_on", "type": "date", "required": True},
             lines="OrderLine", computed=[figure("total", "sum(amount of OrderLine)")]),
        kind("OrderLine", link("order", "Order"), {**link("product", "Product"), "on_delete": "restrict"},
             {"name": "quantity", "type": "int", "required": True, "lowest": 1},
             {"name": "price", "type": "money", "starts_as": "product.price"},
             computed=[figure("amount", "quantity * price")]),
        rules=[rule],
    )  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    ["total <= 500", "customer.open <= 500", "customer.open <= customer.credit"],
    ids=["total", "chain", "credit"],
)
@pytest.mark.parametrize("owner", ["Order", "OrderLine"])
def test_a_limit_on_a_worked_out_total_is_tried(condition: str, owner: str) -> None:
    raw = orders(ensure(owner, "Not more than that.", said_of(owner, condition)))
    assert faults_of(raw)[1] == []
    found = violation_of(raw, "Not more than that.")
    assert found is not None
    assert not found.is_direct


def test_the_example_of_a_line_leaves_room_for_more_lines() -> None:
    spec = AppSpec.model_validate(orders(ensure("Order", "Within credit.", "customer.open <= customer.credit")))
    examples = examples_of(spec)
    scene = examples.good(next(entity for entity in spec.entities if entity.name == "OrderLine"))
    alike = {("OrderLine", number): scene.records[scene.subject] for number in (8, 9)}
    assert examples.judge.is_kept(Scene(scene.subject, {**scene.records, **alike}))


@pytest.mark.parametrize("condition", ["total >= 5", "count(OrderLine) >= 1"], ids=["amount", "one"])
def test_a_rule_that_no_new_record_can_keep_is_refused_when_it_is_judged(condition: str) -> None:
    words = told(orders(ensure("Order", "Worth the way.", condition)))
    assert "has nothing yet that belongs to it" in words
    assert "only_if of the move" in words


def test_a_rule_that_no_example_keeps_is_refused_when_it_is_judged() -> None:
    score = {"name": "score", "type": "int", "required": True}
    raw = app(kind("Note", NAME, score), rules=[ensure("Note", "Between.", "score > 7 and score < 8")])
    words = told(raw)
    assert "rules number 1 (ensure of Note)" in words
    assert "no example note was found that keeps it" in words
