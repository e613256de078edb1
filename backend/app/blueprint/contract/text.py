"""Puts the contract together."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from app.blueprint.contract.parts import parts_text
from app.blueprint.contract.words import MESSAGE_KINDS, SECTION_KINDS, VIEW_KINDS
from app.blueprint.expressions.functions import AGGREGATES, FUNCTIONS
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.generate.schema import is_built_view
from app.blueprint.generate.tree import is_built_type
from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import RESERVED_FIELDS, RESERVED_TABLES

_HERE: Final = files("app.blueprint.contract")
_WITH_ACCOUNT: Final = ("booking", "purchase_requests")


@cache
def contract(*, with_examples: bool = True) -> str:
    """All that a designer has to know, in about the length of an article; examples are the last fifth of it."""
    page = (_HERE / "contract.md").read_text(encoding="utf-8")
    if not with_examples:
        # Our own designer is shown examples in the form of its own answers.
        page = page.partition("\n## Examples\n")[0]
    return page.format(
        reserved_fields=", ".join(sorted(RESERVED_FIELDS)),
        # Nobody calls a table of records "app_...", so these need not be told.
        reserved_tables=", ".join(sorted(name for name in RESERVED_TABLES if not name.startswith("app_"))),
        parts=parts_text(),
        field_types=_bullet_list(_built_types()),
        rule_kinds=_bullet_list(_kinds_of_rule()),
        message_kinds=_bullet_list(MESSAGE_KINDS),
        section_kinds=_bullet_list(SECTION_KINDS),
        view_kinds=_bullet_list({kind: about for kind, about in VIEW_KINDS.items() if is_built_view(kind)}),
        functions=_bullet_list({name: function.about for name, function in FUNCTIONS.items()}),
        aggregates=_bullet_list(AGGREGATES),
        examples="\n\n".join(_example_text(goal, spec) for goal, spec in examples()),
    )


def _built_types() -> dict[str, str]:
    return {kind: described.sentence for kind, described in FIELD_TYPES.items() if is_built_type(kind)}


def _kinds_of_rule() -> dict[str, str]:
    return {kind: described.sentence for kind, described in RULE_KINDS.items()}


@cache
def brief_contract() -> str:
    """The kinds of parts alone, for a designer that cannot read much and whose form is held by a schema."""
    kinds: dict[str, Mapping[Any, str]] = {
        "Types of fields": _built_types(),
        "Kinds of rules": _kinds_of_rule(),
        "In expressions, over records": AGGREGATES,
    }
    return "\n\n".join(f"## {title}\n\n{_bullet_list(words)}" for title, words in kinds.items())


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Goals, each with a whole specification for it and the account of its wishes."""
    specs = [example_spec(name) for name in _WITH_ACCOUNT]
    return [(spec["goal"], spec) for spec in specs]


def example_spec(name: str) -> dict[str, Any]:
    """One of the specifications that designers are shown."""
    return tomllib.loads((_HERE / "examples" / f"{name}.toml").read_text(encoding="utf-8"))


def _example_text(goal: str, spec: Mapping[str, Any]) -> str:
    members = json.dumps({key: value for key, value in spec.items() if key != "goal"}, ensure_ascii=False)
    return f"Goal: {goal}\n{members}"


def _bullet_list(words: Mapping[Any, str]) -> str:
    return "\n".join(f"- {name}: {about}" for name, about in words.items())
