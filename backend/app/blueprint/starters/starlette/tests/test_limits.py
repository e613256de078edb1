"""Whatever cuts a list says so, and leads to the rest."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from app.schema import ENTITIES

from app import database
from app.clock import today
from app.fields import typed
from app.model import Entity, Field, NoOverlap, Unique

from .client import Browser
from .forms import filled, send

LINKED = [
    (entity, field) for entity in ENTITIES if not entity.moves for field in entity.of_type("ref")
    if field.ref != entity.table and not database.BY_TABLE[field.ref].of_type("ref")
]  # fmt: skip
FEW = ("choice", "bool")
DAYS = ("date", "datetime")
LASTING = [
    (entity, rule) for entity in ENTITIES for rule in entity.rules
    if isinstance(rule, NoOverlap) and rule.end and rule.start == entity.calendar and entity.field(rule.end).type == "date"
]  # fmt: skip


def said(page: str) -> str:
    return " ".join(html.unescape(page).split())


def crowd(entity: Entity, values: dict[str, str], many: int) -> Field | None:
    """Keep many records of one kind, each with a name of its own; the field that names them."""
    field = next((one for one in entity.of_type("text") if one.name in entity.title), None)
    if field is not None:
        with database.session() as db:
            row = database.select(db, entity, order="id", limit=1)[0]
            copy = {name: value for name, value in database.kept(entity, row).items() if name not in ("id", field.name)}
            database.update(db, entity, int(row["id"] or 0), {field.name: "The very first"})
            apart = {name for name in copy if entity.field(name).type in ("email", "phone")}
            rules = [rule for rule in entity.rules if isinstance(rule, Unique) and field.name not in rule.fields]
            apart |= {next((name for name in rule.fields if entity.field(name).type not in FEW), rule.fields[0]) for rule in rules}
            for number in range(many):
                own = {name: another(entity.field(name), number) for name in apart}
                database.insert(db, entity, {**copy, **own, field.name: f"Another {number}"})
    return field


def another(field: Field, number: int) -> str | int:
    """A value that no other record has."""
    written = {"email": f"another{number}@example.com", "phone": f"+44 20 7946 {number:04}"}
    plain = number if field.type in ("int", "decimal", "money") else f"Another {number}"
    return written.get(field.type, plain) if field.type not in DAYS else (today() + timedelta(number)).isoformat()


@pytest.mark.skipif(not LINKED, reason="nothing is linked")
def test_the_first_of_very_many_can_still_be_chosen_by_its_name(client: Browser) -> None:
    entity, link = LINKED[0]
    values = filled(client, entity)
    target = database.BY_TABLE[link.ref]
    with database.session() as db:
        oldest = database.select(db, target, order="id", limit=1)
        first = int(oldest[0]["id"] or 0) if oldest else 0
    if values.get(link.name) != str(first) or crowd(target, values, database.MAX_OPTIONS) is None:
        pytest.skip("another record comes first, or has no name")
    page = client.get(f"/{entity.table}/new").text
    listed = page[page.index(f'<select id="{link.name}"') :].partition("</select>")[0]
    assert ">The very first" not in listed
    assert "The list shows some of" in said(page)
    none = send(client, f"/{entity.table}/new", {**values, link.name: "", f"{link.name}_named": "Nobody at all"})
    assert "There is none called “Nobody at all”." in said(none.text)
    several = send(client, f"/{entity.table}/new", {**values, link.name: "", f"{link.name}_named": "other 49"})
    assert "They are in the list now; choose one." in said(several.text)
    kept = send(client, f"/{entity.table}/new", {**values, link.name: "", f"{link.name}_named": "the very FIRST"})
    assert kept.status_code == 303, said(kept.text)
    with database.session() as db:
        newest = database.select(db, entity, limit=1)[0]
    assert typed(link, newest[link.name]) == str(first)


@pytest.mark.skipif(not LASTING, reason="nothing lasts for days")
def test_what_lasts_for_days_is_on_each_of_them(client: Browser) -> None:
    entity, rule = LASTING[0]
    month = today().replace(day=1).replace(year=today().year + 1)
    days = [month.replace(day=number).isoformat() for number in (10, 12)]
    sent = send(client, f"/{entity.table}/new", filled(client, entity, **{rule.start: days[0], rule.end: days[1]}))
    assert sent.status_code == 303, said(sent.text)
    page = client.get(f"/{entity.table}/calendar?month={month:%Y-%m}").text
    shown = page[page.index('class="month"') : page.index("</table>")]
    record = sent.headers["location"].split("?")[0]
    assert shown.count(f'href="{record}"') == 3
