"""What makes apps useful, tried over HTTP on apps from hand-written specifications."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from collections.abc import Awaitable
from datetime import date, timedelta

import httpx2
import pytest

from .test_apps import installed
from .test_specified_figures import Staff, plain, refusal, staff, today

__all__ = ["installed", "staff"]


def at(clock: str, days: int = 3) -> str:
    return f"{(date.today() + timedelta(days=days)).isoformat()}T{clock}"


async def link_of(staff: Staff, table: str, record: str) -> str:
    """The address that the owner sends to whoever a record is about."""
    page = (await staff.client.get(f"/{table}/{record}")).text
    found = re.search(rf'href="(/by-link/{table}/{record}/[^"]+)"', page)
    assert found, plain(page)
    return found[1]


async def by_link(staff: Staff, link: str, act: str, *, seen: str = "") -> httpx2.Response:
    """Press a button on one's own page, or send what it would send, with the token of a page that was `seen`."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await staff.visitor.get(seen or link)).text)
    assert token
    return await staff.visitor.post(f"{link}/{act}", data={"csrf_token": token[1]})


async def at_once(*sent: Awaitable[httpx2.Response]) -> list[int]:
    """The answers to what several people send in one moment."""
    return sorted(answer.status_code for answer in await asyncio.gather(*sent))


async def undo(staff: Staff, deleted: httpx2.Response) -> httpx2.Response:
    """Press the button beside what was deleted."""
    location = deleted.headers["location"]
    page = (await staff.client.get(location)).text
    found = re.search(r'action="(/[a-z_]+/undo/\d+)"><input type="hidden" name="csrf_token" value="([^"]+)"', page)
    assert found
    return await staff.client.post(found[1], data={"csrf_token": found[2]})


@pytest.mark.parametrize("staff", ["lanes_and_courses"], indirect=True)
async def test_a_lane_is_booked_once_at_a_time(staff: Staff) -> None:
    lane, other = await staff.add("lanes", name="One"), await staff.add("lanes", name="Two")
    ada = await staff.add("customers", name="Ada", email="ada@example.com")
    given = {"customer": ada, "status": "Booked"}
    await staff.add("lane_bookings", lane=lane, starts_at=at("10:00"), ends_at=at("11:00"), **given)

    within = {"starts_at": at("10:30"), "ends_at": at("11:30")}
    why = await staff.refused("lane_bookings", lane=lane, **within, **given)
    assert "A lane is booked once at a time." in why
    await staff.add("lane_bookings", lane=other, **within, **given)
    await staff.add("lane_bookings", lane=lane, starts_at=at("11:00"), ends_at=at("12:00"), **given)

    for starts, ends in (("09:30", "10:30"), ("09:00", "12:30"), ("10:15", "10:45"), ("10:00", "11:00")):
        await staff.refused("lane_bookings", lane=lane, starts_at=at(starts), ends_at=at(ends), **given)
    evening = {"lane": lane, "starts_at": at("18:00"), "ends_at": at("19:00")}
    assert await at_once(*(staff.send("/lane_bookings/new", **evening, **given) for _ in range(3))) == [
        303,
        422,
        422,
    ]
    cancelled = await staff.add("lane_bookings", lane=lane, **within, customer=ada, status="Cancelled")
    again = await staff.send(f"/lane_bookings/{cancelled}/edit", lane=lane, **within, **given)
    assert again.status_code == 422


@pytest.mark.parametrize("staff", ["lanes_and_courses"], indirect=True)
async def test_the_ninth_person_finds_no_place(staff: Staff) -> None:
    course = await staff.add("courses", name="Crawl", starts_at=at("18:00"))
    people = [await staff.add("customers", name=f"P{n}", email=f"p{n}@example.com") for n in range(9)]
    places = [
        await staff.add("enrolments", course=course, customer=person, status="Enrolled") for person in people[:8]
    ]
    ninth = {"course": course, "customer": people[8], "status": "Enrolled"}

    assert "A course takes eight people." in await staff.refused("enrolments", **ninth)

    assert (await staff.facts("courses", course))["Places left"] == "0"
    deleted = await staff.send(f"/enrolments/{places[0]}/delete")
    assert deleted.status_code == 303, refusal(deleted)
    assert await at_once(*(staff.send("/enrolments/new", **ninth) for _ in range(3))) == [303, 422, 422]
    # The place is somebody else's by now: not even what was deleted comes back to it.
    assert (await undo(staff, deleted)).status_code == 409
    waiting = await staff.add("enrolments", course=course, customer=people[0], status="Cancelled")
    again = {"course": course, "customer": people[0], "status": "Enrolled"}
    assert (await staff.send(f"/enrolments/{waiting}/edit", **again)).status_code == 422
    file = "Course,Customer,Status\nCrawl,P0,Enrolled"
    assert (await staff.send("/enrolments/import", text=file, keep="yes")).status_code == 422
    assert (await staff.facts("courses", course))["Places left"] == "0"


