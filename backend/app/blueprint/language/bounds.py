"""The numbers that a goal gives: "at most eight people a course", "each goal has at most four steps"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.lexicon import singular
from app.blueprint.shape_rules import is_person, takes_place, with_article
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, space_limit

_NUMBER: Final = rf"(?P<number>\d{{1,4}}|{'|'.join(NUMBERS)})"
_AT_MOST: Final = r"(?:at most|at the most|up to|no more than|not more than|max\.?|maximum(?: of)?|a maximum of)"
_WHAT: Final = r"(?P<what>[a-z]+(?: [a-z]+)?)"
_PER: Final = r"(?:(?:in|for|on|to) )?(?:a|an|per|each|every|one)"
_WHOLE: Final = r"(?P<whole>[a-z]+(?: [a-z]+)?)"
_HAS: Final = "(?:may have|can have|has|have|holds?|takes?|fits?)"
_BOUNDS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_AT_MOST} {_NUMBER} {_WHAT} {_PER} {_WHOLE}",
        rf"\b{_NUMBER} {_WHAT} (?:at most|max(?:imum)?) {_PER} {_WHOLE}",
        rf"\b(?:(?:each|every|an?) )?{_WHOLE} {_HAS} {_AT_MOST} {_NUMBER} {_WHAT}",
    )
)
_DEEDS: Final = frozenset({"Booking", "Enrolment", "Registration", "Reservation", "Sign-up", "Signup"})
_WITHIN_TIME: Final = re.compile(
    r"^[^,.;]{0,4}\b(?:a|an|per|each|every|in|within) [^,.;]{0,8}(?:day|week|month|year)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Bound:
    number: Decimal
    what: str
    whole: str


def bounded(
    goal: str, entities: Sequence[EntitySpec], rules: Sequence[RuleSpec]
) -> tuple[tuple[EntitySpec, ...], tuple[RuleSpec, ...]]:
    """The records and rules with the founder's numbers: what each says itself need not be entered any more."""
    kept, bound_rules = list(entities), list(rules)
    for bound in _bounds(goal):
        whole = _named(bound.whole, kept)
        if whole is None:
            continue
        at = next((at for at, rule in enumerate(bound_rules) if _is_full(rule, kept, whole)), None)
        if at is not None and bound_rules[at].limit is None:
            bound_rules[at] = _limited(_counting(bound_rules[at]), bound, whole)
            kept[kept.index(whole)] = _without_room(whole)
        elif at is None and (counted := _part(bound.what, whole, kept)) is not None:
            bound_rules.append(_limited(counted, bound, whole))
    return tuple(kept), tuple(bound_rules)


def _bounds(goal: str) -> Iterator[_Bound]:
    for pattern in _BOUNDS:
        for found in pattern.finditer(goal):
            # "three parcels a household in six months" counts in a span of time, which no such rule does.
            if not _WITHIN_TIME.match(goal[found.end() :]):
                number = found["number"].lower()
                yield _Bound(Decimal(NUMBERS.get(number, number)), found["what"].lower(), found["whole"].lower())


def _named(words: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The kind of record that words speak of: "cooking shift", "shift" and "shifts" of a cooking shift."""
    first, _, second = words.partition(" ")
    for said in (f"{first} {singular(second)}" if second else "", singular(first), singular(second)):
        for entity in entities:
            label = entity.label.lower()
            if said and (label == said or label.rpartition(" ")[2] == said):
                return entity
    return None


def _is_full(rule: RuleSpec, entities: Sequence[EntitySpec], whole: EntitySpec) -> bool:
    """Whether a rule refuses more of something for such a record, by its places or as if it were one person's."""
    entity = next((one for one in entities if one.name == rule.entity), None)
    if entity is None or rule.kind not in (RuleKind.CAPACITY, RuleKind.NO_OVERLAP):
        return False
    # A room for four people is still one booking's at a time; a course is not.
    if rule.kind is RuleKind.NO_OVERLAP and not takes_place(whole):
        return False
    return any(field is not None and field.ref == whole.name for field in map(entity.field, rule.fields))


def _counting(rule: RuleSpec) -> RuleSpec:
    """What has room for several is not taken by one of them: its places count, not its hours."""
    if rule.kind is RuleKind.CAPACITY:
        return rule
    return RuleSpec(kind=RuleKind.CAPACITY, entity=rule.entity, fields=rule.fields[-1:], about=rule.about)


def _part(what: str, whole: EntitySpec, entities: Sequence[EntitySpec]) -> RuleSpec | None:
    """A rule that counts the records of that name which belong to the whole."""
    part = _named(what, entities)
    if part == whole:
        return None
    counted = [part] if part is not None and _link(part, whole) else []
    if not counted and takes_place(whole) and not is_person(whole):
        # Six dogs a walk are six bookings of the walk, where a walk is booked.
        counted = [one for one in entities if _is_deed(one)]
    entity = next((one for one in counted if _link(one, whole)), None)
    link = _link(entity, whole) if entity is not None else None
    if entity is None or link is None:
        return None
    return RuleSpec(kind=RuleKind.CAPACITY, entity=entity.name, fields=(link.name,), about="-")


def _link(entity: EntitySpec, whole: EntitySpec) -> FieldSpec | None:
    links = (field for field in entity.fields if field.type is FieldType.REF and field.ref == whole.name)
    return next(links, None)


def _is_deed(entity: EntitySpec) -> bool:
    """Whether it is what somebody does with something, such as a booking, by what it belongs to."""
    return entity.label in _DEEDS


def _limited(rule: RuleSpec, bound: _Bound, whole: EntitySpec) -> RuleSpec:
    what = bound.what if bound.number != 1 else singular(bound.what)
    about = f"{with_article(lower_first(whole.label)).capitalize()} takes at most {bound.number} {what}."
    return rule.model_copy(update={"limit": bound.number, "about": about})


def _without_room(entity: EntitySpec) -> EntitySpec:
    room = space_limit(entity)
    return entity.model_copy(update={"fields": tuple(field for field in entity.fields if field.name != room)})
