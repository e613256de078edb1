"""Whoever sent something, or gets it sent, comes back by a link of their own: to that record, and to nothing else."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from app.schema import FORMS

from app import database, moves, own_links, people
from app.database import BY_TABLE
from app.main import app
from app.model import Entity, Form, Move

from .client import Browser
from .forms import add, filled, filled_line, never_changes, send, show_to_visitors, token_of

TAKEN = [(entity, number, move) for entity in own_links.LINKED.values() for number, move in own_links.moves_of(entity)]
WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
"""Digits as they are written in full width."""
every_kind = pytest.mark.parametrize("entity", own_links.LINKED.values(), ids=lambda entity: entity.table)
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.table)
every_move = pytest.mark.parametrize(("entity", "number", "move"), TAKEN, ids=lambda one: getattr(one, "label", None))


def visit(client: Browser) -> Browser:
    """A browser that has never been here, on the same records."""
    assert client
    return Browser(app)


def link(entity: Entity, record_id: int) -> str:
    return own_links.address(app.state.key, entity.table, record_id)


def at(entity: Entity, record_id: int, field: str) -> Any:
    with database.session() as db:
        row = database.get(db, entity, record_id)
    assert row is not None
    return row[field]


def put(entity: Entity, record_id: int, /, **values: Any) -> None:
    with database.session() as db:
        database.update(db, entity, record_id, values)


def post(browser: Browser, address: str, /, **values: str) -> Any:
    return send(browser, address, {**values, "csrf_token": token_of(browser.get("/sign-in").text)})


@every_kind
def test_a_link_opens_one_record_and_no_other(client: Browser, entity: Entity) -> None:
    mine, theirs = add(client, entity), add(client, entity)
    own = link(entity, mine)
    page = visit(client).get(own)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    sign = own.rpartition("/")[2]
    # Nor does the same number in another spelling.
    twice = [f"/by-link/{entity.table}/{same}/{sign}" for same in (f"0{mine}", f"+{mine}", f"{mine}.", f"%20{mine}", f"{mine}%20", f"{mine}".translate(WIDE))]
    for wrong in (f"/by-link/{entity.table}/{theirs}/{sign}", *twice, own[:-1], f"{own[:-1]}é", f"/by-link/app_users/1/{sign}"):
        assert visit(client).get(wrong).status_code == 404
    assert own in client.get(f"/{entity.table}/{mine}").text
    assert visit(client).get(f"/{entity.table}/{mine}", follow_redirects=False).status_code == 303


@every_kind
def test_the_page_of_a_link_names_nobody_else(client: Browser, entity: Entity) -> None:
    own = own_links.form_of(entity)
    record_id = add(client, entity)
    for field in entity.of_type("ref"):
        person, offered = BY_TABLE[field.ref], own is not None and field.name in own.fields
        name = people.name_field(person)
        linked = at(entity, record_id, field.name)
        is_public = bool(person.public) and name in person.public_fields
        if people.email_field(person) and name and linked and not offered and not is_public:
            put(person, linked, **{name: "Nellie Named-Nowhere"})
    page = html.unescape(visit(client).get(link(entity, record_id)).text)
    assert "Nellie Named-Nowhere" not in page


@every_form
def test_whoever_sent_a_form_is_shown_their_link(client: Browser, form: Form) -> None:
    browser = visit(client)
    entity = BY_TABLE[form.table]
    done = sent(client, browser, form)
    [own] = set(re.findall(rf'href="(/by-link/{form.table}/[^"]+)"', browser.get(done).text))
    page = html.unescape(visit(client).get(own).text)
    assert f"Your {entity.one}" in page
    if form.person:
        assert "Vera Visitor" in page


def sent(client: Browser, browser: Browser, form: Form) -> str:
    """Where a visitor is led who sends the form."""
    entity = BY_TABLE[form.table]
    values = filled(client, entity)
    for field in entity.of_type("ref"):
        if field.name in form.fields and not values[field.name]:
            values[field.name] = str(add(client, BY_TABLE[field.ref]))
    who = {"person_name": "Vera Visitor", "person_email": "vera@example.com"}
    asked = {name: text for name, text in values.items() if name in form.fields or name.startswith("line-")}
    if form.lines:
        line = filled_line(client, entity, 0)
        asked |= {name: text for name, text in line.items() if name.removeprefix("line-0-") in form.lines}
    show_to_visitors(entity, asked)
    answer = post(browser, f"/forms/{form.table}", **asked, **who)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@every_form
def test_what_was_asked_for_can_be_called_off_until_somebody_is_at_it(client: Browser, form: Form) -> None:
    if not form.cancels:
        pytest.skip("nothing is called off by its visitor")
    entity, browser = BY_TABLE[form.table], visit(client)
    record_id = int(re.findall(r"id=(\d+)", sent(client, browser, form))[0])
    own = link(entity, record_id)
    assert f"{own}/cancel" in browser.get(own).text
    assert post(browser, f"{own}/cancel").status_code == 303
    assert at(entity, record_id, form.state) == form.cancels
    assert f"{own}/cancel" not in browser.get(own).text
    begun = [choice for choice in entity.field(form.state).choices if choice not in (*form.open, form.cancels)]
    for state in begun:
        put(entity, record_id, **{form.state: state})
        assert post(browser, f"{own}/cancel").status_code == 409
        assert at(entity, record_id, form.state) == state


@every_kind
def test_nothing_is_done_by_a_link_that_is_not_the_visitors_to_do(client: Browser, entity: Entity) -> None:
    record_id = add(client, entity)
    own, theirs = link(entity, record_id), dict(own_links.moves_of(entity))
    for number in range(len(entity.moves) + 1):
        if number not in theirs:
            assert post(visit(client), f"{own}/moves/{number}").status_code == 404
    if not own_links.changed_by_link(entity):
        assert visit(client).get(f"{own}/change").status_code == (409 if never_changes(entity) else 404)
        assert post(visit(client), f"{own}/change").status_code == 404


@every_move
def test_whoever_has_the_link_takes_the_move(client: Browser, entity: Entity, number: int, move: Move) -> None:
    record_id = add(client, entity)
    own, browser = link(entity, record_id), visit(client)
    asked = {field.name: filled(client, entity)[field.name] for field in moves.asked(entity, move)}
    put(entity, record_id, **{entity.state: move.sources[0]})
    answer = post(browser, f"{own}/moves/{number}", **asked)
    if move.only_if and answer.status_code == 422:
        assert move.about in html.unescape(answer.text)
        return
    assert answer.status_code == 303, answer.text
    assert at(entity, record_id, entity.state) == move.target
    if move.target not in move.sources:
        again = post(browser, f"{own}/moves/{number}", **asked)
        assert again.status_code == 422


@every_kind
def test_what_may_be_changed_by_a_link_is_changed(client: Browser, entity: Entity) -> None:
    fields = own_links.changed_by_link(entity)
    if not fields:
        pytest.skip("nothing is changed by its visitor")
    record_id = add(client, entity)
    own, browser = link(entity, record_id), visit(client)
    values = filled(client, entity)
    answer = post(browser, f"{own}/change", **{field.name: values[field.name] for field in fields})
    assert answer.status_code == 303, answer.text
    assert browser.get(own).status_code == 200
