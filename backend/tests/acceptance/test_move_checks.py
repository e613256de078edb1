"""A step is tried on a record that no rule stands against, wherever among the examples that is."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from app.acceptance.actors import Actors
from app.acceptance.known_records import KnownRecords
from app.acceptance.move_checks import MoveChecks, steps_of
from app.acceptance.people import People
from app.blueprint.spec import OWNER, AppSpec

SHOP = AppSpec.model_validate(
    {
        "title": "Shop",
        "tagline": "Orders from eighty on",
        "goal": "Orders are placed from eighty on.",
        "entities": [
            {
                "name": "Order",
                "state": "status",
                "fields": [
                    {"name": "title", "required": True},
                    {"name": "amount", "type": "int", "required": True},
                    {"name": "status", "type": "choice", "choices": ["Basket", "Placed"], "required": True},
                ],
                "moves": [{"label": "Place", "sources": ["Basket"], "target": "Placed", "about": "From 80 on."}],
            }
        ],
        "rules": [
            {
                "kind": "ensure", "entity": "Order", "when": 'status = "Placed"', "condition": "amount >= 80",
                "about": "An order under 80 can't be placed.",
            }
        ],
    }
)  # fmt: skip


async def test_a_record_that_the_rules_allow_is_tried_first() -> None:
    """Of nine baskets the oldest alone is large enough, and three are tried."""
    orders = {
        number: {"title": f"Order {number}", "amount": "90" if number == 1 else "10", "status": "Basket"}
        for number in range(1, 10)
    }
    records = KnownRecords(SHOP, {"Order": orders}, datetime(2026, 11, 30, tzinfo=UTC), {})
    samples = SimpleNamespace(values=lambda _entity: {})
    driver: Any = SimpleNamespace(samples=samples, visitor=None)  # Any: the part of a driver that is asked
    checks = MoveChecks(cast("People", SimpleNamespace(driver=driver, spec=SHOP)), cast("Actors", None))
    (step,) = steps_of(SHOP)

    first = await anext(checks._find_turns(step, OWNER, records))

    assert first.number == 1