@pytest.mark.parametrize("staff", ["lanes_and_courses"], indirect=True)
async def test_what_is_out_goes_out_again_when_it_is_back(staff: Staff) -> None:
    board = await staff.add("swim_floats", name="Red board")
    ada = await staff.add("customers", name="Ada", email="ada@example.com")
    loan = {"swim_float": board, "customer": ada, "out_on": today()}
    first = await staff.add("float_loans", **loan)

    why = await staff.refused("float_loans", **loan)

    assert "A float that is out cannot go out again until it is back." in why
    answer = await staff.send(f"/float_loans/{first}/edit", **loan, back_on=today())
    assert answer.status_code == 303, refusal(answer)
    second = await staff.add("float_loans", **loan)
    # It is out: the loan before it cannot be said to go on, and one that was deleted cannot come back.
    assert (await staff.send(f"/float_loans/{first}/edit", **loan, back_on="")).status_code == 422
    deleted = await staff.send(f"/float_loans/{second}/delete")
    assert await at_once(*(staff.send("/float_loans/new", **loan) for _ in range(3))) == [303, 422, 422]
    assert (await undo(staff, deleted)).status_code == 409


@pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)
async def test_a_quote_is_accepted_by_its_link_and_by_no_other(staff: Staff) -> None:
    quotes = []
    for number, name in enumerate(("Ada", "Bo"), start=1):
        customer = await staff.add("customers", name=name)
        quote = await staff.add("quotes", number=f"Q-{number}", customer=customer, quoted_on=today())
        await staff.add("quote_lines", what="Windows", quote=quote, quantity="10", unit_price="5")
        assert (await staff.move("quotes", quote, 0))[0] == 303
        quotes.append(quote)
    ada, bo = quotes
    link = await link_of(staff, "quotes", ada)
    page = plain((await staff.visitor.get(link)).text)
    assert "$50.00" in page
    assert "Q-2" not in page

    sign = link.rpartition("/")[2]
    assert (await staff.visitor.get(f"/by-link/quotes/{bo}/{sign}")).status_code == 404
    assert (await by_link(staff, f"/by-link/quotes/{bo}/{sign}", "moves/1", seen=link)).status_code == 404
    # Sending a quote is the owner's to do, and its number is no secret.
    assert (await by_link(staff, link, "moves/0")).status_code == 404

    page = (await staff.visitor.get(link)).text
    token, mark = [re.findall(rf'name="{name}" value="([^"]+)"', page)[0] for name in ("csrf_token", "form_id")]
    pressed = {"csrf_token": token, "form_id": mark}
    # A double click says yes once, and leads to the page that thanks.
    assert await at_once(*(staff.visitor.post(f"{link}/moves/1", data=pressed) for _ in range(2))) == [303, 303]
    assert (await by_link(staff, link, "moves/1", seen=await link_of(staff, "quotes", bo))).status_code in (
        409,
        422,
    )

    assert (await staff.facts("quotes", ada))["Status"] == "Accepted"
    assert (await staff.facts("quotes", bo))["Status"] == "Sent"
    declined = await by_link(staff, link, "moves/2", seen=await link_of(staff, "quotes", bo))
    assert declined.status_code in (409, 422)
    assert (await staff.facts("quotes", ada))["Status"] == "Accepted"
    await assert_is_settled(staff, "quotes", ada, "An accepted quote can no longer be changed.")
    line = re.findall(r'href="/quote_lines/(\d+)"', (await staff.client.get(f"/quotes/{ada}")).text)[0]
    await assert_is_settled(staff, "quote_lines", line, "An accepted quote can no longer be changed.")
    assert "$50.00" in plain((await staff.visitor.get(link)).text)
    deleted = await staff.send("/customers/1/delete")
    assert (deleted.status_code, "An accepted quote can no longer be changed." in plain(deleted.text)) == (
        409,
        True,
    )


