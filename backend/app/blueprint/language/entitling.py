"""What somebody must have before they may take something: "members need an induction before they can book"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.blueprint.language.archetypes import actions, key_of
from app.blueprint.language.bounds import find_entity
from app.blueprint.language.lexicon import verb_stem
from app.blueprint.language.quotas import taker_of
from app.blueprint.language.shaping import Shape
from app.blueprint.language.word_lists import word_list
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import MAX_FIELDS, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import JUDGEMENTS, lower_first, with_article

_PROOFS: Final = word_list("proofs")
_PROOF: Final = rf"(?P<proof>(?:{'|'.join(sorted(_PROOFS))}))"
_NEEDS: Final = (
    r"(?:needs?|requires?|(?:must|ha(?:s|ve) to) (?:have|do|get|take|complete|finish|pass|sign|hold|attend|show))"
)
_NEEDED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_NEEDS} (?:an? |the |their |our )?(?:\w+ )?{_PROOF} (?:before|to|in order to|first,? to)\b"
        r"(?: they| he or she)?(?: can| may| are allowed to)? (?P<deed>[a-z]+)",
        rf"\b(?:no|not|nobody|none|cannot|can't|may not|must not) [^.;,\n]{{0,40}}?\b(?P<deed>[a-z]+)"
        rf" [^.;,\n]{{0,30}}?\bwithout (?:an? |the |their )?(?:\w+ )?{_PROOF}\b",
    )
)
_UNCOUNTED: Final = frozenset({"training", "consent", "clearance", "certification"})
_MACHINES: Final = frozenset({"use", "operate", "enter", "start"})


@dataclass(frozen=True)
class _Need:
    proof: str
    deed: str
    said: str


def asks_for_proof(goal: str) -> bool:
    """True if somebody must have something before they may do something: a visitor whom nobody knows cannot."""
    return next(_read_needs(goal), None) is not None


def apply_needs(goal: str, shape: Shape) -> Shape:
    """The shape with a rule that refuses whoever has not what the goal says that they need."""
    for need in _read_needs(goal):
        taking = _taking(need.deed, shape.entities)
        link = taker_of(taking, shape.entities) if taking is not None else None
        if taking is not None and link is not None:
            shape = _with_need(shape, need, taking, link)
    return shape


def _with_need(shape: Shape, need: _Need, taking: EntitySpec, link: FieldSpec) -> Shape:
    """The shape with the rule, by a record of it or else by a box that the staff tick."""
    person, records = shape.entity(link.ref), find_entity(need.proof, shape.entities)
    condition = _proved_by_record(records, taking, link) if records is not None else ""
    if person is None or (not condition and len(person.fields) >= MAX_FIELDS):
        return shape
    if not condition:
        box = FieldSpec(name=f"{need.proof}_done", label=f"{need.proof.capitalize()} done", type=FieldType.BOOL)
        shape = _with_box(shape, person, box)
        condition = f"{link.name}.{box.name} = yes"
    who = with_article(lower_first(link.label)).capitalize()
    rule = RuleSpec(
        kind=RuleKind.ENSURE, entity=taking.name, fields=(link.name,), condition=condition,
        about=f"{who} needs {need.proof if need.proof in _UNCOUNTED else with_article(need.proof)} first.",
    )  # fmt: skip
    return replace(shape, rules=(*shape.rules, rule), said=(*shape.said, need.said))


def _read_needs(goal: str) -> Iterator[_Need]:
    for pattern in _NEEDED:
        for match in pattern.finditer(goal):
            yield _Need(match["proof"].lower(), match["deed"].lower(), match[0])


def _taking(deed: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The records that the deed leaves behind: bookings of "to book"; what is used is booked or lent."""
    verb = verb_stem(deed) or deed
    names = {key_of(actions()[verb])} if verb in actions() else set()
    takings = [entity for entity in entities if taker_of(entity, entities) is not None]
    by_deed = [entity for entity in takings if key_of(entity.label) in names]
    if by_deed or verb not in _MACHINES:
        return next(iter(by_deed), None)
    return next((entity for entity in takings if key_of(entity.label) in ("booking", "loan", "reservation")), None)


def _proved_by_record(records: EntitySpec, taking: EntitySpec, link: FieldSpec) -> str:
    """That there is a record of it for the same person, and for the same thing where it says of which."""
    theirs = next((field for field in records.fields if field.required and field.ref == link.ref), None)
    # What people may add themselves proves nothing.
    if theirs is None or is_person(records) or records.label.lower().split()[-1] not in JUDGEMENTS:
        return ""
    conditions = [f"{theirs.name} = this.{link.name}"]
    for field in records.fields:
        twin = next((part for part in taking.fields if part.required and part.ref == field.ref), None)
        if field.required and field.ref and field is not theirs and twin is not None:
            conditions.append(f"{field.name} = this.{twin.name}")
    return f"exists({records.name} via none where {' and '.join(conditions)})"


def _with_box(shape: Shape, person: EntitySpec, box: FieldSpec) -> Shape:
    if person.field(box.name) is not None:
        return shape
    boxed = EntitySpec.model_validate({**dict(person), "fields": (*person.fields, box)})
    return replace(shape, entities=tuple(boxed if entity is person else entity for entity in shape.entities))
