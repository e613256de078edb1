"""Of what two people do to one record at once, exactly one order of events comes out."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import httpx2
import pytest

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec

from .test_apps import installed, lay_out, started
from .test_specified_apps import read
from .test_specified_behaviour import at, at_once, link_of
from .test_specified_figures import BY_NAME, Staff, plain, refusal, today

__all__ = ["installed"]

ROUNDS: Final = 6
CHANGED: Final = "This has changed since you opened the page."


def spec_of(name: str) -> AppSpec:
    """A specification; quotes let their lines be changed until they are accepted."""
    spec = read(BY_NAME[name])
    return spec.model_copy(update={"rules": tuple(rule for rule in spec.rules if rule.entity != "QuoteLine")})


@pytest.fixture
async def staff(request: pytest.FixtureRequest, installed: Path, tmp_path: Path) -> AsyncIterator[Staff]:
    folder = lay_out(generate(spec_of(request.param)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)
    shutil.rmtree(folder / "data")


async def filled(client: httpx2.AsyncClient, page: str, action: str) -> dict[str, str]:
    """What the form with that address sends when nothing in it is touched."""
    text = (await client.get(page)).text
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form, plain(text)
    fields = {}
    for field in re.findall(r"<input[^>]*>", form[0]):
        told = dict(re.findall(r' (name|value|type)="([^"]*)"', field))
        if "name" in told and told.get("type") != "checkbox":
            fields[told["name"]] = told.get("value", "")
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


async def sent_quote(staff: Staff, number: int) -> tuple[str, str]:
    """A quote over ten windows for $5 each, and its link."""
    customer = await staff.add("customers", name="Ada")
    quote = await staff.add("quotes", number=f"Q-{number}", customer=customer, quoted_on=today())
    await staff.add("quote_lines", what="Windows", quote=quote, quantity="10", unit_price="5")
    assert (await staff.move("quotes", quote, 0))[0] == 303
    return quote, await link_of(staff, "quotes", quote)


def dearer(form: Mapping[str, str]) -> dict[str, str]:
    return {**form, "line-0-unit_price": "9"}


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_what_is_accepted_is_what_was_read(staff: Staff) -> None:
    quote, link = await sent_quote(staff, 1)
    accept = await filled(staff.visitor, link, f"{link}/moves/1")
    edit = dearer(await filled(staff.client, f"/quotes/{quote}/edit", f"/quotes/{quote}/edit"))
    edited = await staff.client.post(f"/quotes/{quote}/edit", data=edit)
    assert edited.status_code == 303, (refusal(edited), edit)

    answer = await staff.visitor.post(f"{link}/moves/1", data=accept)

    assert (answer.status_code, CHANGED in plain(answer.text), "$90.00" in plain(answer.text)) == (422, True, True)
    assert (await staff.facts("quotes", quote))["Status"] == "Sent"
    again = await filled(staff.visitor, link, f"{link}/moves/1")
    assert (await staff.visitor.post(f"{link}/moves/1", data=again)).status_code == 303
    facts = await staff.facts("quotes", quote)
    assert (facts["Status"], facts["Total"]) == ("Accepted", "$90.00")


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_staff_take_a_step_with_what_they_have_read(staff: Staff) -> None:
    customer = await staff.add("customers", name="Ada")
    quote = await staff.add("quotes", number="Q-1", customer=customer, quoted_on=today())
    line = await staff.add("quote_lines", what="Windows", quote=quote, quantity="10", unit_price="5")
    send = await filled(staff.client, f"/quotes/{quote}", f"/quotes/{quote}/moves/0")
    edited = await staff.send(
        f"/quote_lines/{line}/edit", what="Windows", quote=quote, quantity="1", unit_price="5"
    )
    assert edited.status_code == 303, refusal(edited)

    answer = await staff.client.post(f"/quotes/{quote}/moves/0", data=send)

    assert (answer.status_code, CHANGED in plain(answer.text)) == (422, True)
    assert (await staff.facts("quotes", quote))["Status"] == "Draft"
    assert (await staff.move("quotes", quote, 0))[0] == 303


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_an_acceptance_and_an_edit_at_once_come_one_after_the_other(staff: Staff) -> None:
    for number in range(ROUNDS):
        quote, link = await sent_quote(staff, number)
        accept = await filled(staff.visitor, link, f"{link}/moves/1")
        edit = dearer(await filled(staff.client, f"/quotes/{quote}/edit", f"/quotes/{quote}/edit"))

        sent = [
            staff.visitor.post(f"{link}/moves/1", data=accept),
            staff.client.post(f"/quotes/{quote}/edit", data=edit),
        ]
        codes = await at_once(*(sent if number % 2 else reversed(sent)))

        facts = await staff.facts("quotes", quote)
        assert codes == [303, 422]
        assert (facts["Status"], facts["Total"]) in (("Accepted", "$50.00"), ("Sent", "$90.00"))


@pytest.mark.parametrize("staff", ["lanes_and_courses"], indirect=True)
async def test_the_last_place_goes_to_a_form_or_to_an_import(staff: Staff) -> None:
    people = [await staff.add("customers", name=f"P{n}", email=f"p{n}@example.com") for n in range(9)]
    for number in range(ROUNDS):
        course = await staff.add("courses", name=f"Crawl {number}", starts_at=at("18:00"))
        given = {"course": course, "status": "Enrolled"}
        for person in people[:7]:
            await staff.add("enrolments", customer=person, **given)

        codes = await at_once(
            staff.send("/enrolments/new", customer=people[7], **given),
            staff.send(
                "/enrolments/import", text=f"Course,Customer,Status\nCrawl {number},P8,Enrolled", keep="yes"
            ),
        )

        assert codes == [303, 422]
        assert (await staff.facts("courses", course))["Places left"] == "0"


@pytest.mark.parametrize("staff", ["tool_library"], indirect=True)
async def test_what_is_called_off_by_link_is_not_handed_out(staff: Staff) -> None:
    member = await staff.add("members", name="Ada", email="ada@example.com")
    tool = await staff.add("tools", name="Saw", kind="Garden", fee="2", deposit="20")
    for _ in range(ROUNDS):
        loan = await staff.add("loans", tool=tool, member=member, wanted_from=today(1))
        link = await link_of(staff, "loans", loan)
        off = await filled(staff.visitor, link, f"{link}/moves/3")
        out = await filled(staff.client, f"/loans/{loan}", f"/loans/{loan}/moves/0")

        codes = await at_once(
            staff.visitor.post(f"{link}/moves/3", data=off),
            staff.client.post(f"/loans/{loan}/moves/0", data=out),
        )

        facts = await staff.facts("loans", loan)
        assert codes[0] == 303
        assert codes[1] in (409, 422)
        if facts["Status"] == "Out":
            assert (await staff.move("loans", loan, 1, paid="0"))[0] == 303
        else:
            assert facts["Status"] == "Declined"
            assert facts["Out on"] == "–"