async def assert_is_settled(staff: Staff, table: str, record: str, why: str) -> None:
    """The page of the record says why nothing of it is changed, and no way leads around that."""
    page = (await staff.client.get(f"/{table}/{record}")).text
    assert why in plain(page)
    assert f"/{table}/{record}/edit" not in page
    assert f"/{table}/{record}/delete" not in page
    for deed in ("edit", "delete"):
        asked = await staff.client.get(f"/{table}/{record}/{deed}")
        assert (asked.status_code, why in plain(asked.text)) == (409, True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    exported = (await staff.client.get(f"/{table}/export.csv")).text
    head, *rows = list(csv.reader(io.StringIO(exported.lstrip("\ufeff"))))
    mine = next(row for row in rows if row[0] == record)
    for column, name in enumerate(head):
        if name in ("Number", "What", "Unit price", "Discount"):
            row = [*mine[:column], "7", *mine[column + 1 :]]
            text = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (head, row))
            brought = await staff.client.post(
                f"/{table}/import", data={"csrf_token": token, "text": text, "keep": "yes"}
            )
            assert (brought.status_code, why in plain(brought.text)) == (422, True), name
    same = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (head, mine))
    kept = await staff.client.post(f"/{table}/import", data={"csrf_token": token, "text": same, "keep": "yes"})
    assert kept.status_code == 303, refusal(kept)


@pytest.mark.parametrize("staff", ["contest_jury"], indirect=True)
async def test_entries_are_ranked_by_the_average_of_their_scores(staff: Staff) -> None:
    entries = [await staff.add("entries", title=name, artist="Ann") for name in ("Dusk", "Dawn")]
    jurors = [await staff.add("jurors", name=f"J{n}", email=f"j{n}@example.com") for n in range(2)]
    for points in ("0", "11"):
        assert await staff.refused("scores", entry=entries[0], juror=jurors[0], points=points)
    for entry, scores in zip(entries, (("4", "7"), ("9", "6")), strict=True):
        for juror, points in zip(jurors, scores, strict=True):
            await staff.add("scores", entry=entry, juror=juror, points=points)

    again = await staff.refused("scores", entry=entries[0], juror=jurors[0], points="5")

    assert "A juror scores an entry once." in again
    dusk, dawn = [await staff.facts("entries", entry) for entry in entries]
    assert (dusk["Average"], dusk["Place"]) == ("5.50", "2")
    assert (dawn["Average"], dawn["Place"]) == ("7.50", "1")
    # What nobody has scored yet is not the first.
    unscored = await staff.add("entries", title="Fog", artist="Ann")
    facts = await staff.facts("entries", unscored)
    assert (facts["Average"], facts["Place"]) == ("–", "–")
    listed = plain((await staff.client.get("/entries")).text)
    assert listed.index("Dawn") < listed.index("Dusk") < listed.index("Fog")


@pytest.mark.parametrize("staff", ["purchase_requests"], indirect=True)
async def test_who_approves_depends_on_the_sum(staff: Staff) -> None:
    kim = await staff.add("employees", name="Kim", email="kim@example.com")
    requests = [
        await staff.add("purchase_requests", what="Chairs", employee=kim, quantity="1", unit_price=price)
        for price in ("100", "100.01", "1000.01")
    ]
    hand_in, buy, approve, pass_on, release = range(5)
    small, middle, large = requests

    assert (await staff.move("purchase_requests", middle, buy))[0] == 422
    assert (await staff.move("purchase_requests", small, buy))[0] == 303
    for request in (middle, large):
        assert (await staff.move("purchase_requests", request, hand_in))[0] == 303
    assert (await staff.move("purchase_requests", middle, approve))[0] == 303
    status, why = await staff.move("purchase_requests", large, approve)
    assert (status, "Above $1,000 finance approves." in why) == (422, True)
    assert (await staff.move("purchase_requests", large, release))[0] == 409
    assert (await staff.move("purchase_requests", large, pass_on))[0] == 303
    assert (await staff.move("purchase_requests", large, release))[0] == 303

    found = [(await staff.facts("purchase_requests", one))["Status"] for one in requests]
    assert found == ["Approved"] * 3
    await assert_is_settled(staff, "purchase_requests", small, "An approved request can no longer be changed.")


