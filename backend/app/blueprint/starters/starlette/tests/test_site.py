"""Visitors read the founder's words, see what is public and nothing else, and calculators are right."""

from __future__ import annotations

import html
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from app.schema import ABOUT, ENTITIES, FORMS, SITE, TOOLS

from app import database
from app.database import BY_TABLE
from app.fields import show
from app.main import app
from app.model import Entity, Section, Tool
from app.site import PUBLIC
from app.tools import ASKED, NOTHING

from .client import Browser
from .forms import add

every_section = pytest.mark.parametrize("section", SITE, ids=lambda section: section.title)
every_public_kind = pytest.mark.parametrize("entity", list(PUBLIC.values()), ids=lambda entity: entity.table)
WORKED_OUT = json.loads(Path(__file__).with_name("worked_out.json").read_text(encoding="utf-8"))


def page(client: Browser, address: str) -> str:
    """The page as somebody sees it who has never been here."""
    assert client
    return html.unescape(Browser(app).get(address).text)


@every_section
def test_the_first_page_says_it_in_the_given_words(client: Browser, section: Section) -> None:
    text = page(client, "/")
    words = [section.title, *section.text.split("\n\n"), *(word for item in section.items for word in item)]
    # Without a form there is nothing that a button could lead to.
    words += [section.button] if FORMS else []
    assert [word for word in words if word.strip() not in text] == []


@every_public_kind
def test_visitors_see_what_is_public_and_no_more(client: Browser, entity: Entity) -> None:
    values = {name: f"Seen {name}" for name in entity.public_fields if entity.field(name).type == "text"}
    hidden = [field for field in entity.of_type("text", "longtext") if field.name not in entity.public_fields]
    record_id = add(client, entity, **values, **{field.name: f"Unseen {field.name}" for field in hidden})
    with database.session() as db:
        is_seen = database.count(db, entity, f"r.id = ? AND {entity.public_if}", [record_id])
    for address in (f"/browse-{entity.table}", f"/browse-{entity.table}/{record_id}"):
        text = page(client, address)
        assert "Unseen" not in text
    text = page(client, f"/browse-{entity.table}" + (f"/{record_id}" if entity.public == "detail" else ""))
    assert all((word in text) == bool(is_seen) for word in values.values())


def test_what_is_not_public_has_no_public_page(client: Browser) -> None:
    for entity in ENTITIES:
        if not entity.public:
            add(client, entity)
            assert Browser(app).get(f"/browse-{entity.table}").status_code == 404
        if entity.public != "detail":
            assert Browser(app).get(f"/browse-{entity.table}/1").status_code == 404


def test_results_count_every_answer(client: Browser) -> None:
    for section in SITE:
        if section.kind == "results":
            entity = BY_TABLE[section.table]
            field = entity.of_type("choice")[0]
            others = {one.name: one.choices[-1] for one in entity.of_type("choice")[1:]}
            for choice in (field.choices[0], field.choices[-1], field.choices[-1]):
                add(client, entity, **others, **{field.name: choice})
            text = " ".join(page(client, "/").split())
            assert '<span class="number">1 <span class="sub">33 %</span></span>' in text
            assert '<span class="number">2 <span class="sub">67 %</span></span>' in text


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_calculator_gives_what_was_worked_out_without_it(client: Browser, tool: Tool) -> None:
    assert WORKED_OUT[tool.name]
    for case in WORKED_OUT[tool.name]:
        answer = Browser(app).get(f"/calculate-{tool.name}?" + urlencode({**case["given"], ASKED: "1"}))
        assert answer.status_code == 200, answer.text
        text = html.unescape(answer.text)
        for field in tool.results:
            if field.name in case["results"]:
                shown = show(field, case["results"][field.name], currency=ABOUT.currency) or NOTHING
                assert f"<dt>{field.label}</dt><dd>{shown}</dd>" in text


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_calculator_refuses_what_is_no_number(client: Browser, tool: Tool) -> None:
    assert client
    typed = [field for field in tool.inputs if field.type in ("int", "decimal", "money")]
    if not typed:
        pytest.skip("nothing is typed in")
    given = {**WORKED_OUT[tool.name][0]["given"], typed[0].name: "many", ASKED: "1"}
    answer = Browser(app).get(f"/calculate-{tool.name}?" + urlencode(given))
    assert answer.status_code == 422
    assert f'id="{tool.name}-{typed[0].name}-wrong"' in answer.text
