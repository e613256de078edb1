"""A visitor finds the first page, fills in a form without an account, and is told that it arrived."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from app.schema import ABOUT, FORMS

from app import database, people, public
from app.database import BY_TABLE
from app.fields import show
from app.main import app
from app.model import Capacity, Form, Stock, Unique
from app.rendering import GENERAL_FORMS

from .client import Browser
from .forms import add, filled, filled_line, send, show_to_visitors, token_of

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.table)


def visit(client: Browser) -> Browser:
    """A browser that has never been here, on the same records."""
    assert client
    return Browser(app)


def answered(client: Browser, form: Form, /, **changes: str) -> dict[str, str]:
    """What a visitor types; what can be chosen is added by the staff first."""
    values = filled(client, BY_TABLE[form.table])
    asked = {name: values[name] for name in form.fields if name != form.person}
    for field in BY_TABLE[form.table].of_type("ref"):
        if field.name in asked and not asked[field.name]:
            asked[field.name] = str(add(client, BY_TABLE[field.ref]))
    asked |= filled_line(client, BY_TABLE[form.table], 0) if form.lines else {}
    return {**asked, "person_name": "Vera Visitor", "person_email": "vera@example.com", **changes}


def post(browser: Browser, form: Form, values: dict[str, str]) -> Any:
    show_to_visitors(BY_TABLE[form.table], values)
    page = browser.get(f"/forms/{form.table}").text
    return send(browser, f"/forms/{form.table}", {**values, "csrf_token": token_of(page)})


@every_form
def test_a_visitor_sends_the_form_and_the_staff_sees_it(client: Browser, form: Form) -> None:
    browser = visit(client)
    front = html.unescape(browser.get("/").text)
    assert ABOUT.name in front
    # A form about a public record stands on the page of that, and may be what the first button leads to.
    assert form.action in front or form not in GENERAL_FORMS
    answer = post(browser, form, answered(client, form))
    assert answer.status_code == 303, answer.text
    thanks = html.unescape(browser.get(answer.headers["location"]).text)
    assert form.thanks in thanks
    record_id = re.findall(r"id=(\d+)", answer.headers["location"])[0]
    page = client.get(f"/{form.table}/{record_id}")
    assert page.status_code == 200
    for field in public.own_totals(BY_TABLE[form.table]):
        with database.session() as db:
            row = database.get(db, BY_TABLE[form.table], int(record_id)) or {}
        assert not row[field.name] or show(field, row[field.name], currency=ABOUT.currency) in thanks, field.label
    if form.person:
        assert "Vera Visitor" in thanks
        assert "Vera Visitor" in page.text


@every_form
def test_what_a_visitor_sends_begins_in_the_first_state(client: Browser, form: Form) -> None:
    entity = BY_TABLE[form.table]
    if not entity.moves:
        pytest.skip("nothing leads on from there")
    answer = post(visit(client), form, answered(client, form))
    record_id = int(re.findall(r"id=(\d+)", answer.headers["location"])[0])
    with database.session() as db:
        noted = db.execute(f'SELECT "{entity.state}" FROM "{form.table}" WHERE id = ?', [record_id]).fetchone()[0]
    taken = {move.target for move in entity.moves if move.automatic}
    assert noted in {entity.field(entity.state).choices[0], *taken}


@every_form
def test_what_was_sent_is_shown_to_nobody_else(client: Browser, form: Form) -> None:
    answer = post(visit(client), form, answered(client, form))
    record_id = re.findall(r"id=(\d+)", answer.headers["location"])[0]
    forged = client.get(f"/forms/{form.table}/done?id={record_id}&sign=0000")
    assert forged.status_code == 404
    assert "Vera" not in forged.text


@every_form
def test_a_visitor_who_comes_again_is_the_same_person(client: Browser, form: Form) -> None:
    person = form.person and BY_TABLE[form.table].field(form.person).ref
    if not person or not BY_TABLE[person].of_type("email"):
        pytest.skip("nobody is kept")
    assert post(visit(client), form, answered(client, form, person_email="vera@example.com")).status_code == 303
    again = post(visit(client), form, answered(client, form, person_email="VERA@example.com"))
    # Whoever may have one at a time is known again by being refused the second.
    about_them = [
        rule for rule in BY_TABLE[form.table].rules
        if form.person in getattr(rule, "fields", ()) or f'"{form.person}"' in getattr(rule, "condition", "")
    ]  # fmt: skip
    assert again.status_code == 303 or any(rule.about in html.unescape(again.text) for rule in about_them)
    name = BY_TABLE[person].of_type("email")[0].name
    with database.session() as db:
        kept = [row for row in database.select(db, BY_TABLE[person]) if str(row[name]).lower() == "vera@example.com"]
    assert len(kept) == 1


@every_form
def test_what_each_may_send_once_is_refused_the_second_time(client: Browser, form: Form) -> None:
    once = [rule for rule in BY_TABLE[form.table].rules if isinstance(rule, Unique) and form.person in rule.fields]
    if not once or not BY_TABLE[BY_TABLE[form.table].field(form.person).ref].of_type("email"):
        pytest.skip("nobody is held to one")
    values = answered(client, form, person_email="vera@example.com")
    assert post(visit(client), form, values).status_code == 303
    again = post(visit(client), form, {**values, "person_name": "V. Visitor", "person_email": "  VERA@Example.com "})
    assert again.status_code == 422
    assert once[0].about in html.unescape(again.text)


@every_form
def test_a_form_that_is_not_filled_in_is_refused(client: Browser, form: Form) -> None:
    with database.session() as db:
        before = database.count(db, BY_TABLE[form.table])
    values = dict.fromkeys(answered(client, form), "")
    answer = post(visit(client), form, values)
    if any(BY_TABLE[form.table].field(name).required for name in form.fields) or form.person:
        assert answer.status_code == 422
        with database.session() as db:
            assert database.count(db, BY_TABLE[form.table]) == before


@every_form
def test_what_the_form_does_not_offer_cannot_be_chosen(client: Browser, form: Form) -> None:
    for name, sql in form.offers:
        values = answered(client, form)
        show_to_visitors(BY_TABLE[form.table], values)
        target = BY_TABLE[BY_TABLE[form.table].field(name).ref]
        with database.session() as db:
            hidden = database.select(db, target, f"NOT ({sql})", limit=1)
        for row in hidden:
            assert not re.search(rf'name="{name}"[^>]*value="{row["id"]}"|<option value="{row["id"]}"', visit(client).get(f"/forms/{form.table}").text)
            page = visit(client)
            token = token_of(page.get(f"/forms/{form.table}").text)
            answer = send(page, f"/forms/{form.table}", {**values, name: str(row["id"]), "csrf_token": token})
            assert answer.status_code == 422


def test_a_form_is_not_sent_without_end(client: Browser) -> None:
    form, browser = FORMS[0], visit(client)
    values = {"person_name": "", "csrf_token": token_of(browser.get(f"/forms/{FORMS[0].table}").text)}
    with database.session() as db:
        for _ in range(people.FORMS_FROM_ONE_ADDRESS):
            people.too_many_forms(db, "127.0.0.1")
    assert send(browser, f"/forms/{form.table}", values).status_code == 429


@every_form
def test_what_is_full_cannot_be_chosen(client: Browser, form: Form) -> None:
    for rule in BY_TABLE[form.table].rules:
        if isinstance(rule, (Capacity, Stock)) and rule.ref in form.fields:
            limit = rule.limit if isinstance(rule, Capacity) else rule.counted
            parent = add(client, BY_TABLE[BY_TABLE[form.table].field(rule.ref).ref], **{limit: "1"})
            values = answered(client, form, **{rule.ref: str(parent)})
            assert post(visit(client), form, values).status_code == 303
            page = visit(client).get(f"/forms/{form.table}").text
            assert re.search(rf'value="{parent}"[^>]* disabled', page)
            second = post(visit(client), form, {**values, "person_email": "walt@example.com"})
            assert second.status_code == 422
            assert rule.about in html.unescape(second.text)
