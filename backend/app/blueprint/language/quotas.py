"""How much one person may have at a time: "members borrow at most three tools at a time"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.bounds import AT_MOST, BEHIND, NUMBER, WHAT, find_entity, link_to
from app.blueprint.language.lexicon import singular
from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import EntitySpec, FieldSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import finished, lower_first, status_field, with_article

_SPAN: Final = r"(?:at (?:a|one|any one|the same) time|at once)"
_WHOSE: Final = r"(?:,? (?:per|for each|for every|each|a) (?P<whose>[a-z]+))?"
_QUOTAS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{AT_MOST} {NUMBER} {WHAT} {_SPAN}\b{_WHOSE}",
        rf"\b{NUMBER} {WHAT} {BEHIND} {_SPAN}\b{_WHOSE}",
        rf"\b{AT_MOST} {NUMBER} {_SPAN}\b(?P<what>){_WHOSE}",
    )
)


@dataclass(frozen=True)
class _Quota:
    number: Decimal
    what: str
    whose: str
    said: str


def apply_quotas(goal: str, shape: Shape) -> Shape:
    """The rules with what one person may have at a time."""
    rules, said = list(shape.rules), list(shape.said)
    for quota in _read_quotas(goal):
        taking = taking_of(quota.what, shape.entities)
        rule = _rule_of(quota, taking, shape.entities) if taking is not None else None
        if rule is not None:
            rules.append(rule)
            said.append(quota.said)
    return replace(shape, rules=tuple(rules), said=tuple(said))


def _read_quotas(goal: str) -> Iterator[_Quota]:
    for pattern in _QUOTAS:
        for match in pattern.finditer(goal):
            number = match["number"].lower()
            whose = (match["whose"] or "").lower()
            yield _Quota(Decimal(NUMBERS.get(number, number)), match["what"].lower(), whose, match[0])


def taking_of(what: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The records by which somebody takes such a thing: the loans of tools, or the bookings themselves."""
    thing = find_entity(what, entities) if what else None
    if thing is not None and taker_of(thing, entities) is not None:
        return thing
    takings = [entity for entity in entities if taker_of(entity, entities) is not None and status_field(entity)]
    if thing is not None:
        return next((entity for entity in takings if link_to(entity, thing)), None)
    # Without a thing, the only ones there are.
    return takings[0] if len(takings) == 1 and not what else None


def taker_of(entity: EntitySpec, entities: Sequence[EntitySpec]) -> FieldSpec | None:
    """The link to whoever takes it."""
    people = {person.name for person in entities if is_person(person)}
    links = [field for field in entity.fields if field.ref in people and field.required]
    return links[0] if len(links) == 1 else None


def named_taker(whose: str, taking: EntitySpec, entities: Sequence[EntitySpec]) -> FieldSpec | None:
    """The link to what the number is said for, such as the household of "three toys at a time per household"."""
    taker = find_entity(whose, entities)
    return link_to(taking, taker) if taker is not None else None


def _rule_of(quota: _Quota, taking: EntitySpec, entities: Sequence[EntitySpec]) -> RuleSpec | None:
    taker = named_taker(quota.whose, taking, entities) if quota.whose else taker_of(taking, entities)
    condition = _condition(quota.number, taking, taker) if taker is not None else ""
    if taker is None or not condition:
        return None
    what = quota.what or lower_first(taking.plural)
    what = singular(what) if quota.number == 1 else what
    who = with_article(lower_first(taker.label)).capitalize()
    return RuleSpec(
        kind=RuleKind.CAPACITY, entity=taking.name, fields=(taker.name,), condition=condition,
        limit=quota.number,
        about=f"{who} has at most {quota.number} {what} at a time.",
    )  # fmt: skip


def _condition(most: Decimal, taking: EntitySpec, taker: FieldSpec) -> str:
    """The others of the same person that are not over are fewer than the number, or this one is over."""
    status = status_field(taking)
    over = finished(status) if status is not None else ()
    # What is never over is had for ever.
    if status is None or not over:
        return ""
    names = ", ".join(f'"{choice}"' for choice in over)
    others = f"{taker.name} = this.{taker.name} and id != this.id"
    is_open = f"({status.name} is empty or {status.name} not in ({names}))"
    return f"count({taking.name} via none where {others} and {is_open}) < {most} or {status.name} in ({names})"
