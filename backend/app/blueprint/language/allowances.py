"""How much one person may have in a span of time: "members book courts, at most two bookings a week"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.archetypes import actions, key_of
from app.blueprint.language.bounds import AT_MOST, BEHIND, NUMBER, WHAT, find_entity
from app.blueprint.language.lexicon import singular, verb_stem
from app.blueprint.language.quotas import named_taker, taker_of, taking_of
from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, status_field, with_article

_MANY: Final = rf"(?P<many>\d{{1,3}}|{'|'.join(NUMBERS)}) (?P<spans>days|weeks|months|years)"
_SPAN: Final = (
    r"(?:(?:a|an|per|each|every|in (?:a|one|any)|within (?:a|one)) (?P<span>day|week|month|year)"
    rf"|(?:in|within|every) {_MANY})"
)
"""A span of time that a number is said for: "a week", "in six months"."""
_WHOSE: Final = r"(?:,? (?:per|for each|for every|each) (?P<whose>[a-z]+))?"
_MAY: Final = r"(?:may|can|could|gets?|has|have|(?:is|are) (?:allowed|entitled to))"
_ALLOWED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{AT_MOST} {NUMBER} {WHAT} {_SPAN}\b{_WHOSE}",
        rf"\b{AT_MOST} {NUMBER} {WHAT} (?:per|for each|for every|each) (?P<whose>[a-z]+),? {_SPAN}\b",
        rf"\b{NUMBER} {WHAT} {_SPAN}(?: each)?,? {BEHIND}",
        rf"\b{_MAY} (?:[a-z]+ )?{NUMBER} {WHAT} {_SPAN}\b",
        rf"\b{_MAY} (?:only )?(?P<deed>[a-z]+) (?:[a-z ]{{0,30}}?)(?:only |{AT_MOST} )?"
        rf"{NUMBER}(?: times)? {_SPAN}\b",
        r"\b(?:no|not|never|nobody|cannot|can't) [^.;\n]{0,40}?\b(?P<deed>[a-z]+) (?:again|another|a second) "
        rf"[^.;\n]{{0,20}}?(?:within|in|for) {_MANY}\b",
    )
)
_SAME: Final = {
    "day": "day({own}) = day({this})", "week": "week({own}) = week({this})",
    "month": "month({own}) = month({this})", "year": "year({own}) = year({this})",
}  # fmt: skip
_IN_DAYS: Final = {"days": 1, "weeks": 7}
_IN_MONTHS: Final = {"months": 1, "years": 12}
_TIMES: Final = frozenset({"times", "time"})
_HOURS: Final = frozenset({"hour", "hours"})
_WHEN: Final = (FieldType.DATETIME, FieldType.DATE)
_CALLED_OFF: Final = ("Cancelled", "Rejected", "Refused", "Declined", "Withdrawn", "Failed", "Denied")
_SENTENCE_END: Final = re.compile(r"[.;!?\n]")
_ANYBODY: Final = frozenset({"nobody", "anybody", "anyone", "everyone", "everybody", "each", "one"})


@dataclass(frozen=True)
class _Allowance:
    """So many in so many units of time; `deed` is the verb that it is said of, where no thing is named."""

    number: Decimal
    what: str
    whose: str
    deed: str
    unit: str
    units: int
    before: str
    clause: str

    @property
    def span(self) -> str:
        """The span of time as a rule tells it: "a week", "in six months"."""
        return f"in {self.units} {self.unit}" if self.unit.endswith("s") else f"a {self.unit}"


def apply_allowances(goal: str, shape: Shape) -> Shape:
    """The rules with what one person may have in a span of time."""
    rules, clauses = list(shape.rules), list(shape.said)
    for allowance in _read_allowances(goal):
        taking = _taking(allowance, shape.entities)
        rule = _rule_of(allowance, taking, shape.entities) if taking is not None else None
        if rule is not None and all(rule.condition != earlier.condition for earlier in rules):
            rules.append(rule)
            clauses.append(allowance.clause)
    return replace(shape, rules=tuple(rules), said=tuple(clauses))


def _read_allowances(goal: str) -> Iterator[_Allowance]:
    for pattern in _ALLOWED:
        for match in pattern.finditer(goal):
            parts = {name: (text or "").lower() for name, text in match.groupdict().items()}
            number, amount = parts.get("number") or "1", parts.get("many") or "1"
            yield _Allowance(
                number=Decimal(NUMBERS.get(number, number)),
                what="" if parts.get("what") in _TIMES else parts.get("what", ""),
                whose=parts.get("whose", ""),
                deed=verb_stem(parts.get("deed", "")) or parts.get("deed", ""),
                unit=parts.get("span") or parts.get("spans") or "",
                units=int(NUMBERS.get(amount, amount)),
                before=_SENTENCE_END.split(goal[: match.end()])[-1].lower(),
                clause=match[0],
            )


def _taking(allowance: _Allowance, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The records that are counted: of what is named, or that a deed such as "book" leaves behind."""
    takings = [entity for entity in entities if taker_of(entity, entities) is not None]
    if allowance.deed:
        label = key_of(actions().get(allowance.deed, allowance.deed))
        return next((entity for entity in takings if key_of(entity.label).endswith(label)), None)
    if allowance.what in _HOURS:
        # Nobody enters the hours of what has a beginning and an end, so none are added up.
        return next((entity for entity in takings if _hours_of(entity)), None)
    return taking_of(allowance.what, entities)


