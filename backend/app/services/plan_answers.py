"""Corrections that answer the questions of a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.blueprint.rule_kinds import ONE_AT_A_TIME
from app.blueprint.shape_rules import rules_of
from app.blueprint.spec import EntitySpec, RuleKind
from app.services.plan_values import CorrectionRefused, Raw, Values, record_in, words_in


def _refuse_overlap(raw: Raw, values: Values) -> None:
    _add_rule(raw, values, *ONE_AT_A_TIME)


def _refuse_full(raw: Raw, values: Values) -> None:
    _add_rule(raw, values, RuleKind.CAPACITY)


def _add_rule(raw: Raw, values: Values, *kinds: RuleKind) -> None:
    """The rule of one of these kinds that fits the record's details."""
    entity = record_in(raw, values)
    entities = [EntitySpec.model_validate(entry) for entry in raw["entities"]]
    fitting = [rule for rule in rules_of(entities) if rule.kind in kinds and rule.entity == entity["name"]]
    if not fitting:
        raise CorrectionRefused("No detail says when, or how many, so this cannot be refused.")
    raw["rules"] += [rule.model_dump(mode="json") for rule in fitting]


def _set_currency(raw: Raw, values: Values) -> None:
    sign = words_in(values, "currency", "The currency")
    if len(sign) > 4:
        raise CorrectionRefused("A currency is a sign or three letters, such as $ or EUR.")
    raw["currency"] = sign


def _let_move(raw: Raw, values: Values) -> None:
    """Have one kind of person alone take a step."""
    entity = record_in(raw, values)
    move = next((candidate for candidate in entity["moves"] if candidate["label"] == values.get("move")), None)
    if move is None or values.get("name") not in {role["name"] for role in raw["roles"]}:
        raise CorrectionRefused("This step, or this kind of person, is not in the plan any more.")
    move["by"] = [values["name"]]


ANSWERS: Final[dict[str, Callable[[Raw, Values], None]]] = {
    "refuse_overlap": _refuse_overlap,
    "refuse_full": _refuse_full,
    "set_currency": _set_currency,
    "let_move": _let_move,
}
