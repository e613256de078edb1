"""Writes what is said about an app: its README, its manifest and the test of its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.generate.words import lower_first
from app.blueprint.spec import AppSpec, EntitySpec, RuleKind, ViewKind
from app.domain.workspace import START_SCRIPT, Manifest

STACK: Final = "FastAPI, SQLite, Jinja2"
BLUEPRINT_ENGINE: Final = "blueprint"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|^[#+=-]|(?<=^\d)[.)])")


def made_by(spec: AppSpec) -> str:
    """Who wrote the app, honestly, as the end of a sentence."""
    if spec.engine == BLUEPRINT_ENGINE:
        return "built from a blueprint, no AI model"
    return f"planned with {spec.engine} and built from its plan"


def features(spec: AppSpec) -> list[str]:
    """What the app can do, in the founder's words, a line for each kind of record."""
    return [_feature(spec, entity) for entity in spec.entities]


def _feature(spec: AppSpec, entity: EntitySpec) -> str:
    parts = ["list", "search", "form", "CSV"]
    kinds = {view.kind for view in spec.views if view.entity == entity.name}
    parts += [kind.value for kind in (ViewKind.CALENDAR, ViewKind.BOARD, ViewKind.TOTALS) if kind in kinds]
    return f"{entity.plural}: {', '.join(parts[:-1])} and {parts[-1]}"


def can_do(spec: AppSpec) -> list[str]:
    """The features, then the rules that hold."""
    told = (RuleKind.OVERDUE, RuleKind.SUM)
    rules = [rule.about for rule in spec.rules if rule.kind in told]
    return features(spec) + rules + _limits(spec)


def _limits(spec: AppSpec) -> list[str]:
    lines = []
    for rule in spec.rules:
        entity = spec.entity(rule.entity)
        if entity is not None and rule.kind is RuleKind.CAPACITY:
            lines.append(f"{entity.plural} are refused when there is no place left.")
        if entity is not None and rule.kind is RuleKind.NO_OVERLAP:
            lines.append(f"{entity.plural} that clash in time are refused.")
    return list(dict.fromkeys(lines))


def manifest(spec: AppSpec) -> Manifest:
    """How the app is installed, checked and started."""
    python = ".venv/bin/python"
    return Manifest(
        stack=STACK,
        install=(
            ("uv", "venv", "--allow-existing", ".venv"),
            (
                "uv",
                "pip",
                "sync",
                "--python",
                python,
                "--require-hashes",
                "--only-binary",
                ":all:",
                "requirements.lock",
            ),
        ),
        check=((python, "-m", "compileall", "-q", "app", "tests"), (python, "-m", "pytest")),
        start=(f"./{START_SCRIPT}",),
        health="/health",
        pages=tuple(page.path for page in spec.pages) or ("/",),
    )


def readme(spec: AppSpec) -> str:
    """The README; the goal stands in an indented block, where Markdown runs nothing."""
    goal = "\n".join(f"    {line}" for line in spec.goal.splitlines())
    records = "\n".join(_record_line(entity) for entity in spec.entities)
    abilities = "\n".join(f"- {_plain(line)}" for line in can_do(spec))
    assumed = "\n".join(f"- {_plain(line)}" for line in spec.assumptions) or "- Nothing."
    return _README.format(
        title=_plain(spec.title), tagline=_plain(spec.tagline), goal=goal, records=records,
        abilities=abilities, assumed=assumed, made_by=_plain(made_by(spec)),
    )  # fmt: skip


def _record_line(entity: EntitySpec) -> str:
    fields = ", ".join(lower_first(field.label) for field in entity.fields)
    return f"- **{_plain(entity.plural)}**: {_plain(fields)}"


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def goal_test_py(spec: AppSpec, words: Sequence[str]) -> str:
    """A test that the app is about what the founder asked for."""
    tables = tuple(entity.table for entity in spec.entities)
    return _GOAL_TEST.format(title=spec.title, words=tuple(words), tables=tables)


_README: Final = """# {title}

{tagline}

This app was {made_by}. The goal it was built from:

{goal}

## What it keeps

{records}

## What it can do

{abilities}

## What was assumed

{assumed}

There is no sign-in: everyone who can open the app can read and change everything. Put it behind a login (a reverse
proxy with a password, for instance) before you open it to the internet.

## Start it

You need Python 3.11 or newer.

    python3 -m venv .venv
    .venv/bin/python -m pip install --require-hashes -r requirements.lock
    ./start.sh

Then open http://127.0.0.1:8000. The port, the place of the records and more can be set: see `.env.example`.
The records are in `data/app.db`; copy that file to back them up. The first start fills the app with example
records, `EXAMPLE_DATA=no ./start.sh` begins with an empty one.

## Change it

`app/schema.py` says what the app keeps and which rules hold: add a field there and start the app again, and it is
in every form and list. The pages are in `app/templates`, the colours in `app/static/theme.css`. The tests:

    .venv/bin/python -m pytest
"""

_GOAL_TEST: Final = '''"""The app is about what the founder asked for."""

from __future__ import annotations

import html

import pytest
from fastapi.testclient import TestClient

from app.schema import ABOUT, ENTITIES

TITLE = {title!r}
WORDS = {words!r}
TABLES = {tables!r}


def test_the_first_page_says_what_the_app_is(example: TestClient) -> None:
    page = html.unescape(example.get("/").text)
    assert TITLE in page
    assert ABOUT.tagline in page
    assert ABOUT.made_by in page


@pytest.mark.parametrize("word", WORDS)
def test_the_first_page_uses_the_words_of_the_goal(example: TestClient, word: str) -> None:
    assert word.lower() in html.unescape(example.get("/").text).lower()


def test_the_goal_is_told_as_it_was_given(example: TestClient) -> None:
    assert ABOUT.goal in html.unescape(example.get("/about").text)


@pytest.mark.parametrize("table", TABLES)
def test_every_kind_of_record_has_its_pages(example: TestClient, table: str) -> None:
    assert example.get(f"/{{table}}").status_code == 200
    assert example.get(f"/{{table}}/new").status_code == 200


def test_nothing_else_is_kept() -> None:
    assert tuple(entity.table for entity in ENTITIES) == TABLES
'''
