"""Sites, waiting lists and calculators from hand-written specifications, used over HTTP as visitors do."""

from __future__ import annotations

import asyncio
import re
from datetime import date

import httpx2
import pytest

from .test_apps import installed
from .test_specified_figures import Staff, plain, refusal, staff, today

__all__ = ["installed", "staff"]


STAFF_PAGES = re.compile(r"/[a-z_]+/(results|ranking|review)")


async def text_of(staff: Staff, address: str) -> str:
    """The words of a page, as a visitor sees it unless it is one of the staff's."""
    client = staff.client if STAFF_PAGES.match(address) else staff.visitor
    answer = await client.get(address)
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
    assert "#14305e" in (await staff.visitor.get("/static/theme.css")).text


@pytest.mark.parametrize("staff", ["loaf_launch"], indirect=True)
async def test_a_referral_code_counts_whoever_comes_by_it(staff: Staff) -> None:
    first = await join(staff, "Ada", "ada@example.com")
    second = await join(staff, "Bo", "bo@example.com")
    assert first.isdisjoint(second)
    code = next(iter(second))
    # The link leads to the first page, whose form carries the code along.
    assert f'value="{code}"' in (await staff.visitor.get(f"/?invitation={code}")).text
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
    thanks = (await staff.visitor.get(answer.headers["location"])).text
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
    assert (await staff.visitor.get(f"/browse-menu/{hidden}")).status_code == 404
    assert (await staff.visitor.get("/browse-reservations")).status_code == 404
    assert 'href="tel:+442079460000"' in (await staff.visitor.get("/")).text


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
    part = await staff.visitor.get(f"/calculate-paint?{asked}&surface=Smooth&part=1")
    assert "<html" not in part.text
    assert "$89.70" in part.text
    assert "Fahrenheit 212.0" in await text_of(staff, "/calculate-temperature?asked=1&celsius=100")
    assert "Fahrenheit -40.0" in await text_of(staff, "/calculate-temperature?asked=1&celsius=-40")
    answer = await staff.visitor.get("/calculate-paint?asked=1&length=4000")
    assert answer.status_code == 422
    assert "Enter 50.00 m or less." in answer.text


@pytest.mark.parametrize("staff", ["capitals_quiz"], indirect=True)
async def test_a_quiz_counts_right_answers_and_shows_the_results(staff: Staff) -> None:
    right = {"australia": "Canberra", "canada": "Ottawa", "brazil": "Brasilia"}
    told = [
        await attempt(staff, nickname="Ada", **right),
        await attempt(staff, nickname="Bo", **{**right, "canada": "Toronto"}),
        await attempt(staff, nickname="Cy", australia="Sydney", canada="Montreal", brazil="Sao Paulo"),
    ]
    assert "Right answers 3 In words All right!" in told[0]
    assert "Right answers 2 In words Not bad." in told[1]
    assert "Right answers 0 In words Back to the atlas." in told[2]
    missing = await staff.send("/forms/attempts", nickname="Di", australia="Perth", canada="Ottawa")
    assert missing.status_code == 422
    assert "Choose one." in refusal(missing)

    front = await text_of(staff, "/")
    assert (
        front.index("Ada Right answers: 3")
        < front.index("Bo Right answers: 2")
        < front.index("Cy Right answers: 0")
    )
    # Two of three said Canberra: 66.7 %.
    assert "What is the capital of Australia? Sydney 1 33 % Canberra 2 67 % Perth 0 0 %" in front
    assert "Brasilia 2 67 %" in await text_of(staff, "/attempts/results")
    await attempt(staff, nickname="Ed", **{**right, "canada": "Toronto"})
    ranking = await text_of(staff, "/attempts/ranking")
    assert "1 Ada 3 2 Bo 2 2 Ed 2 4 Cy 0" in ranking


async def attempt(staff: Staff, **answers: str) -> str:
    answer = await staff.send("/forms/attempts", **answers)
    assert answer.status_code == 303, refusal(answer)
    return await text_of(staff, answer.headers["location"])


@pytest.mark.parametrize("staff", ["street_forum"], indirect=True)
async def test_a_forum_has_replies_and_one_vote_per_person(staff: Staff) -> None:
    for title in ("The lamp is out", "Summer party"):
        answer = await staff.send("/forms/topics", title=title, text="What do you say?", nickname="Ada")
        assert answer.status_code == 303, refusal(answer)
    voter = {"person_name": "Bo Secret", "person_email": "bo@example.com"}
    assert (await staff.send("/forms/votes", topic="2", **voter)).status_code == 303
    again = await staff.send("/forms/votes", topic="2", **{**voter, "person_email": " BO@example.com"})
    assert again.status_code == 422
    assert "A neighbour votes for a topic once." in refusal(again)
    answer = await staff.send("/forms/replies", topic="2", text="I bring cake.", nickname="Cy")
    assert answer.status_code == 303
    assert "Back to the topic" in await text_of(staff, answer.headers["location"])

    page = (await staff.visitor.get("/browse-topics/2")).text
    assert 'name="topic" value="2"' in page
    assert "Votes 1 Replies 1" in plain(page)
    assert "I bring cake. Cy" in plain(page)
    assert "Bo Secret" not in page
    listed = await text_of(staff, "/browse-topics")
    assert listed.index("Summer party") < listed.index("The lamp is out")
    # Who voted is for nobody but the staff.
    assert (await staff.visitor.get("/browse-votes")).status_code == 404
    taken_down = {"title": "Summer party", "text": "What do you say?", "nickname": "Ada", "is_hidden": "1"}
    assert (await staff.send("/topics/2/edit", **taken_down)).status_code == 303
    assert (await staff.visitor.get("/browse-topics/2")).status_code == 404
    # Nor is it answered any more, by whoever knows its number.
    assert "Summer party" not in await text_of(staff, "/forms/replies?topic=2")
    late = await staff.send("/forms/replies", topic="2", text="Too late.", nickname="Cy")
    assert "That one is gone; choose another." in refusal(late)


