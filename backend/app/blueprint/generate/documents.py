"""Writes the documents of an app: its README, its manifest and the test of its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from app.blueprint.generate.rules import RuleWord, rules_of
from app.blueprint.spec import AppSpec, EntitySpec, Publicity, Reach, RoleScope, ViewKind
from app.blueprint.spec_lines import line_kind
from app.blueprint.spec_queries import lower_first
from app.domain.workspace import START_SCRIPT, Manifest

_VIEW_WORDS: Final = {
    ViewKind.CALENDAR: "calendar",
    ViewKind.BOARD: "board",
    ViewKind.TOTALS: "totals",
    ViewKind.CHART: "chart",
    ViewKind.GALLERY: "gallery",
    ViewKind.DOCUMENT: "printed page",
    ViewKind.RANKING: "ranking",
    ViewKind.REVIEW: "review of what is due",
    ViewKind.RESULTS: "results",
}
_REFUSALS: Final[Mapping[RuleWord, str]] = {
    "Capacity": "{many} are refused when there is no place left.",
    "NoOverlap": "{many} that clash in time are refused.",
}
_ALWAYS: Final = [
    "What is deleted can be brought back; every change is written down with who made it and when.",
    "Lists are read in from spreadsheets (Excel, LibreOffice) and CSV files, all lines or none.",
]
STACK: Final = "Starlette, SQLite, Jinja2"
BLUEPRINT_ENGINE: Final = "blueprint"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|^[#+=-]|(?<=^\d)[.)])")


def made_by(spec: AppSpec) -> str:
    """The maker of the app, honestly, as the end of a sentence."""
    if spec.engine == BLUEPRINT_ENGINE:
        return "built from a blueprint, no AI model"
    return f"planned with {spec.engine} and built from its plan"


def features(spec: AppSpec) -> list[str]:
    """The abilities of the app, in the founder's words, a line for each kind of record."""
    return [_feature_line(spec, entity) for entity in spec.entities] + [
        f"{tool.title}: {lower_first(tool.about)}" for tool in spec.tools
    ]


def _feature_line(spec: AppSpec, entity: EntitySpec) -> str:
    lines = line_kind(spec, entity)
    form = f"form with {lower_first(lines[0].plural)}" if lines else "form"
    parts = ["list", "search", form, "spreadsheet"]
    kinds = {view.kind for view in spec.views if view.entity == entity.name}
    parts += [_VIEW_WORDS[kind] for kind in _VIEW_WORDS if kind in kinds]
    return f"{entity.plural}: {', '.join(parts[:-1])} and {parts[-1]}"


def can_do(spec: AppSpec) -> list[str]:
    """The features, then what visitors can do, who signs in, and the rules that hold."""
    return features(spec) + _visitor_lines(spec) + _rule_lines(spec) + (_ALWAYS if spec.entities else [])


def _visitor_lines(spec: AppSpec) -> list[str]:
    lines = [f"Visitors, without an account: {lower_first(form.action)}." for form in spec.forms]
    for role in spec.roles:
        if role.scope is RoleScope.OWN:
            rights = [right for entity in spec.entities for right in entity.rights if right.role == role.name]
            others = any(right.sees is Reach.ALL for right in rights)
            sentence = (
                f"signs in. {role.about}" if others else "signs in and sees what is their own, and nothing else."
            )
            lines.append(f"{role.name}: {sentence}")
    return lines


def _rule_lines(spec: AppSpec) -> list[str]:
    lines = []
    for entity in spec.entities:
        for rule in rules_of(spec, entity):
            refusal = _REFUSALS.get(rule.word)
            lines.append(refusal.format(many=entity.plural) if refusal else rule.about)
    return list(dict.fromkeys(lines))


