"""The people who sign in to see what is theirs: "drivers see only their own trips"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import Final

from app.blueprint.language.acting import Act
from app.blueprint.language.archetypes import actions, key_of
from app.blueprint.language.drafts import Draft, Link, is_provider
from app.blueprint.language.lexicon import singular
from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import EntitySpec, FieldType, Reach, RightSpec, RoleScope, RoleSpec

_WHO: Final = r"(?P<who>[a-z]+(?: [a-z]+)?)"
_MAY: Final = r"(?:(?:can|may|should|must|shall|will|to|just|only|also|could) )*"
_LOOK: Final = (
    r"(?:sees?|views?|gets?|finds?|reads?|follows?|checks?|looks? (?:at|up)|edits?|changes?|manages?|uses?)"
)
_THEIR: Final = r"(?:their|his|her|its)"
_CLAIMS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_WHO},? {_MAY}(?:log|sign)s?[ -]?in\b",
        rf"\b{_WHO},? {_MAY}{_LOOK} (?:only|just) (?:{_THEIR} (?:own )?|own |(?:[a-z]+ ){{1,3}}assigned to )",
        rf"\b{_WHO},? (?:(?:can|may|should|must|will) )?(?:only|just) {_LOOK} "
        rf"(?:{_THEIR}|own|[a-z]+ assigned to)\b",
        rf"\b{_WHO},? {_MAY}(?:[a-z]+ ){{0,3}}?(?:and )?{_LOOK} (?:[a-z]+ )?{_THEIR} own\b",
        rf"\b(?:each|every) {_WHO} {_MAY}{_LOOK} (?:only |just )?{_THEIR}\b",
        rf"\b(?:each|every) {_WHO} {_MAY}(?:log|sign)s?[ -]?in\b",
        rf"\b{_WHO} (?:only|just) {_THEIR} (?:own )?[a-z]+",
        rf"\b{_WHO},? (?:[a-z]+ ){{0,4}}?{_THEIR} own [a-z]+ only\b",
        rf"\bshow (?:each|every) {_WHO} (?:what|how|when|{_THEIR})\b",
    )
)
_THING: Final = re.compile(
    rf"\b(?:{_THEIR} (?:own )?|own )(?P<what>[a-z]+(?: [a-z]+)?)|\b(?P<assigned>[a-z]+) assigned to", re.IGNORECASE
)
_FAR: Final = 40
_DENIED: Final = re.compile(
    r"\b(?:no|not|never|nobody|without|don't|doesn't|cannot|can't|needn't)\b[^.;:,\n]*$", re.IGNORECASE
)
_WITHOUT: Final = re.compile(
    r"\b(?:no|not|never|without|don't|doesn't|needn't)\b[^.;,\n]{0,25}"
    r"\b(?:log[- ]?ins?|sign[- ]?ins?|accounts?|passwords?)\b",
    re.IGNORECASE,
)
_ENTERS: Final = word_list("handing_in_verbs") | {"add", "fill", "note", "record", "write", "book", "put", "type"}


def denies_accounts(goal: str) -> bool:
    """True if the goal says that somebody does not sign in: "without a login", "teachers never log in"."""
    return _WITHOUT.search(goal) is not None


def people_who_claim(goal: str) -> frozenset[str]:
    """The keys of the people who, as the goal says, sign in or see only what is theirs."""
    return frozenset(key for match in _claims(goal) for key in _keys_of(match))


def _claims(goal: str) -> Iterator[re.Match[str]]:
    for pattern in _CLAIMS:
        for match in pattern.finditer(goal):
            if not (_DENIED.search(goal[: match.start()]) or _DENIED.search(match[0])):
                yield match


def _keys_of(match: re.Match[str]) -> frozenset[str]:
    return frozenset(_keys(match["who"]))


def _keys(words: str) -> Iterator[str]:
    """The keys that a word or two may mean: the last alone, both, or the first where the other is no noun."""
    spoken = words.lower().split(" ")
    yield key_of(singular(spoken[-1]))
    yield key_of(" ".join([*spoken[:-1], singular(spoken[-1])]))
    yield key_of(singular(spoken[0]))


def link_claims(goal: str, drafts: Sequence[Draft]) -> None:
    """Make what people see as their own belong to them: the lessons of "teachers see only their own lessons"."""
    for match in _claims(goal):
        words = goal[match.start() : match.end() + _FAR]
        thing = _THING.search(words)
        person = next((draft for draft in drafts if draft.is_person and draft.key in _keys_of(match)), None)
        keys = set(_keys(thing["what"] or thing["assigned"])) if thing is not None else set()
        record = next((draft for draft in drafts if draft.key in keys and not draft.is_person), None)
        if person is None or record is None or any(link.target == person.key for link in record.links):
            continue
        # What others choose, such as a gig that players are booked for, is theirs by way of that.
        if any(link.target == record.key for draft in drafts for link in draft.links):
            continue
        record.links.append(Link(person.key))
        # A name that is typed in is no second one beside whom the record belongs to.
        record.fields = [
            part for part in record.fields if not (part.type is FieldType.TEXT and is_provider(part.name))
        ]


def who_enters(acts: Sequence[Act]) -> frozenset[str]:
    """The keys of the people who put records in, as the goal says; who serves does so by entering them alone."""
    return frozenset(
        key_of(act.who)
        for act in acts
        if act.verb in _ENTERS or (act.verb in actions() and not is_provider(act.who))
    )


def with_rights(
    entities: Sequence[EntitySpec], roles: Sequence[RoleSpec], claiming: Set[str], entering: Set[str]
) -> tuple[EntitySpec, ...]:
    """The records with the right of those who are said to see theirs to do no more, unless they put them in."""
    looking = [
        role
        for role in roles
        if role.scope is RoleScope.OWN and key_of(role.name) in claiming and key_of(role.name) not in entering
    ]
    return tuple(_with_right(entity, looking) for entity in entities)


def _with_right(entity: EntitySpec, looking: Sequence[RoleSpec]) -> EntitySpec:
    rights = tuple(
        RightSpec(role=role.name, sees=Reach.OWN)
        for role in looking
        if any(field.ref == role.entity for field in entity.fields)
    )
    return entity.model_copy(update={"rights": (*entity.rights, *rights)}) if rights else entity
