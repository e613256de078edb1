"""The numbers that a goal gives: "at most eight people a course", "each goal has at most four steps"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.lexicon import singular
from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import is_person, takes_place
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, space_limit, with_article

NUMBER: Final = rf"(?P<number>\d{{1,4}}|{'|'.join(NUMBERS)})"
AT_MOST: Final = (
    r"(?:(?:a |an )?(?:absolute )?max(?:imum)?(?:\.| of)?|at (?:the )?(?:very )?most|up to"
    r"|(?:no|not|never) more than|(?:a |the )?limit(?:ed to| is| of)?|(?:room|space|places|seats|spots) for)"
)
BEHIND: Final = r"(?:at (?:the )?most|max(?:imum)?|tops|or (?:fewer|less)|and no more)"
_NO_THING: Final = r"(?!(?:a|an|at|by|each|every|for|from|in|max|maximum|of|on|or|per|to|tops|with|and|can)\b)"
WHAT: Final = rf"(?P<what>[a-z]+(?: {_NO_THING}[a-z]+)?)"
_PER: Final = r"(?:(?:in|for|on|to) )?(?:a|an|per|each|every|any|one)"
_WHOLE: Final = r"(?P<whole>[a-z]+(?: [a-z]+)?)"
_HAS: Final = "(?:(?:may|can|must|should) )?(?:have|has|holds?|takes?|fits?|allows?|admits?|seats?|is|are)"
_WITH: Final = r"(?:,? ?(?:each|all|every one))?(?: (?:with|for|of))?"
_PLACES: Final = r"(?P<what>places|seats|spots|spaces|people|participants)"
_BOUNDS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{AT_MOST} {NUMBER} {WHAT} {_PER} {_WHOLE}",
        rf"\b{NUMBER} {WHAT} {BEHIND} {_PER} {_WHOLE}",
        rf"\b(?:(?:each|every|an?) )?{_WHOLE} {_HAS} {AT_MOST} {NUMBER} {WHAT}",
        rf"\b(?:(?:each|every|an?) )?{_WHOLE} {_HAS} (?:for )?{NUMBER} {WHAT} {BEHIND}",
        rf"\b{_WHOLE}{_WITH} {AT_MOST} {NUMBER} {WHAT}",
        rf"\b(?:each|every|per|an?) {_WHOLE} (?:has|with|for) {NUMBER} {_PLACES}",
        rf"\b(?:each|every|per|an?) {_WHOLE} (?:takes|holds|seats|fits|admits) {NUMBER} {WHAT}",
        rf"\b{_WHOLE} (?:with|for|of) {NUMBER} {_PLACES} each",
        rf"\b(?:each|every) {_WHOLE} (?:has|gets|may cast|can cast) {NUMBER} (?P<what>votes|likes|hearts)",
        rf"\b{_WHOLE} (?:have|get|may cast|can cast) {NUMBER} (?P<what>votes|likes|hearts) each",
    )
)
_OF_LAST: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:each|every one)(?: (?:with|for|has|takes|holds))? {AT_MOST} {NUMBER} {WHAT}",
        rf"\b(?:with |for )?(?:{AT_MOST} )?{NUMBER} {_PLACES} each\b(?! (?:hour|day|week|month|year))",
        rf"\b{NUMBER} {WHAT} {BEHIND}(?= ?(?:[.,;:!?\n)]|$))",
        rf"\b{AT_MOST} {NUMBER} {WHAT}(?= ?(?:[.,;:!?\n)]|$))",
    )
)
"""What is said of the thing named before: "hikes, each for up to 15 people", "workshops, 10 places each"."""
_SENTENCE_END: Final = re.compile(r"[.;!?\n]")
_ROOM: Final = frozenset({"places", "seats", "spots", "spaces"})
_BOOKINGS: Final = frozenset({"Booking", "Enrolment", "Registration", "Reservation", "Sign-up", "Signup"})
_WITHIN_TIME: Final = re.compile(
    r"^[^,.;]{0,4}\b(?:a|an|per|each|every|in|within) [^,.;]{0,8}(?:hour|day|week|month|year)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Bound:
    number: Decimal
    what: str
    whole: str
    said: str


def apply_bounds(goal: str, shape: Shape) -> Shape:
    """The records and rules with the founder's numbers; a number that the goal gives need not be entered."""
    entities, rules, said = list(shape.entities), list(shape.rules), list(shape.said)
    for bound in _read_bounds(goal, entities):
        whole = find_entity(bound.whole, entities)
        if whole is None:
            continue
        at = next((at for at, rule in enumerate(rules) if _refuses_more(rule, entities, whole)), None)
        if at is not None and rules[at].limit is None:
            rules[at] = _with_limit(_as_capacity(rules[at]), bound, whole)
            entities[entities.index(whole)] = _without_own_limit(whole)
            rules = [rule for rule in rules if not _goes_by_room(rule, entities, whole)]
        elif at is None and (counted := _counting_rule(bound.what, whole, entities)) is not None:
            rules.append(_with_limit(counted, bound, whole))
        else:
            continue
        said.append(bound.said)
    return replace(shape, entities=tuple(entities), rules=tuple(rules), said=tuple(said))


