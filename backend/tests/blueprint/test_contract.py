"""The contract that designers read says all that a specification can say, and its examples are true."""

from __future__ import annotations

import pytest

from app.blueprint.contract import contract, examples
from app.blueprint.contract.words import SECTION_KINDS, VIEW_KINDS
from app.blueprint.expressions.functions import AGGREGATES, FUNCTIONS
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.generate.rules import rules_of
from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, MoveSpec, RuleKind, ViewKind
from app.blueprint.spec_site import SectionKind, SectionSpec


@pytest.mark.parametrize(
    ("words", "kinds"),
    [(FIELD_TYPES, FieldType), (RULE_KINDS, RuleKind), (VIEW_KINDS, ViewKind), (SECTION_KINDS, SectionKind)],
)
def test_every_kind_has_its_sentence(words: dict[str, str], kinds: type[FieldType]) -> None:
    assert set(words) == set(kinds)


def test_every_function_and_every_member_is_told() -> None:
    told = contract()

    assert all(f"- {name}: " in told for name in (*FUNCTIONS, *AGGREGATES))
    for part in (EntitySpec, FieldSpec, MoveSpec, SectionSpec):
        members = set(part.model_fields) - {"was"}
        assert all(f"- {name}: " in told or f"- {name}*: " in told for name in members)


@pytest.mark.parametrize("spec", [spec for _, spec in examples()], ids=[goal[:30] for goal, _ in examples()])
def test_an_example_is_a_specification_whose_every_rule_is_built(spec: dict[str, object]) -> None:
    app = AppSpec.model_validate(spec)

    assert sum(len(rules_of(app, entity)) for entity in app.entities) == len(app.rules)
    assert app.wishes


def test_it_stays_short_enough_to_be_read_whole() -> None:
    assert len(contract()) < 28_000