@pytest.mark.parametrize("staff", ["purchase_requests"], indirect=True)
async def test_each_approves_what_is_theirs_to_approve(staff: Staff) -> None:
    owner, employee = staff.client, staff.visitor
    manager, finance = [httpx2.AsyncClient(base_url=owner.base_url, trust_env=False) for _ in range(2)]
    async with manager, finance:
        assert (await send(owner, "/setup", **account("Olga"))).status_code == 303
        for client, name, role in ((manager, "Mia", "Manager"), (finance, "Finn", "Finance")):
            assert (await send(owner, "/staff-accounts", **account(name), role=role)).status_code == 303
            assert (await send(client, "/sign-in", **account(name))).status_code == 303
        assert (await send(employee, "/sign-up", **account("Kim"))).status_code == 303
        asked = await send(employee, "/purchase_requests/new", what="Press", quantity="1", unit_price="1000.01")
        request = re.findall(r"(/purchase_requests/\d+)\?", asked.headers["location"])[0]
        hand_in, buy, approve, pass_on, release = (f"{request}/moves/{number}" for number in range(5))

        async def tried(client: httpx2.AsyncClient, move: str) -> int:
            return (await send(client, move, page=request)).status_code

        assert await tried(employee, buy) == 422
        assert await tried(employee, hand_in) == 303
        assert [await tried(employee, move) for move in (approve, pass_on, release)] == [403, 403, 403]
        assert [await tried(finance, move) for move in (approve, pass_on)] == [403, 403]
        assert [await tried(manager, move) for move in (approve, release)] == [422, 403]
        assert await tried(manager, pass_on) == 303
        assert await tried(manager, release) == 403
        # What is with finance is not made cheaper, or anything else, by whoever asked for it.
        cheaper = {"what": "Press", "quantity": "1", "unit_price": "1"}
        assert (await send(employee, f"{request}/edit", page=request, **cheaper)).status_code == 403
        # A reason that was being written when the session ended is there again after signing in.
        reject = f"{request}/moves/5"
        typed = hidden((await finance.get(reject)).text) | {"reason": "Too dear,\nand too early."}
        finance.cookies.clear()
        asked = await finance.post(reject, data=typed)
        assert "You were signed out meanwhile." in plain(asked.text)
        back = await finance.post("/sign-in", data=hidden(asked.text) | account("Finn"))
        assert back.headers["location"] == reject
        assert "Too dear,\nand too early.</textarea>" in (await finance.get(reject)).text
        assert await tried(finance, release) == 303
        assert await tried(finance, release) == 409
    assert (await staff.facts("purchase_requests", request.rpartition("/")[2]))["Status"] == "Approved"


@pytest.mark.parametrize("staff", ["duty_rota"], indirect=True)
async def test_a_swap_writes_both_duties_at_once_and_is_seen_by_its_two_families_alone(staff: Staff) -> None:
    owner, names = staff.client, ("Ada", "Ben", "Cem")
    families = [await staff.add("families", name=name, email=account(name)["email"]) for name in names]
    first, second, third = [
        await staff.add("duties", name=f"Morning {number}", day=today(number), family=family)
        for number, family in enumerate(families, start=3)
    ]
    people = [httpx2.AsyncClient(base_url=owner.base_url, trust_env=False) for _ in names]
    async with people[0] as ada, people[1] as ben, people[2] as cem:
        for client, name, family in zip(people, names, families, strict=True):
            page = (await owner.get(f"/families/{family}")).text
            link = html.unescape(re.findall(r'href="(?:http://[^/"]+)?(/sign-up\?[^"]+)"', page)[0])
            signed_up = await client.post("/sign-up", data=hidden((await client.get(link)).text) | account(name))
            assert signed_up.status_code == 303, plain(signed_up.text)
        assert (await send(ada, "/swaps/new", give=second, take=first)).status_code == 422  # not hers to give
        asked = await send(ada, "/swaps/new", give=first, take=second)
        swap = re.findall(r"(/swaps/\d+)\?", asked.headers["location"])[0]
        listed = [(await client.get("/swaps/export.csv")).text.count("\n") - 1 for client in people]
        assert listed == [1, 1, 0]
        assert [(await client.get(swap)).status_code for client in people] == [200, 200, 404]

        agree = f"{swap}/moves/0"
        assert (await send(ada, agree, page=swap)).status_code == 422
        assert (await send(cem, agree, page="/duties")).status_code == 404
        assert (await send(ben, agree, page=swap)).status_code == 303

        duties = [await staff.facts("duties", duty) for duty in (first, second, third)]
        assert [duty["Family"] for duty in duties] == ["Ben", "Ada", "Cem"]
        assert (await send(ben, agree, page=swap)).status_code == 409
    # Both duties tell of it.
    for duty in (first, second):
        assert "Ben" in (await owner.get(f"/duties/{duty}")).text


