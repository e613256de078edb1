"""What a plan hides from customers is not told by their link, nor when they have sent a form."""

from __future__ import annotations

import copy
import html
import re
import tomllib
from typing import Any, Final

import pytest
from pydantic import ValidationError

from app.blueprint.plan import plan_of
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from tests.support.specs import SPECS

from .test_apps import installed
from .test_specified_figures import Staff, plain, staff, today

__all__ = ["installed", "staff"]
BAKERY: Final[dict[str, Any]] = tomllib.loads(
    next(path for path in SPECS if path.stem == "bakery_orders").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("staff", ["bakery_orders"], indirect=True)
async def test_a_customer_reads_nothing_that_is_hidden(staff: Staff) -> None:
    product = await staff.add("products", name="Rye", price="3.50")
    line = {"line-0-product": product, "line-0-quantity": "2"}
    person = {"person_name": "Ada", "person_email": "ada@example.com"}
    sent = await staff.send("/forms/orders", pick_up_on=today(3), **line, **person)
    thanks = await staff.visitor.get(sent.headers["location"])
    link = re.findall(r'href="(/by-link/[^"]+)"', thanks.text)[0]

    for page in (thanks, await staff.visitor.get(link)):
        told = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html.unescape(page.text)))
        assert told["Total"] == "€7.00"
        assert "Pieces" not in told
    columns = [plain(head) for head in re.findall(r"<th .*?</th>", (await staff.visitor.get(link)).text)]
    assert columns == ["Product", "Quantity", "Amount"]
    assert (await staff.facts("orders", "1"))["Pieces"] == "2"


def order_of(raw: dict[str, Any]) -> dict[str, Any]:
    return next(entity for entity in raw["entities"] if entity["name"] == "Order")


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ({"role": "Baker", "hides": ["pieces"]}, "only visitors do not"),
        ({"role": "visitor", "hides": ["crumbs"]}, "hides 'crumbs' from visitors, and has no such field"),
        ({"role": "visitor", "hides": ["status"]}, "says how far a record is"),
        ({"role": "visitor", "changes": "own", "fields": ["wishes"], "hides": ["wishes"]}, "cannot change"),
    ],
    ids=["a role", "no field", "the state", "to be changed"],
)
def test_what_cannot_be_hidden_is_refused(right: dict[str, Any], said: str) -> None:
    raw = copy.deepcopy(BAKERY)
    order_of(raw)["rights"] = [right]

    with pytest.raises(ValidationError, match=said):
        AppSpec.model_validate(raw)


def test_a_form_shows_nothing_that_is_hidden() -> None:
    raw = copy.deepcopy(BAKERY)
    raw["forms"][0]["shows"] = ["pieces"]

    with pytest.raises(ValidationError, match="is hidden from visitors, and a form shows it"):
        AppSpec.model_validate(raw)


def test_the_plan_says_what_is_hidden_and_what_no_link_leads_to_hides_nothing() -> None:
    assert any(
        "See their own orders by a link, without pieces" in deed.label
        for deed in plan_of(AppSpec.model_validate(BAKERY)).does
    )
    raw = copy.deepcopy(BAKERY)
    raw["forms"] = []

    assert any("is told by links alone" in fault["problem"] for fault in faults_of(raw)[1])
