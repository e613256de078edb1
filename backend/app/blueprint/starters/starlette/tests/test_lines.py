"""The lines of a record are entered, changed and removed on its own form, and kept with it or not at all."""

from __future__ import annotations

import html
import re

import pytest
from app.schema import ENTITIES, FORMS

from app import database, lines
from app.database import BY_TABLE
from app.main import app
from app.model import Entity, Field

from .client import Browser
from .forms import SAMPLES, filled, filled_line, send, token_of

WITH_LINES = [entity for entity in ENTITIES if lines.children_in(entity)]
every_parent = pytest.mark.parametrize("entity", WITH_LINES, ids=lambda entity: entity.table)
every_form = pytest.mark.parametrize("form", [form for form in FORMS if form.lines], ids=lambda form: form.table)


def parts(entity: Entity) -> tuple[Entity, Field]:
    found = lines.children_in(entity)
    assert found
    return found


def count(entity: Entity) -> int:
    with database.session() as db:
        return database.count(db, entity)


def added(client: Browser, entity: Entity, many: int) -> int:
    values = filled(client, entity)
    for number in range(many):
        # One is left empty between those that say something.
        values |= filled_line(client, entity, 2 * number)
    answer = send(client, f"/{entity.table}/new", values)
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])


def of(entity: Entity, record_id: int) -> list[int]:
    child, link = parts(entity)
    with database.session() as db:
        return [int(row["id"]) for row in database.select(db, child, f'"{link.name}" = ?', [record_id], order="id")]


@every_parent
def test_lines_are_kept_with_what_they_belong_to(client: Browser, entity: Entity) -> None:
    child, _ = parts(entity)
    before = count(child)
    record_id = added(client, entity, 2)
    assert len(of(entity, record_id)) == 2
    assert count(child) == before + 2
    page = client.get(f"/{entity.table}/{record_id}").text
    assert all(f'href="/{child.table}/{number}"' in page for number in of(entity, record_id))


@every_parent
def test_a_line_is_removed_and_another_added_on_the_form(client: Browser, entity: Entity) -> None:
    record_id = added(client, entity, 2)
    first, second = of(entity, record_id)
    shown = client.get(f"/{entity.table}/{record_id}/edit").text
    assert f'name="line-0--id" value="{first}"' in shown
    values = filled(client, entity) | {"line-0--id": str(first), "line-0--remove": "1"} | filled_line(client, entity, 7)
    assert send(client, f"/{entity.table}/{record_id}/edit", values).status_code == 303
    left = of(entity, record_id)
    assert first not in left
    assert second in left
    assert len(left) == 2


@every_parent
def test_a_wrong_line_is_refused_beside_itself_and_nothing_is_kept(client: Browser, entity: Entity) -> None:
    child, link = parts(entity)
    bad = {"int": "many", "decimal": "many", "money": "a lot", "date": "soon", "datetime": "soon", "email": "nobody"}
    field = next((one for one in child.fields if one.type in bad and one is not link), None)
    name, value = (field.name, bad[field.type]) if field else (child.of_type("text")[0].name, "x" * 201)
    values = filled(client, entity) | filled_line(client, entity, 0) | filled_line(client, entity, 1)
    before = count(entity), count(child)
    answer = send(client, f"/{entity.table}/new", {**values, f"line-1-{name}": value})
    assert answer.status_code == 422
    assert f'id="line-1-{name}-wrong"' in answer.text
    assert f'id="line-0-{name}-wrong"' not in answer.text
    assert value in html.unescape(answer.text)
    assert (count(entity), count(child)) == before


@every_parent
def test_a_line_that_lacks_something_is_refused(client: Browser, entity: Entity) -> None:
    child, link = parts(entity)
    typed = filled_line(client, entity, 0)
    needed = [one.name for one in child.fields if one.required and not one.starts_as and f"line-0-{one.name}" in typed]
    needed = [name for name in needed if child.field(name).type != "bool"]
    if len(needed) < 2:
        pytest.skip("a line without it is an empty one")
    answer = send(client, f"/{entity.table}/new", filled(client, entity) | {**typed, f"line-0-{needed[-1]}": ""})
    assert answer.status_code == 422
    assert f'id="line-0-{needed[-1]}-wrong"' in answer.text


@every_parent
def test_more_lines_are_asked_for_without_losing_what_was_typed(client: Browser, entity: Entity) -> None:
    values = filled(client, entity) | filled_line(client, entity, 0)
    before = count(entity)
    answer = send(client, f"/{entity.table}/new", {**values, lines.MORE: "1"})
    assert answer.status_code == 200
    assert count(entity) == before
    numbers = set(map(int, re.findall(r'id="line-(\d+)"', answer.text)))
    assert len(numbers) > 1
    words = [text for name, text in values.items() if text in (SAMPLES["text"], SAMPLES["email"])]
    assert all(text in html.unescape(answer.text) for text in words)


@every_parent
def test_no_more_lines_are_taken_than_fit(client: Browser, entity: Entity) -> None:
    values = filled(client, entity)
    one = filled_line(client, entity, 0)
    for number in range(lines.MOST + 1):
        values |= {name.replace("line-0-", f"line-{number}-"): text for name, text in one.items()}
    answer = send(client, f"/{entity.table}/new", values)
    assert answer.status_code == 422
    assert lines.TOO_MANY in answer.text


@every_parent
def test_a_line_of_another_record_is_not_touched(client: Browser, entity: Entity) -> None:
    mine, other = added(client, entity, 1), added(client, entity, 1)
    stolen = {"line-0--id": str(of(entity, other)[0]), "line-0--remove": "1"}
    answer = send(client, f"/{entity.table}/{mine}/edit", filled(client, entity) | stolen)
    assert answer.status_code == 422
    assert len(of(entity, other)) == 1


@every_form
def test_a_visitor_sends_lines(client: Browser, form: object) -> None:
    entity = BY_TABLE[form.table]  # type: ignore[attr-defined]
    child, _ = parts(entity)
    asked = form.lines  # type: ignore[attr-defined]
    values = filled(client, entity)
    sent = {name: values[name] for name in form.fields}  # type: ignore[attr-defined]
    typed = {name: text for name, text in filled_line(client, entity, 0).items() if name.removeprefix("line-0-") in asked}
    browser = Browser(app)
    page = browser.get(f"/forms/{entity.table}").text
    person = {"person_name": "Vera Visitor", "person_email": "vera@example.com", "csrf_token": token_of(page)}
    before = count(child)
    answer = send(browser, f"/forms/{entity.table}", {**sent, **typed, **person})
    assert answer.status_code == 303, answer.text
    assert count(child) == before + 1
