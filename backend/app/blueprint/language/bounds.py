"""The numbers that a goal gives: "at most eight people a course", "each goal has at most four steps"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.lexicon import singular
from app.blueprint.shape_rules import is_person, takes_place
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, space_limit, with_article

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
_BOOKINGS: Final = frozenset({"Booking", "Enrolment", "Registration", "Reservation", "Sign-up", "Signup"})
_WITHIN_TIME: Final = re.compile(
    r"^[^,.;]{0,4}\b(?:a|an|per|each|every|in|within) [^,.;]{0,8}(?:day|week|month|year)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Bound:
    number: Decimal
    what: str
    whole: str


def apply_bounds(
    goal: str, entities: Sequence[EntitySpec], rules: Sequence[RuleSpec]
) -> tuple[tuple[EntitySpec, ...], tuple[RuleSpec, ...]]:
    """The records and rules with the founder's numbers; a number that the goal gives need not be entered."""
    bounded_entities, bound_rules = list(entities), list(rules)
    for bound in _read_bounds(goal):
        whole = _find_entity(bound.whole, bounded_entities)
        if whole is None:
            continue
        at = next(
            (at for at, rule in enumerate(bound_rules) if _refuses_more(rule, bounded_entities, whole)), None
        )
        if at is not None and bound_rules[at].limit is None:
            bound_rules[at] = _with_limit(_as_capacity(bound_rules[at]), bound, whole)
            bounded_entities[bounded_entities.index(whole)] = _without_own_limit(whole)
        elif at is None and (counted := _counting_rule(bound.what, whole, bounded_entities)) is not None:
            bound_rules.append(_with_limit(counted, bound, whole))
    return tuple(bounded_entities), tuple(bound_rules)


def _read_bounds(goal: str) -> Iterator[_Bound]:
    for pattern in _BOUNDS:
        for match in pattern.finditer(goal):
            # "three parcels a household in six months" counts in a span of time, which no such rule does.
            if not _WITHIN_TIME.match(goal[match.end() :]):
                number = match["number"].lower()
                yield _Bound(Decimal(NUMBERS.get(number, number)), match["what"].lower(), match["whole"].lower())


def _find_entity(words: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The kind of record that words speak of: "cooking shift", "shift" and "shifts" of a cooking shift."""
    first_word, _, second_word = words.partition(" ")
    for name in (
        f"{first_word} {singular(second_word)}" if second_word else "",
        singular(first_word),
        singular(second_word),
    ):
        for entity in entities:
            label = entity.label.lower()
            if name and (label == name or label.rpartition(" ")[2] == name):
                return entity
    return None


def _refuses_more(rule: RuleSpec, entities: Sequence[EntitySpec], whole: EntitySpec) -> bool:
    """True if a rule refuses more records for such a whole, by its places or as if it were one person's."""
    entity = next((candidate for candidate in entities if candidate.name == rule.entity), None)
    if entity is None or rule.kind not in (RuleKind.CAPACITY, RuleKind.NO_OVERLAP):
        return False
    # A room for four people is still one booking's at a time; a course is not.
    if rule.kind is RuleKind.NO_OVERLAP and not takes_place(whole):
        return False
    return any(field is not None and field.ref == whole.name for field in map(entity.field, rule.fields))


def _as_capacity(rule: RuleSpec) -> RuleSpec:
    """The rule with places in place of hours: one booking does not fill what has room for several."""
    if rule.kind is RuleKind.CAPACITY:
        return rule
    return RuleSpec(kind=RuleKind.CAPACITY, entity=rule.entity, fields=rule.fields[-1:], about=rule.about)


def _counting_rule(what: str, whole: EntitySpec, entities: Sequence[EntitySpec]) -> RuleSpec | None:
    """A rule that counts the records of that name which belong to the whole."""
    part = _find_entity(what, entities)
    if part == whole:
        return None
    counted = [part] if part is not None and _link_to(part, whole) else []
    if not counted and takes_place(whole) and not is_person(whole):
        # Six dogs a walk are six bookings of the walk, where a walk is booked.
        counted = list(filter(_is_booking, entities))
    entity = next((candidate for candidate in counted if _link_to(candidate, whole)), None)
    link = _link_to(entity, whole) if entity is not None else None
    if entity is None or link is None:
        return None
    return RuleSpec(kind=RuleKind.CAPACITY, entity=entity.name, fields=(link.name,), about="-")


def _link_to(entity: EntitySpec, whole: EntitySpec) -> FieldSpec | None:
    links = (field for field in entity.fields if field.type is FieldType.REF and field.ref == whole.name)
    return next(links, None)


def _is_booking(entity: EntitySpec) -> bool:
    """True if it is an act upon something, such as a booking of a walk."""
    return entity.label in _BOOKINGS


def _with_limit(rule: RuleSpec, bound: _Bound, whole: EntitySpec) -> RuleSpec:
    what = bound.what if bound.number != 1 else singular(bound.what)
    about = f"{with_article(lower_first(whole.label)).capitalize()} takes at most {bound.number} {what}."
    return rule.model_copy(update={"limit": bound.number, "about": about})


def _without_own_limit(entity: EntitySpec) -> EntitySpec:
    room = space_limit(entity)
    return entity.model_copy(update={"fields": tuple(field for field in entity.fields if field.name != room)})