def _read_bounds(goal: str, entities: Sequence[EntitySpec]) -> Iterator[_Bound]:
    for pattern in _BOUNDS:
        for match in pattern.finditer(goal):
            # "three parcels a household in six months" counts in a span of time, which no such rule does.
            if not _is_within_time(goal, match):
                yield _as_bound(match, match["whole"].lower())
    for pattern in _OF_LAST:
        for match in pattern.finditer(goal):
            part = find_entity(match["what"].lower(), entities)
            # A limit of bookings is one of whoever books, not of what is booked.
            if part is None or not _is_booking(part):
                yield _as_bound(match, _last_named(goal[: match.start()], entities))


def _is_within_time(goal: str, match: re.Match[str]) -> bool:
    """True if a span of time follows, also where its first word was taken for the thing's second: "member per"."""
    first_word_end = match.start("whole") + len(match["whole"].split(" ")[0])
    ends = {match.end(), first_word_end if match.end("whole") == match.end() else match.end()}
    return any(_WITHIN_TIME.match(goal[end:]) for end in ends)


def _as_bound(match: re.Match[str], whole: str) -> _Bound:
    number = match["number"].lower()
    return _Bound(Decimal(NUMBERS.get(number, number)), match["what"].lower(), whole, match[0])


def _last_named(before: str, entities: Sequence[EntitySpec]) -> str:
    """The thing that a sentence speaks of last, which takes place and so has room for so many."""
    words = re.findall(r"[a-z]+", _SENTENCE_END.split(before)[-1].lower())
    for at in range(len(words) - 1, -1, -1):
        for name in (" ".join(words[max(0, at - 1) : at + 1]), words[at]):
            entity = find_entity(name, entities)
            if entity is not None and takes_place(entity) and not is_person(entity):
                return name
    return ""


def find_entity(words: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
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


def _goes_by_room(rule: RuleSpec, entities: Sequence[EntitySpec], whole: EntitySpec) -> bool:
    """True if a rule needs the places that are kept with the whole."""
    is_counted = rule.kind is RuleKind.CAPACITY and rule.limit is None and rule.condition is None
    return is_counted and _refuses_more(rule, entities, whole)


def _as_capacity(rule: RuleSpec) -> RuleSpec:
    """The rule with places in place of hours: one booking does not fill what has room for several."""
    if rule.kind is RuleKind.CAPACITY:
        return rule
    return RuleSpec(kind=RuleKind.CAPACITY, entity=rule.entity, fields=rule.fields[-1:], about=rule.about)


def _counting_rule(what: str, whole: EntitySpec, entities: Sequence[EntitySpec]) -> RuleSpec | None:
    """A rule that counts the records of that name which belong to the whole."""
    part = find_entity(what, entities)
    if part == whole:
        return None
    counted = [part] if part is not None and link_to(part, whole) else []
    if not counted and takes_place(whole) and not is_person(whole):
        # Six dogs a walk are six bookings of the walk, where a walk is booked.
        counted = list(filter(_is_booking, entities))
    entity = next((candidate for candidate in counted if link_to(candidate, whole)), None)
    link = link_to(entity, whole) if entity is not None else None
    if entity is None or link is None:
        return None
    return RuleSpec(kind=RuleKind.CAPACITY, entity=entity.name, fields=(link.name,), about="-")


def link_to(entity: EntitySpec, whole: EntitySpec) -> FieldSpec | None:
    links = (field for field in entity.fields if field.type is FieldType.REF and field.ref == whole.name)
    return next(links, None)


def _is_booking(entity: EntitySpec) -> bool:
    """True if it is an act upon something, such as a booking of a walk."""
    return entity.label in _BOOKINGS


def _with_limit(rule: RuleSpec, bound: _Bound, whole: EntitySpec) -> RuleSpec:
    what = bound.what if bound.number != 1 else singular(bound.what)
    has = "has" if bound.what in _ROOM else "takes at most"
    about = f"{with_article(lower_first(whole.label)).capitalize()} {has} {bound.number} {what}."
    return rule.model_copy(update={"limit": bound.number, "about": about})


def _without_own_limit(entity: EntitySpec) -> EntitySpec:
    room = space_limit(entity)
    return entity.model_copy(update={"fields": tuple(field for field in entity.fields if field.name != room)})
