"""Writes the test of an app's rules: each rule of the specification is tried, whatever the app's code says."""

from __future__ import annotations

from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.examples import conditions_of
from app.blueprint.generate.rules import Rule, off_field, rules_of
from app.blueprint.spec import AppSpec

_HEAD = (
    '"""The rules of this app hold, in its forms and in its database."""\n\nfrom __future__ import annotations\n\n'
)
_IMPORTS = "from . import tries\nfrom .client import Browser\n"
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


def rule_tests_py(spec: AppSpec) -> str:
    """The module's text: a test for each rule, which stays red when the rule is taken out of the app."""
    rules = [rule for entity in spec.entities for rule in rules_of(spec, entity)]
    if not rules:
        return _HEAD + "from app.schema import ENTITIES\n" + _NO_RULES
    return _HEAD + _IMPORTS + "".join(_test(spec, rule, number) for number, rule in enumerate(rules, start=1))


def _test(spec: AppSpec, rule: Rule, number: int) -> str:
    call = _CALLS[rule.word]
    arguments = ", ".join(["client", repr(rule.entity.table), *_arguments(spec, rule)])
    name = f"test_rule_{number}_{call}_of_{rule.entity.table}"
    return f"\n\ndef {name}(client: Browser) -> None:\n    # {rule.about!a}\n    tries.{call}({arguments})\n"


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
        case "Ensure":
            return [*_violation(spec, rule), repr((rule.about,))]
        case _:
            return _words(rule, "money", "ref", "into", "times")


def _violation(spec: AppSpec, rule: Rule) -> list[str]:
    """The changes that make a record break the rule, by table, and how many like it are there before."""
    stated = next(other for other in conditions_of(spec, rule.entity) if other.about == rule.about)
    broken = examples_of(spec).violation(rule.entity, stated)
    if broken is None:
        raise ValueError(f"no example was found that breaks the rule {rule.about!r}; say it in a simpler way")
    changes: dict[str, dict[str, str]] = {}
    for (name, field), text in broken.changes.items():
        entity = spec.entity(name)
        if entity is not None:
            changes.setdefault(entity.table, {})[field] = text
    return [repr(changes), repr(broken.copies)]


def _words(rule: Rule, *names: str) -> list[str]:
    return [repr(rule.text(name)) for name in names]


def _off(spec: AppSpec, rule: Rule) -> tuple[str, str, str]:
    """The status and the word that call a record off, and the field through which they do."""
    words, through = rule.values.get("ignore", ()), rule.text("through")
    link = rule.entity.field(through) if through else None
    holder = spec.entity(link.ref or "") if link else rule.entity
    status = off_field(holder) if holder else None
    return (status.name, "".join(words[:1]), through) if status and words else ("", "", "")