def _rule_of(allowance: _Allowance, taking: EntitySpec, entities: Sequence[EntitySpec]) -> RuleSpec | None:
    taker = named_taker(allowance.whose, taking, entities) if allowance.whose else taker_of(taking, entities)
    when = next((field for kind in _WHEN for field in taking.fields if field.type is kind), None)
    if taker is None or when is None or not (allowance.whose or _is_of_people(allowance, entities)):
        return None
    what = allowance.what or lower_first(taking.plural)
    who = with_article(lower_first(taker.label)).capitalize()
    return RuleSpec(
        kind=RuleKind.CAPACITY,
        entity=taking.name,
        fields=(taker.name,),
        condition=_condition(allowance, taking, taker, when),
        limit=allowance.number,
        about=f"{who} has at most {allowance.number} {singular(what) if allowance.number == 1 else what} "
        f"{allowance.span}.",
    )


def _is_of_people(allowance: _Allowance, entities: Sequence[EntitySpec]) -> bool:
    """True if the sentence speaks of people: "no more than six bookings a day" alone is about the business."""
    words = re.findall(r"[a-z]+", allowance.before)
    kinds = (find_entity(word, entities) for word in words)
    return bool(_ANYBODY & set(words)) or any(entity is not None and is_person(entity) for entity in kinds)


def _condition(allowance: _Allowance, taking: EntitySpec, taker: FieldSpec, when: FieldSpec) -> str:
    """That the others of the same person in the same span of time leave room for this one."""
    theirs = (
        f"{taker.name} = this.{taker.name} and {_in_span(allowance, when)} and id != this.id{_still_on(taking)}"
    )
    if allowance.what in _HOURS:
        hours = _hours_of(taking)
        others = f"or_else(sum({hours} of {taking.name} via none where {theirs}), 0)"
        return f"{others} + or_else({hours}, 0) <= {allowance.number}"
    return f"count({taking.name} via none where {theirs}) < {allowance.number}"


def _still_on(taking: EntitySpec) -> str:
    status = status_field(taking)
    off = [f'"{choice}"' for choice in _CALLED_OFF if status is not None and choice in status.choices]
    if status is None or not off:
        return ""
    return f" and ({status.name} is empty or {status.name} not in ({', '.join(off)}))"


def _in_span(allowance: _Allowance, when: FieldSpec) -> str:
    """That another record falls into the same span of time as this one."""
    field, this = when.name, f"this.{when.name}"
    if allowance.unit in _SAME:
        return _SAME[allowance.unit].format(own=field, this=this)
    if allowance.unit in _IN_DAYS:
        return f"abs(days({field}, {this})) < {allowance.units * _IN_DAYS[allowance.unit]}"
    months = allowance.units * _IN_MONTHS[allowance.unit]
    return f"{field} > add_months({this}, -{months}) and {field} < add_months({this}, {months})"


def _hours_of(taking: EntitySpec) -> str:
    """The number of hours that such a record says it took."""
    return next((field.name for field in taking.fields if field.name in _HOURS), "")
