"""What customers see first, in apps from hand-written specifications."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec
from tests.support.specs import DESIGNER_SPECS

from .test_apps import installed, lay_out, started
from .test_specified_apps import read
from .test_specified_figures import BY_NAME, Staff, plain, staff

__all__ = ["installed", "staff"]


@pytest.fixture
async def pool(installed: Path, tmp_path: Path) -> AsyncIterator[Staff]:
    """A pool without records, where anybody enrols for a course."""
    text = BY_NAME["lanes_and_courses"].read_text(encoding="utf-8")
    table = tomllib.loads(text)
    course = next(entity for entity in table["entities"] if entity["name"] == "Course")
    course |= {"public": "list", "public_fields": ["name", "starts_at"]}
    said = {"action": "Enrol", "about": "Eight people.", "thanks": "See you."}
    table["forms"] = [{"entity": "Enrolment", "fields": ["course"], "person": "customer", **said}]
    folder = lay_out(generate(AppSpec.model_validate(table)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)


async def test_a_limit_of_the_founder_shows_how_many_places_are_left(pool: Staff) -> None:
    staff = pool
    past, soon = (f"{date.today() + timedelta(days)}T18:00" for days in (-2, 2))
    await staff.add("courses", name="Crawl for beginners", starts_at=soon)
    await staff.add("courses", name="Long over", starts_at=past)
    assert "Crawl for beginners" in (front := plain((await staff.visitor.get("/")).text))
    assert "8 left" in front
    assert "Long over" not in front
    assert front.count("Crawl for beginners") == 1

    for number in range(8):
        sent = {"course": "1", "person_name": f"Ann {number}", "person_email": f"ann{number}@example.com"}
        assert (await staff.send("/forms/enrolments", **sent)).status_code == 303
    front = plain((await staff.visitor.get("/")).text)
    assert "Crawl for beginners" in front
    assert "left" not in front.partition("Crawl for beginners")[2].partition("How it works")[0]
    assert re.search(r"Crawl for beginners .{0,60}Full", front)
    assert "full" in plain((await staff.client.get("/enrolments/new")).text)


async def test_how_it_works_tells_what_is_chosen_and_what_its_link_is_for(pool: Staff) -> None:
    await pool.add("courses", name="Crawl", starts_at=f"{date.today() + timedelta(2)}T18:00")
    steps = plain((await pool.visitor.get("/")).text).partition("How it works")[2]
    assert "Choose your course You see how many places are left." in steps
    assert "By it you see or cancel your enrolment whenever you like." in steps


@pytest.mark.parametrize("staff", ["bakery_orders"], indirect=True)
async def test_no_button_of_a_first_page_stands_there_twice(staff: Staff, alone: Staff) -> None:
    front = (await alone.visitor.get("/")).text
    assert front.partition("<main")[2].count('href="/forms/appointments"') == 1
    assert "Fill in a short form Tell us when." in plain(front)
    form = (await alone.visitor.get("/forms/appointments")).text
    assert re.search(r'<label for="starts_at">When\b', form)
    # Behind a page of goods the form is offered once more.
    assert (await staff.visitor.get("/")).text.partition("<main")[2].count('href="/forms/orders"') == 2


@pytest.fixture
async def alone(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Staff]:
    """A practice where visitors ask for a time, and nothing is there to choose from."""
    fields: list[dict[str, object]] = [
        {"name": "name", "label": "Name", "type": "text", "required": True},
        {"name": "email", "label": "E-mail", "type": "email", "required": True},
        {"name": "starts_at", "label": "Starts at", "type": "datetime", "required": True},
    ]
    kind = {"name": "Appointment", "table": "appointments", "label": "Appointment", "plural": "Appointments"}
    said = {"action": "Ask for a time", "about": "Tell us when.", "thanks": "See you."}
    spec = {
        "title": "Elm Practice",
        "goal": "A practice.",
        "tagline": "A practice by the elms.",
        "entities": [kind | {"about": "Times asked for.", "fields": fields}],
        "forms": [{"entity": "Appointment", "fields": ["name", "email", "starts_at"], **said}],
    }
    folder = lay_out(generate(AppSpec.model_validate(spec)), tmp_path_factory.mktemp("alone"))
    (folder / ".venv").symlink_to(installed / ".venv")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)


async def test_what_is_to_come_stands_before_what_is_over(pool: Staff) -> None:
    for name, days in {"Long ago": -9, "In a week": 7, "Last week": -5, "Tomorrow": 1}.items():
        await pool.add("courses", name=name, starts_at=f"{date.today() + timedelta(days)}T18:00")
    listed = plain((await pool.visitor.get("/browse-courses")).text)
    expected = ["Tomorrow", "In a week", "Last week", "Long ago"]
    assert sorted(expected, key=listed.index) == expected


def test_a_form_writes_down_the_day_on_which_it_was_sent() -> None:
    schema = generate(understand("A booking app for a yoga studio with public sign-up"))["app/schema.py"]
    assert "dated=('booked_on',)" in schema


@pytest.fixture
async def bakery(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Staff]:
    """A bakery without records, where visitors order for a day before six in the evening of the day before."""
    path = next(path for path in DESIGNER_SPECS if path.stem == "bakery_orders")
    folder = lay_out(generate(read(path)), tmp_path_factory.mktemp("bakery"))
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)


async def test_a_form_offers_only_what_its_conditions_would_take(bakery: Staff) -> None:
    for days in (-3, 0, 3, 5):
        await bakery.add(
            "pick_up_days", date=f"{date.today() + timedelta(days)}", hours="8:00 to 12:00", loaf_limit="9"
        )
    closed = next(iter(await bakery.move("pick_up_days", "4", 0)))
    assert closed == 303
    form = (await bakery.visitor.get("/forms/orders")).text
    assert re.findall(r'name="pickup_day" value="(\d+)"', form) == ["3"]
    # A day is called by its date.
    soon = date.today() + timedelta(3)
    assert f"{soon:%a} {soon.day} {soon:%b %Y}" in re.findall(r'<span class="strong">([^<]+)</span>', form)


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_a_step_that_cannot_be_taken_yet_says_why_and_is_no_button(staff: Staff) -> None:
    customer = await staff.add("customers", name="Ada")
    quote = await staff.add("quotes", number="Q-1", customer=customer)
    page = (await staff.client.get(f"/quotes/{quote}")).text
    assert f'action="/quotes/{quote}/moves/0"' not in page
    assert "Not yet: Send . A quote without a line is not sent." in plain(page)
    await staff.add("quote_lines", what="Windows", quote=quote, quantity="10", unit_price="5")
    page = (await staff.client.get(f"/quotes/{quote}")).text
    assert f'action="/quotes/{quote}/moves/0"' in page
    assert "Not yet" not in plain(page)
    # What a step writes down is not asked for before it is taken; what is usual stands there already.
    form = (await staff.client.get("/quotes/new")).text
    assert 'name="accepted_on"' not in form
    assert f'value="{date.today()}" id="quoted_on"' in form


@pytest.mark.parametrize("staff", ["corner_cafe"], indirect=True)
async def test_nobody_comes_to_a_table_that_was_yesterday(staff: Staff) -> None:
    guest = {"name": "Kim", "phone": "+44 20 7946 0000", "guests": "4"}
    answer = await staff.send("/forms/reservations", **guest, comes_at=f"{date.today() - timedelta(1)}T19:00")
    assert answer.status_code == 422
    assert "That is over already; choose another." in plain(answer.text)
    later = await staff.send("/forms/reservations", **guest, comes_at=f"{date.today() + timedelta(1)}T19:00")
    assert later.status_code == 303


@pytest.mark.parametrize("staff", ["shared_rides"], indirect=True)
async def test_a_status_begins_where_records_begin(staff: Staff) -> None:
    assert "<option selected>Booked</option>" in (await staff.client.get("/bookings/new")).text


@pytest.mark.parametrize("publicity", ["list", "detail"])
async def test_visitors_read_all_of_what_is_public(installed: Path, tmp_path: Path, publicity: str) -> None:
    """A list without pages of its own has nowhere else to tell the rest; it stopped after four details."""
    names = ["name", "street", "town", "county", "hours", "speciality"]
    shop = {
        "name": "Shop", "public": publicity, "public_fields": [*names, "history"],
        "fields": [{"name": "name", "required": True}, *({"name": name} for name in names[1:]),
                   {"name": "history", "type": "longtext"}],
    }  # fmt: skip
    spec = AppSpec.model_validate({"title": "Shops", "goal": "A directory.", "entities": [shop]})
    folder = lay_out(generate(spec), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    story = " ".join(f"Chapter {number}." for number in range(60))
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        at = await Staff(client, visitor).add("shops", **{name: f"Known {name}" for name in names}, history=story)
        listed = plain((await visitor.get("/browse-shops")).text)
        alone = plain((await visitor.get(f"/browse-shops/{at}")).text)
    told = alone if publicity == "detail" else listed
    assert [name for name in names if f"Known {name}" not in told] == []
    assert "Chapter 59." in told
    assert "Known name" in listed
