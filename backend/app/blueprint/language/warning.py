"""The days that a goal wants to be warned of: "expired ones in red", "flag anything due inside 30 days"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.shaping import Shape
from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import finished, lower_first, status_field, with_article

_WARNED: Final = re.compile(
    r"\b(?:warn(?:s|ed|ing|ings)?|flag(?:s|ged)?|alert(?:s|ed)?|remind(?:s|ed|er|ers)?"
    r"|highlight(?:s|ed)?|(?:in|shows?|turns?) red|overdue|out of date|expir(?:ed|ing)|expires? (?:soon|in)"
    r"|runs? out|ran out|lapse[sd]?"
    r"|about to|coming up|falls? due|due (?:soon|for|in|inside|within))\b",
    re.IGNORECASE,
)
_SOME: Final = rf"(?:\d{{1,3}}|{'|'.join(NUMBERS)})"
_UNIT: Final = r"(?:days?|weeks?|months?)"
_BEFORE: Final = re.compile(
    rf"\b(?P<number>{_SOME}|an?) (?P<unit>{_UNIT}) (?:before|ahead|in advance|early|earlier|prior|away|left)\b"
    rf"|\b(?:inside|within|in the next|next|in) (?P<number2>{_SOME}) (?P<unit2>{_UNIT})\b"
    rf"|\b(?:warning|reminder|notice)(?: of)? (?P<number3>{_SOME}) (?P<unit3>{_UNIT})\b",
    re.IGNORECASE,
)
_DAYS: Final = {"day": 1, "week": 7, "month": 30}
_LAST_DAYS: Final = word_list("last_days")
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)
_NEAR: Final = 60
_MOST_DAYS: Final = 400
_MOST_RULES: Final = 40


def apply_warnings(goal: str, shape: Shape) -> Shape:
    """The rules with the days that are warned of, where the goal asks to be warned of any."""
    matches = list(_WARNED.finditer(goal))
    if not matches:
        return shape
    days, words = _days_before(goal, matches)
    rules = list(shape.rules)
    for entity in shape.entities:
        at = next((at for at, rule in enumerate(rules) if _is_warning(rule, entity)), None)
        if at is not None:
            rules[at] = rules[at] if days is None else rules[at].model_copy(update={"limit": days})
            continue
        rules.extend(_warning(entity, field, days) for field in _last_days(entity))
    if len(rules) == len(shape.rules) and days is None:
        return shape
    has_warning = any(rule.kind is RuleKind.OVERDUE for rule in rules)
    clauses = (*shape.said, *(match[0] for match in matches), *words) if has_warning else shape.said
    return replace(shape, rules=tuple(rules[:_MOST_RULES]), said=clauses)


def _days_before(goal: str, matches: Sequence[re.Match[str]]) -> tuple[Decimal | None, tuple[str, ...]]:
    """How many days before the day it is warned, where one number is said near a warning."""
    for match in _BEFORE.finditer(goal):
        parts = match.groupdict()
        number = next(parts[name] for name in ("number", "number2", "number3") if parts[name]).lower()
        unit = next(parts[name] for name in ("unit", "unit2", "unit3") if parts[name]).lower().rstrip("s")
        days = int(NUMBERS.get(number, "1" if number in ("a", "an") else number)) * _DAYS[unit]
        near = any(abs(match.start() - warned.start()) < _NEAR for warned in matches)
        if near and days <= _MOST_DAYS:
            return Decimal(days), (match[0],)
    return None, ()


def _is_warning(rule: RuleSpec, entity: EntitySpec) -> bool:
    return rule.kind is RuleKind.OVERDUE and rule.entity == entity.name


def _last_days(entity: EntitySpec) -> Iterator[FieldSpec]:
    """The dates after which a record is late or no longer good."""
    for field in entity.fields:
        if field.type in _DATES and _LAST_DAYS & set(field.name.split("_")):
            yield field


def _warning(entity: EntitySpec, field: FieldSpec, days: Decimal | None) -> RuleSpec:
    status = status_field(entity)
    fields = (field.name, status.name) if status is not None and finished(status) else (field.name,)
    when = f"{days} days before it" if days is not None else "once it has passed"
    what = with_article(lower_first(entity.label)).capitalize()
    about = f"{what} is marked by its day “{field.label}”, {when}."
    return RuleSpec(kind=RuleKind.OVERDUE, entity=entity.name, fields=fields, limit=days, about=about)