@pytest.mark.parametrize("staff", ["repair_cafe"], indirect=True)
async def test_a_form_offers_the_open_days_alone_and_each_thing_has_its_number(staff: Staff) -> None:
    opened, planned = [
        await staff.add("repair_days", day=today(number), place=place, things="2")
        for number, place in ((7, "Hall"), (14, "Barn"))
    ]
    assert (await staff.move("repair_days", opened, 0))[0] == 303
    page = (await staff.visitor.get("/forms/things_to_mend")).text
    assert ("Hall" in page, "Barn" in page) == (True, False)
    who = {"person_name": "Vera", "person_email": "vera@example.com"}

    answers = [
        await staff.send("/forms/things_to_mend", thing=thing, session=opened, **who) for thing in ("A", "B")
    ]
    closed = await staff.send("/forms/things_to_mend", thing="Clock", session=planned, **who)
    full = await staff.send("/forms/things_to_mend", thing="Clock", session=opened, **who)

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (closed.status_code, "Repair day" in refusal(closed)) == (422, True)
    assert (full.status_code, "This day is full." in refusal(full)) == (422, True)
    numbers = [(await staff.facts("things_to_mend", number))["Number in the queue"] for number in ("1", "2")]
    assert numbers == ["1", "2"]


@pytest.mark.parametrize("staff", ["tuck_shop"], indirect=True)
async def test_a_child_buys_with_what_was_paid_in_and_as_much_as_its_parents_allow(staff: Staff) -> None:
    ada = await staff.add("parents", name="Ada", email="ada@example.com")
    tim = await staff.add("children", name="Tim", parent=ada, daily_limit="3", allergy="Nuts")
    apple = await staff.add("products", name="Apple", price="1", bought_in="5")
    bar = await staff.add("products", name="Nut bar", price="0.50", contains="Nuts", bought_in="5")
    gum = await staff.add("products", name="Gum", price="0.10", bought_in="2")

    assert "not enough on this tab" in await staff.refused("sales", child=tim, product=apple, quantity="1")
    await staff.add("payments_in", child=tim, amount="10")
    await staff.add("sales", child=tim, product=apple, quantity="2")
    assert "more than the parents allow" in await staff.refused("sales", child=tim, product=apple, quantity="2")
    assert "must not have that" in await staff.refused("sales", child=tim, product=bar, quantity="1")
    assert "not so much of it" in await staff.refused("sales", child=tim, product=gum, quantity="3")
    # A price that goes up later changes nothing that was sold.
    assert (await staff.send(f"/products/{apple}/edit", name="Apple", price="4", bought_in="5")).status_code == 303
    assert (await staff.facts("children", tim))["Balance"] == "£8.00"

    assert (await staff.move("children", tim, 0))[0] == 303
    facts = await staff.facts("children", tim)
    assert (facts["Paid back"], facts["Balance"], facts["Tab"]) == ("£8.00", "£0.00", "Closed")
    assert "a tab that is closed" in await staff.refused("payments_in", child=tim, amount="1")


@pytest.mark.parametrize("staff", ["boat_club"], indirect=True)
async def test_who_waits_moves_up_and_all_get_a_credit_when_the_wind_is_too_strong(staff: Staff) -> None:
    members = [
        await staff.add("members", name=name, email=account(name)["email"]) for name in ("Ada", "Ben", "Cem")
    ]
    boat = await staff.add("boats", name="Swift", seats="2")
    outing = await staff.add("outings", name="Dawn", boat=boat, starts_at=at("06:00"), ends_at=at("08:00"))
    first, second, third = [await staff.add("bookings", outing=outing, member=member) for member in members]

    async def states() -> list[str]:
        return [(await staff.facts("bookings", one))["Status"] for one in (first, second, third)]

    assert await states() == ["Booked", "Booked", "Waiting"]
    assert "already" in await staff.refused("bookings", outing=outing, member=members[2])
    give_back, call_off = 4, 0
    assert (await staff.move("bookings", first, give_back))[0] == 303
    assert await states() == ["Given back", "Booked", "Booked"]
    status, why = await staff.move("outings", outing, call_off, wind="6")
    assert (status, "above six" in why) == (422, True)
    assert (await staff.move("outings", outing, call_off, wind="7"))[0] == 303
    assert await states() == ["Given back", "Called off", "Called off"]
    assert [(await staff.facts("members", one))["Credits"] for one in members] == ["0", "1", "1"]
    dusk = await staff.add("outings", name="Dusk", boat=boat, starts_at=at("18:00"), ends_at=at("19:00"))
    await staff.add("bookings", outing=dusk, member=members[1], uses_credit="1")
    assert "no credit left" in await staff.refused("bookings", outing=dusk, member=members[0], uses_credit="1")
    assert (await staff.facts("members", members[1]))["Credits"] == "0"


