"""The records that people from outside hand in by a deed of theirs: "citizens report a defect"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import Draft, is_provider
from app.blueprint.language.lexicon import NounKind, singular, verb_stem, word
from app.blueprint.language.word_lists import word_list
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType

_MAY: Final = r"(?:(?:can|may|should|must|will|could|to|also|then|just|be able|who|on the (?:site|page)) )*"
_VERBS: Final = "|".join(sorted(word_list("visitor_verbs")))
_HANDED: Final = re.compile(
    rf"\b(?P<who>[a-z]+)(?: [a-z]+)??,? {_MAY}(?P<verb>(?:{_VERBS}))s? (?:in )?(?:for )?"
    r"(?:an? |the |their |his |her |new |one |our )*(?P<what>[a-z]+(?: [a-z]+)?)",
    re.IGNORECASE,
)
_ANYBODY: Final = word_list("visitors")
_DENIED: Final = re.compile(r"\b(?:no|not|never|nobody|cannot|can't|don't)\b[^.;:,\n]*$", re.IGNORECASE)


def handed_in(goal: str) -> Mapping[str, str]:
    """The verb by which people from outside hand in a record, by the key of the record."""
    verbs: dict[str, str] = {}
    for match in _HANDED.finditer(goal):
        who = singular(match["who"].lower())
        if not _is_outside(who) or _DENIED.search(goal[: match.start()]):
            continue
        verb = verb_stem(match["verb"].lower()) or match["verb"].lower()
        first_word, _, second_word = match["what"].lower().partition(" ")
        for noun in (singular(first_word), singular(second_word), key_of(f"{first_word} {singular(second_word)}")):
            if noun:
                verbs.setdefault(key_of(noun), verb)
    return verbs


def _is_outside(who: str) -> bool:
    """True of visitors and of people who are served here, and not of those who serve them."""
    if who in _ANYBODY:
        return True
    is_somebody = word(who).kind is NounKind.PERSON or who in word_list("record_people")
    return is_somebody and not is_provider(who) and who not in word_list("not_outside")


def with_addresses(
    handed: Mapping[str, str], drafts: Sequence[Draft], entities: Sequence[EntitySpec]
) -> tuple[EntitySpec, ...]:
    """The records, with an e-mail address where people hand one in and would get no answer without."""
    people = {entity.name for entity in entities if is_person(entity)}
    return tuple(
        _with_address(entity) if draft.key in handed and not draft.is_person and _needs(entity, people) else entity
        for draft, entity in zip(drafts, entities, strict=True)
    )


def _needs(entity: EntitySpec, people: Set[str]) -> bool:
    has_address = any(field.type is FieldType.EMAIL for field in entity.fields)
    return not has_address and not is_person(entity) and not any(field.ref in people for field in entity.fields)


def _with_address(entity: EntitySpec) -> EntitySpec:
    address = FieldSpec(name="email", label="E-mail", type=FieldType.EMAIL)
    at = len(entity.fields) - (entity.fields[-1].type is FieldType.LONGTEXT and len(entity.fields) > 1)
    return EntitySpec.model_validate(
        {**dict(entity), "fields": (*entity.fields[:at], address, *entity.fields[at:])}
    )
