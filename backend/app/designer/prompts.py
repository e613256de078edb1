"""The prompts of a model: versioned texts, filled in with the catalogue of a specification's parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

from app.blueprint.contract import brief_contract, contract, example_spec
from app.designer.schema import OURS

_FOLDER: Final = files("app.designer") / "prompts"
EXAMPLES: Final = ("lanes_and_courses", "purchase_requests", "window_quotes")
VERSION: Final = "3"
"""Raised whenever a text changes its meaning; the digest in `prompt_version` follows every change by itself."""


@cache
def system_prompt(*, is_brief: bool = False) -> str:
    """The rules of the work, the catalogue and the examples: the same for every goal, so it can be cached.

    A model that cannot read much is told the main kinds of parts alone, and one small answer as an example.
    """
    if is_brief:
        return _render("design_brief.md", catalogue=brief_contract(), example=brief_example())
    return _render("design.md", catalogue=catalogue(), examples=examples())


@cache
def change_system_prompt(*, is_brief: bool = False) -> str:
    """The rules of changing an app, and the catalogue."""
    return _render("change.md", catalogue=brief_contract() if is_brief else catalogue())


@cache
def brief_example() -> str:
    """A small answer in the form that a model which cannot read much is held to."""
    return (files("app.designer") / "brief_example.json").read_text(encoding="utf-8").strip()


@cache
def catalogue() -> str:
    """The parts and kinds of a specification, as everybody who designs reads them."""
    return contract(with_examples=False)


@cache
def prompt_version() -> str:
    """Tells apart any two sets of texts, such as `1-3f9a02`."""
    digest = hashlib.sha256((system_prompt() + system_prompt(is_brief=True)).encode())
    for name in sorted(entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".md")):
        digest.update(_read_text(name).encode())
    return f"{VERSION}-{digest.hexdigest()[:6]}"


@cache
def examples() -> tuple[str, ...]:
    """Good specifications of other apps, as compact JSON, with no part that a model must not write."""
    specs = [example_spec(name) for name in EXAMPLES]
    written = [{key: value for key, value in spec.items() if key not in OURS} for spec in specs]
    return tuple(json.dumps(spec, ensure_ascii=False, separators=(",", ":")) for spec in written)


@cache
def brief_example_title() -> str:
    """The title of the small example: a design of that name is a copy and no answer to a goal."""
    return str(json.loads(brief_example())["spec"]["title"])


def goal_prompt(
    goal: str, clauses: Sequence[str], reading: str, *, answers: Mapping[str, str] | None = None
) -> str:
    """The founder's goal and answers as fenced data, its clauses by number, and what our own reader made of it."""
    replies = [f"{question}\n{answer}" for question, answer in sorted((answers or {}).items())]
    fence = fence_of("\n".join([goal, *replies]))
    return _render("goal.md", goal=goal, fence=fence, clauses=list(clauses), reading=reading, replies=replies)


def request_prompt(words: str, specification: str) -> str:
    """A change in the founder's words, as fenced data, beside the specification that it is about."""
    fence = fence_of(f"{words}\n{specification}")
    return _render("request.md", words=words, fence=fence, specification=specification)


def operations_repair_prompt(faults: Sequence[str]) -> str:
    """The faults of the operations of an answer."""
    return _render("operations_repair.md", faults=list(faults))


def repair_prompt(faults: Sequence[str]) -> str:
    """The faults of an answer."""
    return _render("repair.md", faults=list(faults))


def rest_prompt(outline: Sequence[str]) -> str:
    """What is kept of an answer that was cut off, so that the rest of it comes."""
    return _render("rest.md", outline=list(outline), fence=fence_of("\n".join(outline)))


def clauses_prompt(clauses: Mapping[int, str]) -> str:
    """The clauses that an answer did not mention."""
    fence = fence_of("\n".join(clauses.values()))
    return _render("clauses.md", clauses=dict(clauses), fence=fence)


def fence_of(text: str) -> str:
    """A mark that the text cannot hold, since it is made from all of it."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]


@cache
def _environment() -> Environment:
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in _FOLDER.iterdir() if entry.name.endswith(".md")
    }
    # Without escaping: a model reads text, and `&amp;` would not be the founder's word.
    return Environment(
        loader=DictLoader(texts), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


def _render(name: str, **values: Any) -> str:  # Any: what a template may be given
    return _environment().get_template(name).render(values).strip()


def _read_text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
