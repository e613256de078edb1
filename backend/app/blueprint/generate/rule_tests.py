"""Writes the test of an app's rules: each rule of the specification is tried, whatever the app's code says."""

from __future__ import annotations

import json

from app.blueprint.generate.example_records import Json, examples_of, violation_py
from app.blueprint.generate.rules import Rule, rules_of
from app.blueprint.generate.stated import is_tangled, judged_rules, off_field
from app.blueprint.spec import AppSpec, RuleSpec
from app.domain.failure import BuildFailed, FailureCode

_HEAD = (
    '"""The rules of this app hold, in its forms and in its database."""\n\nfrom __future__ import annotations\n\n'
)
_IMPORTS = "from . import tries\nfrom .client import Browser\nfrom .scenes import SCENES\n"
_NO_RULES = (
    "\n\ndef test_this_app_has_no_rules() -> None:\n    assert not any(entity.rules for entity in ENTITIES)\n"
)
_CALLS = {
    "Unique": "unique",
    "NoOverlap": "no_overlap",
    "Capacity": "capacity",
    "InOrder": "in_order",
    "Sum": "sums",
    "Stock": "stock",
    "Overdue": "overdue",
    "Ensure": "ensure",
}
Numbered = tuple[int, Rule]


def rule_tests_py(spec: AppSpec) -> str:
    """The module's text: a test for each rule, which stays red when the rule is taken out of the app."""
    if not _numbered(spec):
        return _HEAD + "from app.schema import ENTITIES\n" + _NO_RULES
    return _HEAD + _IMPORTS + "".join(_test(spec, rule, number) for number, rule in _numbered(spec))


def rule_scenes(spec: AppSpec) -> dict[str, Json]:
    """The scenes that break the rules, by the name that the tests call them by."""
    tried = {number: _tried_by_scene(spec, rule) for number, rule in _numbered(spec)}
    return {_scene_name(number): violation for number, violation in tried.items() if violation is not None}


def _numbered(spec: AppSpec) -> list[Numbered]:
    return list(enumerate((rule for entity in spec.entities for rule in rules_of(spec, entity)), start=1))


def _scene_name(number: int) -> str:
    return f"rule {number}"


def _tried_by_scene(spec: AppSpec, rule: Rule) -> Json | None:
    """The scene that breaks a rule, where its kind of record has conditions that must be kept beside it."""
    said = next((other for other in judged_rules(spec, rule.entity) if other.about == rule.about), None)
    if said is None or not is_tangled(spec, rule.entity):
        return None
    return _violation(spec, rule, said)


def _violation(spec: AppSpec, rule: Rule, said: RuleSpec) -> Json:
    broken = examples_of(spec).violation(rule.entity, said)
    if broken is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE,
            f"Nothing was found that the rule “{rule.about}” would refuse; say it in a simpler way.",
        )
    return violation_py(spec, broken)


def scenes_json(scenes: dict[str, Json]) -> str:
    """The text of `scenes.json`."""
    return json.dumps(scenes, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _test(spec: AppSpec, rule: Rule, number: int) -> str:
    call = _CALLS[rule.word]
    name = f"test_rule_{number}_{call}_of_{rule.entity.table}"
    if _tried_by_scene(spec, rule) is not None:
        body = f"tries.refused(client, SCENES[{_scene_name(number)!r}], {rule.about!r})"
    else:
        arguments = ", ".join(["client", repr(rule.entity.table), *_arguments(spec, rule)])
        body = f"tries.{call}({arguments})"
    return f"\n\ndef {name}(client: Browser) -> None:\n    # {rule.about!a}\n    {body}\n"


def _arguments(spec: AppSpec, rule: Rule) -> list[str]:
    values = rule.values
    says = repr(tuple(one.about for one in rules_of(spec, rule.entity) if one.word not in ("Sum", "Overdue")))
    match rule.word:
        case "Unique":
            return [repr(values["fields"]), says]
        case "NoOverlap":
            return [*_words(rule, "start", "end", "ref", "lasts"), says]
        case "Capacity":
            return [*_words(rule, "ref", "limit", "takes"), repr(_off(spec, rule)[:2]), says]
        case "InOrder":
            return [*_words(rule, "earlier", "later"), says]
        case "Stock":
            return [*_words(rule, "ref", "counted", "quantity"), repr(_off(spec, rule)), says]
        case "Overdue":
            return [*_words(rule, "date", "status"), repr("".join(values["done"][:1]))]
        case _:
            return _words(rule, "money", "ref", "into", "times")


def _words(rule: Rule, *names: str) -> list[str]:
    return [repr(rule.text(name)) for name in names]


def _off(spec: AppSpec, rule: Rule) -> tuple[str, str, str]:
    """The status and the word that call a record off, and the field through which they do."""
    words, through = rule.values.get("ignore", ()), rule.text("through")
    link = rule.entity.field(through) if through else None
    holder = spec.entity(link.ref or "") if link else rule.entity
    status = off_field(holder) if holder else None
    return (status.name, "".join(words[:1]), through) if status and words else ("", "", "")
