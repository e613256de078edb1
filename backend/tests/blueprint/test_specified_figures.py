"""Apps from hand-written specifications, used over HTTP, beside figures that were worked out by hand."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate
from tests.support.specs import SPECS

from .test_apps import installed, lay_out, started
from .test_specified_apps import read

__all__ = ["installed"]
BY_NAME = {path.stem: path for path in SPECS}


class Staff:
    """Somebody who fills in the forms of an app; `visitor` is the browser of somebody who is not signed in."""

    def __init__(self, client: httpx2.AsyncClient, visitor: httpx2.AsyncClient) -> None:
        self.client = client
        self.visitor = visitor

    async def send(self, address: str, /, **values: str) -> httpx2.Response:
        """Fill in a form: one for everybody as a visitor, any other as the owner."""
        client = self.visitor if address.startswith("/forms/") else self.client
        page = await client.get(address.rpartition("/moves")[0] or address)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token, page.text[:500]
        return await client.post(address, data={**values, "csrf_token": token[1]})

    async def add(self, table: str, /, **values: str) -> str:
        answer = await self.send(f"/{table}/new", **values)
        assert answer.status_code == 303, refusal(answer)
        return str(re.findall(r"/(\d+)\?", answer.headers["location"])[0])

    async def refused(self, table: str, /, **values: str) -> str:
        answer = await self.send(f"/{table}/new", **values)
        assert answer.status_code == 422
        return refusal(answer)

    async def move(self, table: str, record: str, number: int, **values: str) -> tuple[int, str]:
        answer = await self.send(f"/{table}/{record}/moves/{number}", **values)
        return answer.status_code, refusal(answer)

    async def facts(self, table: str, record: str) -> dict[str, str]:
        page = (await self.client.get(f"/{table}/{record}")).text
        pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
        return {html.unescape(label): plain(text) for label, text in pairs}


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def refusal(answer: httpx2.Response) -> str:
    return " ".join(plain(part) for part in re.findall(r'<p class="wrong"[^>]*>(.*?)</p>', answer.text)) + plain(
        " ".join(re.findall(r'<div class="notice bad".*?</div>', answer.text, re.DOTALL))
    )


@pytest.fixture
async def staff(request: pytest.FixtureRequest, installed: Path, tmp_path: Path) -> AsyncIterator[Staff]:
    folder = lay_out(generate(read(BY_NAME[request.param])), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)
    shutil.rmtree(folder / "data")


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_a_quote_adds_up_to_the_cent(staff: Staff) -> None:
    customer = await staff.add("customers", name="Ada")
    quote = await staff.add("quotes", number="Q-1", customer=customer, quoted_on=today(), discount="10", tax="7.5")
    status, why = await staff.move("quotes", quote, 0)
    assert (status, "A quote without a line is not sent." in why) == (422, True)

    await staff.add("quote_lines", what="Windows", quote=quote, quantity="10", unit_price="5")
    line = await staff.add("quote_lines", what="Frames", quote=quote, quantity="1.5", unit_price="33.33")

    assert (await staff.facts("quote_lines", line))["Amount"] == "$50.00"  # 1.5 x 33.33 = 49.995
    facts = await staff.facts("quotes", quote)
    # 50 + 50 = 100; less 10 % is 90; with 7.5 % it is 96.75.
    assert (facts["Subtotal"], facts["Total"]) == ("$100.00", "$96.75")
    assert (await staff.move("quotes", quote, 0))[0] == 303
    why = await staff.refused("quote_lines", what="More", quote=quote, quantity="1", unit_price="5")
    assert "Lines are added while the quote is a draft." in why


@pytest.mark.parametrize("staff", ["apprentice_pay"], indirect=True)
async def test_hours_times_rate_is_owed(staff: Staff) -> None:
    kim = await staff.add("apprentices", name="Kim", rate="12.40")
    await staff.add("time_entries", apprentice=kim, on=today(), hours="7.5", rate="")
    await staff.add("time_entries", apprentice=kim, on=today(-400), hours="2.25", rate="10")
    await staff.add("payments", apprentice=kim, paid_on=today(), amount="50")

    facts = await staff.facts("apprentices", kim)
    # 7.5 x 12.40 = 93; 2.25 x 10 = 22.50; 93 + 22.50 - 50 = 65.50
    assert (facts["Hours this week"], facts["Earned this week"], facts["Owed"]) == ("7.50", "€93.00", "€65.50")
    assert "Enter 12.00 or less." in await staff.refused(
        "time_entries", apprentice=kim, on=today(-1), hours="12.25"
    )
    why = await staff.refused("time_entries", apprentice=kim, on=today(), hours="5")
    assert "Nobody works more than twelve hours a day." in why
    assert "Hours are entered" in await staff.refused("time_entries", apprentice=kim, on=today(1), hours="1")


@pytest.mark.parametrize("staff", ["wildlife_rescue"], indirect=True)
async def test_an_animal_goes_through_the_house_in_order(staff: Staff) -> None:
    animal = await staff.add("animals", name="Hugo", species="Hedgehog", weight="380", admitted_at="")
    assert (await staff.move("animals", animal, 1))[0] == 409  # treated before it was examined
    assert (await staff.move("animals", animal, 0))[0] == 422  # without findings
    assert (await staff.move("animals", animal, 0, findings="Ticks."))[0] == 303
    assert (await staff.move("animals", animal, 1))[0] == 303
    status, why = await staff.move("animals", animal, 2)
    assert (status, "Below 450 g it is not released." in why) == (422, True)
    await staff.add("weighings", animal=animal, on=today(), grams="455")
    assert (await staff.move("animals", animal, 2))[0] == 303
    facts = await staff.facts("animals", animal)
    assert (facts["Status"], facts["Last weight"], facts["Days here"]) == ("Released", "455", "0")


@pytest.mark.parametrize("staff", ["pantry_stock"], indirect=True)
async def test_stock_never_falls_below_nought(staff: Staff) -> None:
    rice = await staff.add("products", name="Rice", unit="kg", reorder_at="2", expires_on=today(10))
    first = await staff.add("movements", product=rice, kind="In", amount="5", at="")
    await staff.add("movements", product=rice, kind="Out", amount="3.5", at="")
    facts = await staff.facts("products", rice)
    assert (facts["Left"], facts["Low"], facts["Days to expiry"]) == ("1.5", "Yes", "10")
    await staff.add("products", name="Milk", unit="l", reorder_at="0", expires_on=today(-1))
    await staff.add("movements", product="2", kind="In", amount="9", at="")
    listed = (await staff.client.get("/products")).text
    stand_out = [
        re.findall(r'data-label="(Low|Expired)"[^>]*><span class="pill bad">', row) for row in listed.split("<tr>")
    ]
    assert [found for found in stand_out if found] == [["Low"], ["Expired"]]
    desk = (await staff.client.get("/")).text
    assert ('href="/products?low=1"' in desk, 'href="/products?expired=1"' in desk) == (True, True)
    low = plain((await staff.client.get("/products?low=1")).text)
    assert ("Rice" in low, "Milk" in low) == (True, False)
    assert "No more goes out than there is." in await staff.refused(
        "movements", product=rice, kind="Out", amount="2"
    )
    answer = await staff.send(f"/movements/{first}/delete")
    assert answer.status_code == 409
    assert "No more goes out than there is." in answer.text
    # Nor does it fall by a correction, by a file, or by two who take the last at once.
    for given in ({"product": rice, "kind": "Out"}, {"product": "2", "kind": "In"}):
        answer = await staff.send(f"/movements/{first}/edit", amount="5", at=f"{today()}T10:00", **given)
        assert "No more goes out than there is." in refusal(answer)
    file = "Product,Kind,Amount\nRice,Out,1\nRice,Out,1"
    assert (await staff.send("/movements/import", text=file, keep="yes")).status_code == 422
    last = [staff.send("/movements/new", product=rice, kind="Out", amount="1.5", at="") for _ in range(3)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*last)) == [303, 422, 422]
    assert (await staff.facts("products", rice))["Left"] == "0.0"


def today(days: int = 0) -> str:
    return (date.today() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_a_quote_is_entered_with_its_lines_in_one_go(staff: Staff) -> None:
    customer = await staff.add("customers", name="Ada")
    given = {"number": "Q-7", "customer": customer, "quoted_on": today(), "discount": "10", "tax": "7.5"}
    windows = {"line-0-what": "Windows", "line-0-quantity": "10", "line-0-unit_price": "5"}
    frames = {"line-2-what": "Frames", "line-2-quantity": "1.5", "line-2-unit_price": "33.33"}

    answer = await staff.send("/quotes/new", **given, **windows, **{**frames, "line-2-quantity": "many"})
    assert answer.status_code == 422
    assert 'id="line-2-quantity-wrong"' in answer.text
    assert "Q-7" not in (await staff.client.get("/quotes")).text

    quote = await staff.add("quotes", **given, **windows, **frames)
    facts = await staff.facts("quotes", quote)
    assert (facts["Subtotal"], facts["Total"]) == ("$100.00", "$96.75")
    paper = plain((await staff.client.get(f"/quotes/{quote}/document")).text)
    assert "Windows 10.00 $5.00 $50.00 Frames 1.50 $33.33 $50.00" in paper
    assert "Subtotal $100.00 Total $96.75" in paper

    form = (await staff.client.get(f"/quotes/{quote}/edit")).text
    kept = re.findall(r'name="(line-\d+--id)" value="(\d+)"', form)
    first, second = dict(kept)["line-0--id"], dict(kept)["line-1--id"]
    changed = {"line-0--id": first, "line-0--remove": "1"}
    changed |= {
        "line-1--id": second,
        "line-1-what": "Frames",
        "line-1-quantity": "3",
        "line-1-unit_price": "33.33",
    }
    answer = await staff.send(f"/quotes/{quote}/edit", **given, **changed)
    assert answer.status_code == 303, refusal(answer)
    # 3 x 33.33 = 99.99; less 10 % is 89.99 (89.991), with 7.5 % it is 96.74.
    facts = await staff.facts("quotes", quote)
    assert (facts["Subtotal"], facts["Total"]) == ("$99.99", "$96.74")

    # A line that is added with a double click is there once.
    page = (await staff.client.get(f"/quotes/{quote}/edit")).text
    shown = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    line = {"line-1-what": "Frames", "line-1-quantity": "1", "line-1-unit_price": "0.01"}
    sent = {
        **shown,
        **given,
        "line-0-what": "Frames",
        "line-0-quantity": "3",
        "line-0-unit_price": "33.33",
        **line,
    }
    twice = [staff.client.post(f"/quotes/{quote}/edit", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in await asyncio.gather(*twice)] == [303, 303]
    assert (await staff.facts("quotes", quote))["Subtotal"] == "$100.00"
    # Going back and sending another line is asked about.
    answer = await staff.client.post(f"/quotes/{quote}/edit", data=sent | {"line-1-unit_price": "0.02"})
    assert (answer.status_code, "sent before, with other values" in answer.text) == (422, True)


@pytest.mark.parametrize("staff", ["bakery_orders"], indirect=True)
async def test_a_visitor_orders_in_lines_at_the_price_of_the_day(staff: Staff) -> None:
    bread = await staff.add("products", name="Rye bread", price="4.20")
    pie = await staff.add("products", name="Plum pie", price="18.50")
    given = {"pick_up_on": today(3), "person_name": "Ada", "person_email": "ada@example.com"}

    answer = await staff.send("/forms/orders", **given)
    assert answer.status_code == 422
    assert "Fill in at least one order line." in answer.text
    lines = {"line-0-product": bread, "line-0-quantity": "3", "line-1-product": pie, "line-1-quantity": "38"}
    answer = await staff.send("/forms/orders", **given, **lines)
    assert answer.status_code == 422
    assert "At most 40 pieces are baked for one order." in refusal(answer)
    assert 'id="line-1-quantity-wrong"' in answer.text

    # What a visitor adds to the form besides is not taken: the price is that of the product.
    lines |= {"line-1-quantity": "2", "line-1-price": "0.01"}
    answer = await staff.send("/forms/orders", **given, **lines)
    assert answer.status_code == 303, refusal(answer)
    thanks = plain((await staff.visitor.get(answer.headers["location"])).text)
    assert "Rye bread, 3" in thanks
    assert "Plum pie, 2" in thanks
    order = re.findall(r"id=(\d+)", answer.headers["location"])[0]
    facts = await staff.facts("orders", order)
    assert (facts["Pieces"], facts["Total"]) == ("5", "€49.60")  # 3 x 4.20 + 2 x 18.50

    # What no list shows can still be ordered, by its name, by visitors and by the staff.
    many = "\n".join(["Name,Price", *(f"Bun {number:03},0.80" for number in range(600))])
    answer = await staff.send("/products/import", text=many, keep="yes")
    assert answer.status_code == 303, refusal(answer)
    page = plain((await staff.visitor.get("/forms/orders")).text)
    assert "The list shows some of 602. Any other by its name:" in page
    named = {"line-0-product_named": "bun 599", "line-0-quantity": "1"}
    answer = await staff.send("/forms/orders", **given, **named | {"line-0-product_named": "no such bun"})
    assert "There is nothing of this name." in refusal(answer)
    answer = await staff.send("/forms/orders", **given, **named)
    assert answer.status_code == 303, refusal(answer)
    assert "Bun 599, 1" in plain((await staff.visitor.get(answer.headers["location"])).text)
    page = plain((await staff.client.get(f"/orders/{order}/edit")).text)
    assert "Any other by its name:" in page
    answer = await staff.send(f"/orders/{order}/edit", pick_up_on=given["pick_up_on"], customer="1", **named)
    assert answer.status_code == 303, refusal(answer)
    assert (await staff.facts("orders", order))["Pieces"] == "6"


@pytest.mark.parametrize("staff", ["duty_rota"], indirect=True)
async def test_what_belongs_to_a_record_stands_in_the_order_of_its_lists(staff: Staff) -> None:
    family = await staff.add("families", name="Abel", email="abel@example.com")
    for name, day in (("Late", 9), ("Soon", 1), ("Middle", 5)):
        await staff.add("duties", name=name, day=today(day), family=family)

    for page in (f"/families/{family}", "/duties"):
        text = plain((await staff.client.get(page)).text.partition("<h1")[2])
        assert text.index("Soon") < text.index("Middle") < text.index("Late"), page