@pytest.mark.parametrize("staff", ["flashcards"], indirect=True)
async def test_a_card_that_was_answered_well_comes_back_later(staff: Staff) -> None:
    deck, other = [await staff.add("decks", name=name) for name in ("Italian", "Greek")]
    for front, back in (("il cane", "the dog"), ("il gatto", "the cat")):
        await staff.add("cards", front=front, back=back, deck=deck, interval="", due_on="")
    await staff.add("cards", front="skylos", back="dog", deck=other, interval="", due_on=today(5))

    assert "2 to go il cane Show the answer" in await text_of(staff, "/cards/review")
    answer = await staff.send("/cards/1/moves/1", back="/cards/review")  # Good: 2 days
    assert answer.headers["location"] == "/cards/review"
    assert "1 to go il gatto" in await text_of(staff, "/cards/review")
    assert (await staff.send("/cards/2/moves/0", back="/cards/review")).status_code == 303  # Again: tomorrow
    done = await text_of(staff, "/cards/review")
    assert "Nothing is due." in done
    facts = [await staff.facts("cards", number) for number in ("1", "2")]
    assert [one["Interval"] for one in facts] == ["2 days", "1 days"]
    days = [date.fromisoformat(today(ahead)) for ahead in (2, 1)]
    assert [one["Due on"] for one in facts] == [f"{day:%a} {day.day} {day:%b %Y}" for day in days]
    await staff.send("/cards/1/moves/1")  # Good once more: twice the time
    assert (await staff.facts("cards", "1"))["Interval"] == "4 days"
    assert "Nothing is due." in await text_of(staff, f"/cards/review?deck={other}")
    # Another address to go back to is not taken.
    elsewhere = await staff.send("/cards/1/moves/1", back="https://example.com/")
    assert elsewhere.headers["location"] == "/cards/1?done=moved"


@pytest.mark.parametrize("staff", ["idea_votes"], indirect=True)
async def test_a_vote_is_one_press_of_a_button_and_is_taken_back_by_another(staff: Staff) -> None:
    member = staff.visitor
    who = {"name": "Mia", "email": "mia@example.com", "password": "correct horse 9"}
    setup = {"name": "Olga", "email": "olga@example.com", "password": "correct horse 8"}
    assert (await press(staff.client, "/setup", "/setup", setup)).status_code == 303
    assert (await press(member, "/sign-up", "/sign-up", who)).status_code == 303
    assert (await press(member, "/ideas/new", "/ideas/new", {"title": "Longer breaks"})).status_code == 303

    page = (await member.get("/ideas/1")).text
    assert '<button class="button">Vote</button>' in page
    vote = {"idea": "1", "back": "/ideas/1", "form_id": re.findall(r'name="form_id" value="([^"]+)"', page)[0]}
    answer = await press(member, "/ideas/1", "/votes/new", vote)
    assert answer.headers["location"] == "/ideas/1?done=added"
    page = (await member.get("/ideas/1")).text
    assert "Take my vote back" in page
    assert "Votes 1" in plain(page)
    again = await press(member, "/ideas/1", "/votes/new", {"idea": "1"})
    assert "A member votes for an idea once." in refusal(again)
    # Two presses of one button in a moment are one vote, and the list goes by votes.
    assert (await press(member, "/ideas/new", "/ideas/new", {"title": "Shorter days"})).status_code == 303
    second = (await member.get("/ideas/2")).text
    mark = re.findall(r'name="form_id" value="([^"]+)"', second)[0]
    twice = [press(member, "/ideas/2", "/votes/new", {"idea": "2", "form_id": mark}) for _ in range(2)]
    assert [answer.status_code for answer in await asyncio.gather(*twice)] == [303, 303]
    await press(staff.client, "/votes/new", "/votes/new", {"idea": "2", "member": "1"})
    assert "Votes 1" in plain((await member.get("/ideas/2")).text)
    other = {"name": "Max", "email": "max@example.com"}
    added = await press(staff.client, "/members/new", "/members/new", other)
    of_other = {"idea": "2", "member": re.findall(r"/(\d+)\?", added.headers["location"])[0]}
    assert (await press(staff.client, "/votes/new", "/votes/new", of_other)).status_code == 303
    listed = plain((await member.get("/ideas")).text)
    assert listed.index("Shorter days") < listed.index("Longer breaks")
    back = re.findall(r'action="(/votes/\d+/delete)"', page)[0]
    answer = await press(member, "/ideas/1", back, {"back": "/ideas/1"})
    assert answer.headers["location"] == "/ideas/1?done=deleted"
    assert "Votes 0" in plain((await member.get("/ideas/1")).text)


async def press(client: httpx2.AsyncClient, page: str, address: str, values: dict[str, str]) -> httpx2.Response:
    """Send a form of a page with its token."""
    token = re.findall(r'name="csrf_token" value="([^"]+)"', (await client.get(page)).text)[0]
    return await client.post(address, data={**values, "csrf_token": token})