def account(name: str) -> dict[str, str]:
    return {"name": name, "email": f"{name.lower()}@example.com", "password": "correct horse 9"}


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def send(client: httpx2.AsyncClient, address: str, *, page: str = "", **values: str) -> httpx2.Response:
    """Fill in a form, or press a button of another page."""
    token = re.findall(r'name="csrf_token" value="([^"]+)"', (await client.get(page or address)).text)
    return await client.post(address, data={**values, "csrf_token": token[0]})


@pytest.mark.parametrize("staff", ["shared_rides"], indirect=True)
async def test_no_more_seats_are_booked_than_there_are(staff: Staff) -> None:
    people = [await staff.add("people", name=f"P{n}", email=f"p{n}@example.com") for n in range(3)]
    ride = await staff.add("rides", driver=people[0], leaves_at=at("07:30"), from_place="Mill", seats="3")
    await staff.add("bookings", ride=ride, person=people[1], seats="2", status="Booked")

    why = await staff.refused("bookings", ride=ride, person=people[2], seats="2", status="Booked")

    assert "No more seats are booked than are free." in why
    last = {"ride": ride, "seats": "1", "status": "Booked"}
    everybody = (staff.send("/bookings/new", person=person, **last) for person in (people[0], people[2]))
    assert await at_once(*everybody) == [303, 422]
    assert (await staff.facts("rides", ride))["Seats left"] == "0"
    fewer = {"driver": people[0], "leaves_at": at("07:30"), "from_place": "Mill", "seats": "2"}
    answer = await staff.send(f"/rides/{ride}/edit", **fewer)
    assert (answer.status_code, "No more seats are booked" in refusal(answer)) == (422, True)


@pytest.mark.parametrize("staff", ["rehearsal_rooms"], indirect=True)
async def test_a_customer_follows_and_cancels_their_own_booking(staff: Staff) -> None:
    room = await staff.add("rooms", name="Big room", price_per_hour="12")
    links = []
    for hour, name in (("10", "Ada"), ("12", "Bo")):
        given = {"person_name": name, "person_email": f"{name.lower()}@example.com"}
        ends = f"{int(hour) + 1}:00"
        answer = await staff.send(
            "/forms/bookings", room=room, starts_at=at(f"{hour}:00"), ends_at=at(ends), **given
        )
        assert answer.status_code == 303, refusal(answer)
        thanks = (await staff.visitor.get(answer.headers["location"])).text
        found = re.search(r'href="(/by-link/bookings/\d+/[^"]+)"', thanks)
        assert found, plain(thanks)
        links.append(found[1])
    ada, bo = links

    page = plain((await staff.visitor.get(ada)).text)
    assert "Booked" in page
    assert "Bo" not in re.findall(r"\bBo\b", page)
    sign = ada.rpartition("/")[2]
    assert (await staff.visitor.get(f"/by-link/bookings/2/{sign}")).status_code == 404
    assert (await by_link(staff, f"/by-link/bookings/2/{sign}", "moves/2", seen=ada)).status_code == 404
    # Marking it as played is the staff's to do.
    assert (await by_link(staff, ada, "moves/0")).status_code == 404
    assert (await by_link(staff, ada, "moves/2")).status_code == 303
    assert (await by_link(staff, ada, "moves/2", seen=bo)).status_code in (409, 422)

    facts = [await staff.facts("bookings", number) for number in ("1", "2")]
    assert [one["Status"] for one in facts] == ["Cancelled", "Booked"]
    assert "Booked" in plain((await staff.visitor.get(bo)).text)
    answer = await staff.send(
        "/forms/bookings",
        room=room,
        starts_at=at("10:30"),
        ends_at=at("11:00"),
        person_name="Cy",
        person_email="cy@example.com",
    )
    assert answer.status_code == 303, "the room is free again"
