"""Writes the test of an app's rules: each rule of the specification is tried, whatever the app's code says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, assert_never

from app.blueprint.generate.example_records import (
    Json,
    breaks_alone,
    examples_of,
    scene_py,
    violation_of,
    violation_py,
)
from app.blueprint.generate.locks import locked_scene
from app.blueprint.generate.rules import Rule, RuleWord, rules_of
from app.blueprint.generate.stated import is_tangled, judged_rules, off_field
from app.blueprint.spans import orders_of
from app.blueprint.spec import AppSpec, EntitySpec, RuleKind, RuleSpec
from app.domain.failure import BuildFailed, FailureCode

_HEAD = (
    '"""The rules of this app hold, in its forms and in its database."""\n\nfrom __future__ import annotations\n\n'
)
_IMPORTS = "from . import tries\nfrom .client import Browser\nfrom .scenes import SCENES\n"
_NO_RULES = (
    "\n\ndef test_this_app_has_no_rules() -> None:\n    assert not any(entity.rules for entity in ENTITIES)\n"
)
_CALLS: Final[Mapping[RuleWord, str]] = {
    "Unique": "unique",
    "NoOverlap": "no_overlap",
    "Capacity": "capacity",
    "InOrder": "in_order",
    "Sum": "sums",
    "Stock": "stock",
    "Overdue": "overdue",
    "Ensure": "ensure",
    "Locked": "locked",
}
Numbered = tuple[int, Rule]


def rule_tests_py(spec: AppSpec) -> str:
    """The module's text: a test for each rule, which stays red when the rule is taken out of the app."""
    if not _numbered_rules(spec):
        return _HEAD + "from app.schema import ENTITIES\n" + _NO_RULES
    return _HEAD + _IMPORTS + "".join(_test_source(spec, rule, number) for number, rule in _numbered_rules(spec))


def rule_scenes(spec: AppSpec) -> dict[str, Json]:
    """The scenes that break the rules, by the name that the tests call them by."""
    tried = {number: _tried_by_scene(spec, rule) for number, rule in _numbered_rules(spec)}
    return {_scene_name(number): violation for number, violation in tried.items() if violation is not None}


def _numbered_rules(spec: AppSpec) -> list[Numbered]:
    rules = [rule for entity in spec.entities for rule in rules_of(spec, entity)]
    return list(enumerate((rule for rule in rules if _can_be_tried(spec, rule)), start=1))


def _can_be_tried(spec: AppSpec, rule: Rule) -> bool:
    """False for an order that follows from a span, where some condition refuses before whatever would break it."""
    implied = [order for order in orders_of(spec, rule.entity) if order.about == rule.about]
    is_stated = any((stated.entity, stated.about) == (rule.entity.name, rule.about) for stated in spec.rules)
    if is_stated or not implied or not is_tangled(spec, rule.entity):
        return True
    return examples_of(spec).violation(rule.entity, implied[0]) is not None


def _scene_name(number: int) -> str:
    return f"rule {number}"


def _tried_by_scene(spec: AppSpec, rule: Rule) -> Json | None:
    """The scene that breaks a rule, where its kind of record has conditions that must be kept beside it."""
    if rule.word == "Locked":
        return _locked_json(spec, rule)
    # By the sentence: what the generator writes of a rule no longer says which of the specification it is.
    rule_spec = next((judged for judged in judged_rules(spec, rule.entity) if judged.about == rule.about), None)
    if rule_spec is None or not is_tangled(spec, rule.entity):
        return None
    return _violation_json(spec, rule, rule_spec)


def _violation_json(spec: AppSpec, rule: Rule, rule_spec: RuleSpec) -> Json:
    broken = violation_of(spec, rule.entity, rule_spec)
    if broken is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE,
            f"Nothing was found that the rule “{rule.about}” would refuse; {_way_out(rule.entity, rule_spec)}.",
        )
    is_changed_so = rule_spec.on_entry and breaks_alone(spec, rule.entity, broken)
    return violation_py(spec, broken) | ({"on_entry": True} if is_changed_so else {})


def _locked_json(spec: AppSpec, rule: Rule) -> Json:
    locks = (lock for lock in spec.rules if lock.kind is RuleKind.LOCKED and lock.entity == rule.entity.name)
    scene = next((locked_scene(spec, rule.entity, lock) for lock in locks if lock.about == rule.about), None)
    if scene is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE, f"No record was found that the rule “{rule.about}” would keep as it is."
        )
    return scene_py(spec, scene)


def _way_out(entity: EntitySpec, rule: RuleSpec) -> str:
    """The way out of a rule that refuses nothing: often a step refuses the same before it is asked."""
    judged = rule.when or ""
    steps = [move.label for move in entity.moves if move.only_if and f'"{move.target}"' in judged]
    if steps:
        return f"the step “{steps[0]}” refuses it before: leave the rule out, or the condition of the step"
    return "say it in a simpler way"


def scenes_json(scenes: dict[str, Json]) -> str:
    """The text of `scenes.json`."""
    return json.dumps(scenes, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _test_source(spec: AppSpec, rule: Rule, number: int) -> str:
    call = _CALLS[rule.word]
    name = f"test_rule_{number}_{call}_of_{rule.entity.table}"
    if _tried_by_scene(spec, rule) is not None:
        # The generic tries know nothing of conditions, and would be refused for one of those.
        attempt = "locked" if rule.word == "Locked" else "refused"
        body = f"tries.{attempt}(client, SCENES[{_scene_name(number)!r}], {rule.about!r})"
    else:
        arguments = ", ".join(["client", repr(rule.entity.table), *_arguments_of(spec, rule)])
        body = f"tries.{call}({arguments})"
    return f"\n\ndef {name}(client: Browser) -> None:\n    # {rule.about!a}\n    {body}\n"


def _arguments_of(spec: AppSpec, rule: Rule) -> list[str]:
    values = rule.values
    # A try may meet another rule of the record first, and must take no refusal for this one's.
    says = repr(
        tuple(judged.about for judged in rules_of(spec, rule.entity) if judged.word not in ("Sum", "Overdue"))
    )
    match rule.word:
        case "Unique":
            return [repr(values["fields"]), says]
        case "NoOverlap":
            return [*_texts_of(rule, "start", "end", "ref", "lasts"), says]
        case "Capacity":
            return [*_texts_of(rule, "ref", "limit", "takes"), repr(_call_off_words(spec, rule)[:2]), says]
        case "InOrder":
            return [*_texts_of(rule, "earlier", "later"), says]
        case "Stock":
            return [*_texts_of(rule, "ref", "counted", "quantity"), repr(_call_off_words(spec, rule)), says]
        case "Overdue":
            return [*_texts_of(rule, "date", "status"), repr("".join(rule.words("done")[:1]))]
        case "Sum":
            return _texts_of(rule, "money", "ref", "into", "times")
        case "Ensure" | "Locked":
            raise AssertionError(f"the condition {rule.about!r} is tried by a scene")
        case _:
            assert_never(rule.word)


def _texts_of(rule: Rule, *names: str) -> list[str]:
    return [repr(rule.text(name)) for name in names]


def _call_off_words(spec: AppSpec, rule: Rule) -> tuple[str, str, str]:
    """The status and the word that call a record off, and the field through which they do."""
    words, through = rule.words("ignore"), rule.text("through")
    link = rule.entity.field(through) if through else None
    holder = spec.entity(link.ref or "") if link else rule.entity
    status = off_field(holder) if holder else None
    return (status.name, "".join(words[:1]), through) if status and words else ("", "", "")