def manifest(spec: AppSpec) -> Manifest:
    """The commands by which the app is installed, checked and started."""
    python = ".venv/bin/python"
    return Manifest(
        stack=STACK,
        install=(
            # A sandbox has one there already, with the packages of the starter; to make one uv starts every Python
            # that it finds, only to learn of each what it is. One whose Python is gone is mended where it lies:
            # a folder that is mounted cannot be taken away.
            ("sh", "-c", '[ -x "$0" ] || exec "$@"', python, "uv", "venv", "--allow-existing", ".venv"),
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
        pages=_open_pages(spec),
    )


def _open_pages(spec: AppSpec) -> tuple[str, ...]:
    """The pages that answer whoever asks."""
    forms = [f"/forms/{entity.table}" for form in spec.forms if (entity := spec.entity(form.entity))]
    forms += [f"/browse-{entity.table}" for entity in spec.entities if entity.public is not Publicity.NONE]
    forms += [f"/calculate-{tool.name}" for tool in spec.tools]
    return ("/", "/about", "/sign-in", *forms)


def readme(spec: AppSpec) -> str:
    """The README; the goal stands in an indented block, where Markdown runs nothing."""
    goal = "\n".join(f"    {line}" for line in spec.goal.splitlines())
    records = "\n".join(_record_line(entity) for entity in spec.entities)
    abilities = "\n".join(f"- {_escape_markdown(line)}" for line in can_do(spec))
    assumed = "\n".join(f"- {_escape_markdown(line)}" for line in spec.assumptions) or "- Nothing."
    missing = (
        "\n".join(f"- {_escape_markdown(line)}" for line in spec.not_understood) or "- Nothing that was noticed."
    )
    return _README.format(
        title=_escape_markdown(spec.title), tagline=_escape_markdown(spec.tagline), goal=goal, records=records,
        abilities=abilities, assumed=assumed, missing=missing, made_by=_escape_markdown(made_by(spec)),
        signing_in=_SIGN_UP if any(role.scope is RoleScope.OWN for role in spec.roles) else "",
    )  # fmt: skip


def _record_line(entity: EntitySpec) -> str:
    fields = ", ".join(lower_first(field.label) for field in entity.fields)
    return f"- **{_escape_markdown(entity.plural)}**: {_escape_markdown(fields)}"


def _escape_markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def goal_test_py(spec: AppSpec, words: Sequence[str]) -> str:
    """A test that the app is about what the founder asked for."""
    tables = tuple(entity.table for entity in spec.entities)
    return _GOAL_TEST.format(title=spec.title, words=tuple(words), tables=tables)


_SIGN_UP: Final = """
An e-mail address is taken as it is typed, no message is sent to check it. Whoever the staff has entered with an
e-mail signs up by the link of their invitation, which stands on their page: with that e-mail nobody else can.
"""

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

## What it leaves out

{missing}

## Start it

You need Python 3.11 or newer, nothing else, and no special rights. In the folder of this file:

    ./start.sh

(or `sh start.sh`, where unpacking lost the right to run it). The first start makes a virtual environment in
`.venv` and installs the packages that `requirements.lock` names into it, each checked by its hash; that needs the
internet once. On Debian and Ubuntu the module for virtual environments comes with `sudo apt install python3-venv`.

The first start prints an address and a code: with them you make the owner's account. The port, the place of the
records and more can be set: see `.env.example`.

On Windows, or by hand:

    python -m venv .venv
    .venv/bin/python -m pip install --only-binary :all: --require-hashes -r requirements.lock
    .venv/bin/python -m app

(there, `.venv\\Scripts\\python` instead of `.venv/bin/python`).

## Who gets in

The owner and the staff sign in; the owner adds the staff at "Accounts". Everybody changes their own password.
{signing_in}
Who has forgotten the password gets a link from the owner to choose another. The owner who has forgotten it chooses
another where the app runs, and an owner can be made there, too:

    ./start.sh password
    ./start.sh owner

Passwords are kept as salted scrypt hashes. Whoever guesses waits longer and longer; a browser that has been signed
in before never waits for the guesses of others.

## Open it to others

The app opens on this computer alone until it has an owner. After that, `HOST=0.0.0.0 ./start.sh` opens it to
others. Write the names that they reach it by into `ALLOWED_HOSTS` in a file `.env` (copy `.env.example`); to any
other name it gives nothing. Put a web server with https before it, and name its address in `TRUSTED_PROXY`.

## Your records

They are in one SQLite file, `data/app.db`. An archive that was exported with its data has it already, and the app
starts with it. To take over records that were saved apart, put that file there as `data/app.db` before the start.
To back them up, stop the app and copy the folder `data`. Without a file the first start fills the app with example
records; `EXAMPLE_DATA=no ./start.sh` begins with an empty one.

## Change it

`app/schema.py` says what the app keeps and which rules hold: add a field there and start the app again, and it is
in every form and list. The pages are in `app/templates`, the colours in `app/static/theme.css`. The tests:

    .venv/bin/python -m pytest
"""

_GOAL_TEST: Final = '''"""The app is about what the founder asked for."""

from __future__ import annotations

import html

import pytest

from app.rendering import DASHBOARD
from app.schema import ABOUT, ENTITIES, SITE
from app.site import FOR_EVERYBODY

from .client import Browser

TITLE = {title!r}
WORDS = {words!r}
TABLES = {tables!r}


def test_the_first_page_is_that_of_the_business(example: Browser) -> None:
    page = html.unescape(example.get("/").text)
    # Where there is nothing for everybody, whoever is signed in comes to their own side.
    assert (ABOUT.name if FOR_EVERYBODY else TITLE) in page
    assert (("" if SITE else ABOUT.lead) if FOR_EVERYBODY else ABOUT.tagline) in page


@pytest.mark.parametrize("word", WORDS)
def test_the_owners_first_page_uses_the_words_of_the_goal(example: Browser, word: str) -> None:
    assert word.lower() in html.unescape(example.get(DASHBOARD).text).lower()


def test_the_goal_is_told_as_it_was_given(example: Browser) -> None:
    assert ABOUT.goal in html.unescape(example.get("/about").text)


@pytest.mark.parametrize("table", TABLES)
def test_every_kind_of_record_has_its_pages(example: Browser, table: str) -> None:
    assert example.get(f"/{{table}}").status_code == 200
    assert example.get(f"/{{table}}/new").status_code == 200


def test_nothing_else_is_kept() -> None:
    assert tuple(entity.table for entity in ENTITIES) == TABLES
'''
