"""A new kind of rule, or a new word for one in generated apps, is missed by no place that must know it.

What is matched by kind ends in `assert_never`, so mypy names it; what is looked up is listed here.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Final, get_args

import pytest

from app.acceptance.rule_violations import VIOLATIONS
from app.blueprint.generate import rule_tests, schema
from app.blueprint.generate.rules import RuleWord
from app.blueprint.plan_items import TRIED, rule_item
from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import AppSpec, RuleKind, RuleSpec
from tests.support.specs import DESIGNER_SPECS, SPECS

STARTER: Final = files("app.blueprint") / "starters" / "starlette"
FROM_GOALS: Final = {RuleKind.OVERDUE, RuleKind.SUM}
"""Kinds that only goals in words lead to, so no specification of the tests has them."""

WITHOUT_TRIGGERS: Final = {"Overdue", "Ensure", "Locked"}
"""Words that refuse by no trigger of their own.

One flags, conditions have `app/conditions.py`, locks `app/locks.py`.
"""


def kinds_in_specs() -> set[RuleKind]:
    specs = [AppSpec.model_validate(tomllib.loads(path.read_text())) for path in (*SPECS, *DESIGNER_SPECS)]
    return {rule.kind for spec in specs for rule in spec.rules}


def classes_of(path: str) -> set[str]:
    return {node.name for node in tree(path).body if isinstance(node, ast.ClassDef)}


def functions_of(path: str) -> set[str]:
    return {node.name for node in tree(path).body if isinstance(node, ast.FunctionDef)}


def tree(path: str) -> ast.Module:
    return ast.parse(STARTER.joinpath(path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", RuleKind)
def test_every_kind_is_known_wherever_kinds_are_looked_up(kind: RuleKind) -> None:
    places: Mapping[str, Collection[object]] = {
        "RULE_KINDS in blueprint/rule_kinds.py": RULE_KINDS,
        "TRIED in blueprint/plan_items.py": TRIED & {rule_item(kind)} and {kind},
        "VIOLATIONS in acceptance/rule_violations.py": VIOLATIONS,
        "the docstring of RuleSpec in blueprint/spec_parts.py": {kind} if said_of(kind) else (),
        "a specification in tests/specs": kinds_in_specs() | FROM_GOALS,
    }
    require_everywhere(kind, places)


def require_everywhere(name: str, places: Mapping[str, Collection[object]]) -> None:
    missing = [place for place, known in places.items() if name not in known]
    assert not missing, f"{name} is missing in " + "; ".join(missing)


def cases_of_triggers() -> set[str]:
    classes = (node.cls for node in ast.walk(tree("app/triggers.py")) if isinstance(node, ast.MatchClass))
    return {ast.unparse(name) for name in classes}


def said_of(kind: RuleKind) -> bool:
    return kind.value in (RuleSpec.__doc__ or "")


@pytest.mark.parametrize("word", get_args(RuleWord))
def test_every_word_is_known_wherever_words_are_looked_up(word: RuleWord) -> None:
    call = rule_tests._CALLS.get(word)
    trial = "refused" if word == "Ensure" else call
    places: Mapping[str, Collection[object]] = {
        "a class of the starter's app/model.py": classes_of("app/model.py"),
        "its union Rule": union_of_rules(),
        "_CALLS in blueprint/generate/rule_tests.py": rule_tests._CALLS,
        "a function of the starter's tests/tries.py": {word} if trial in functions_of("tests/tries.py") else (),
        "a case of _bodies in the starter's app/triggers.py": cases_of_triggers() | WITHOUT_TRIGGERS,
        "the imports that blueprint/generate/schema.py writes": schema._MODEL_WORDS,
    }
    require_everywhere(word, places)


def union_of_rules() -> set[str]:
    union = next(
        node.value
        for node in tree("app/model.py").body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "Rule"
    )
    return set(ast.unparse(union).split(" | "))


def test_no_rule_of_the_starter_is_without_a_word() -> None:
    assert union_of_rules() == set(get_args(RuleWord))
