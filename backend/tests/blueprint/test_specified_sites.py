"""Sites, waiting lists and calculators from hand-written specifications, used over HTTP as visitors do."""

from __future__ import annotations

import re

import pytest

from .test_apps import installed
from .test_specified_figures import Staff, plain, refusal, staff

__all__ = ["installed", "staff"]


async def text_of(staff: Staff, address: str) -> str:
    answer = await staff.client.get(address)
    assert answer.status_code == 200, address
    return plain(answer.text)


@pytest.mark.parametrize("staff", ["loaf_launch"], indirect=True)
async def test_a_landing_page_says_what_the_founder_wrote(staff: Staff) -> None:
    page = await text_of(staff, "/")
    for words in (
        "Wake up to the smell of fresh bread.",
        "We bake at 3 a.m. and hang it on your door by 6. No app, no tips, no small talk.",
        "How it works",
        "Three loaves a week $16",
        "Where do you deliver? Within five miles of the clock tower.",
    ):
        assert words in page
    assert "specification" not in page
    assert "#14305e" in (await staff.client.get("/static/theme.css")).text


@pytest.mark.parametrize("staff", ["loaf_launch"], indirect=True)
async def test_a_referral_code_counts_whoever_comes_by_it(staff: Staff) -> None:
    first = await join(staff, "Ada", "ada@example.com")
    second = await join(staff, "Bo", "bo@example.com")
    assert first.isdisjoint(second)
    code = next(iter(second))
    # The link leads to the first page, whose form carries the code along.
    assert f'value="{code}"' in (await staff.client.get(f"/?invitation={code}")).text
    await join(staff, "Cy", "cy@example.com", invitation=code)
    await join(staff, "Di", "di@example.com", invitation=code.upper())

    refused = await staff.send("/forms/sign_ups", name="Ed", email="ed@example.com", invitation="nonsense")
    assert "Nobody has this code." in refusal(refused)
    again = await staff.send("/forms/sign_ups", name="Ada", email="ADA@example.com")
    assert "This e-mail is on the list already." in refusal(again)

    facts = [await staff.facts("sign_ups", number) for number in ("1", "2", "3")]
    # Bo brought two and overtakes Ada, who came first.
    assert [one["People you brought"] for one in facts] == ["0", "2", "0"]
    assert [one["Your place"] for one in facts] == ["2", "1", "3"]


async def join(staff: Staff, name: str, email: str, **more: str) -> set[str]:
    """Join the list; the code in the link that is given to pass on."""
    answer = await staff.send("/forms/sign_ups", name=name, email=email, **more)
    assert answer.status_code == 303, refusal(answer)
    thanks = (await staff.client.get(answer.headers["location"])).text
    assert "You are on the list." in thanks
    codes = set(re.findall(r'value="http://[^"]+/\?invitation=([a-z0-9]{8})"', thanks))
    assert len(codes) == 1
    return codes


@pytest.mark.parametrize("staff", ["corner_cafe"], indirect=True)
async def test_visitors_see_the_menu_and_not_what_is_behind_it(staff: Staff) -> None:
    words = {
        "kind": "Cake",
        "price": "4.80",
        "description": "With plums from Jo's garden.",
        "supplier": "Mill & Sons",
    }
    shown = await staff.add("menu", name="Plum cake", is_on_the_menu="1", **words)
    hidden = await staff.add("menu", name="Secret cake", **words)

    front, listed, page = [
        await text_of(staff, address) for address in ("/", "/browse-menu", f"/browse-menu/{shown}")
    ]
    assert "Plum cake €4.80" in front
    assert "Tuesday to Friday 8:00 to 18:00" in front
    assert "Plum cake €4.80" in listed
    assert "With plums from Jo's garden." in page
    assert not any("Mill & Sons" in text or "Secret cake" in text for text in (front, listed, page))
    assert (await staff.client.get(f"/browse-menu/{hidden}")).status_code == 404
    assert (await staff.client.get("/browse-reservations")).status_code == 404
    assert 'href="tel:+442079460000"' in (await staff.client.get("/")).text


@pytest.mark.parametrize("staff", ["paint_calculator"], indirect=True)
async def test_a_calculator_works_out_without_keeping_anything(staff: Staff) -> None:
    asked = "asked=1&length=4&width=3&height=2.5&windows=2&can_price=29.90"
    page = await text_of(staff, f"/calculate-paint?{asked}&surface=Rough")
    # 2 x 7 x 2.5 - 3 = 32; two coats at 6 m² a litre are 10.67; five cans; 5 x 29.90.
    for words in ("Area to paint 32.00", "Litres 10.7", "Cans 5", "Price $149.50"):
        assert words in page
    smooth = await text_of(staff, f"/calculate-paint?{asked}&surface=Smooth")
    assert "Litres 6.4" in smooth
    assert "Cans 3" in smooth
    part = await staff.client.get(f"/calculate-paint?{asked}&surface=Smooth&part=1")
    assert "<html" not in part.text
    assert "$89.70" in part.text
    assert "Fahrenheit 212.0" in await text_of(staff, "/calculate-temperature?asked=1&celsius=100")
    assert "Fahrenheit -40.0" in await text_of(staff, "/calculate-temperature?asked=1&celsius=-40")
    answer = await staff.client.get("/calculate-paint?asked=1&length=4000")
    assert answer.status_code == 422
    assert "Enter 50.00 m or less." in answer.text
