"""What an app needs beside what its goal names: whom a booking is for, the lines of an invoice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from app.blueprint.language.archetypes import (
    Archetype,
    EntityDraft,
    FieldDraft,
    archetypes,
    key_of,
    known_entities,
    spoken,
)
from app.blueprint.language.drafts import Draft, describes_people, is_provider
from app.blueprint.language.findings import Findings
from app.blueprint.language.lexicon import NounKind, word

MOST_ENTITIES: Final = 6
GENERAL: Final = frozenset({"Item", "Product", "Listing", "Tool", "Costume", "Artefact", "Machine", "Proposal"})
"""Records that stand for whatever an app of their kind is about: kites are the tools of a lending library."""

_WORKS: Final = frozenset({"Book", "Film", "Movie", "Game", "Song", "Album"})
"""Works that a club may be about: films stand in for the books of a book club."""

_ENOUGH: Final = 3

Add = Callable[[EntityDraft], Draft]


def complete(drafts: list[Draft], archetype: Archetype | None, found: Findings, *, add: Add) -> None:
    """Add what is pointed at, what goes with it, and a little more where the goal named little."""
    if archetype is None:
        _with_people(drafts, found, add)
        return
    fitting = _fits(drafts, archetype)
    for needed in (_is_needed, _is_welcome, _is_usual, _is_needed) if fitting else (_is_needed,):
        for entity in (*archetype.entities, *_lines()):
            if len(drafts) < MOST_ENTITIES and not _is_covered(entity, drafts) and needed(entity, drafts):
                drafts.append(add(entity))
    _with_people(drafts, found, add)


def _fits(drafts: Sequence[Draft], archetype: Archetype) -> bool:
    """Whether what the goal names is what this kind of app keeps, people aside."""
    things = [one for one in drafts if not one.is_person]
    if any(one.key in archetype.words for one in things):
        return True
    return not things or any(one.goes_by(key_of(entity.name)) for entity in archetype.entities for one in things)


@cache
def _lines() -> tuple[EntityDraft, ...]:
    """What an invoice or a quote is made of, whatever the kind of app."""
    every = (one for kind in archetypes() for one in kind.entities)
    return tuple(one for one in every if one.is_companion and one.name.endswith("Line"))


def _is_needed(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    """Whether a record must point at it, or it goes with what is there: lines with an invoice."""
    if entity.is_companion:
        wants = [part for part in entity.fields if part.ref and part.required]
        return bool(wants) and all(any(one.goes_by(key_of(want.ref)) for one in drafts) for want in wants)
    return _is_wanted(entity, drafts, lambda want: want.required)


def _is_welcome(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    if not entity.is_core or len(drafts) > _ENOUGH + 1:
        return False
    wants = [part for part in entity.fields if part.ref and part.required]
    joins = len(wants) > 1 and all(any(one.goes_by(key_of(want.ref)) for one in drafts) for want in wants)
    return joins or _is_wanted(entity, drafts, lambda _: True)


def _is_usual(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    return entity.is_core and len(drafts) < _ENOUGH


def _is_wanted(entity: EntityDraft, drafts: Sequence[Draft], counts: Callable[[FieldDraft], bool]) -> bool:
    keys = set(map(key_of, entity.names))
    return any(key_of(want.ref) in keys and counts(want) for one in drafts for want in one.wants)


def _is_covered(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    keys = set(map(key_of, entity.names))
    if any(one.key in keys or key_of(entity.name) in one.stands_for for one in drafts):
        return True
    if entity.name in GENERAL and any(_is_own_thing(one) for one in drafts):
        return True
    if entity.name in _WORKS and any(one.kind is NounKind.COMMUNICATION and _is_thing(one) for one in drafts):
        return True
    if word(entity.name.lower()).kind is NounKind.ANIMAL and any(one.kind is NounKind.ANIMAL for one in drafts):
        return True
    serving = is_provider(entity.name)
    people = [one for one in drafts if one.is_person and is_provider(one.key) == serving]
    return describes_people(entity.fields) and bool(people) and not entity.is_companion


def _is_thing(one: Draft) -> bool:
    return not (one.is_person or one.is_action or one.added)


def _is_own_thing(one: Draft) -> bool:
    return not (one.is_person or one.is_linking or one.added)


def _with_people(drafts: list[Draft], found: Findings, add: Add) -> None:
    """What people do needs people: a loan somebody who borrows."""
    if not drafts or len(drafts) >= MOST_ENTITIES or any(one.is_person for one in drafts):
        return
    wanted = [want for one in drafts for want in one.wants if want.required]
    for want in wanted:
        usual = known_entities().get(key_of(want.ref))
        if usual is not None and describes_people(usual.fields):
            drafts.append(add(_called(usual, want.ref, found)))
            return
    anybody = known_entities().get("member")
    if anybody is not None and any(one.is_action and not one.added and not one.is_known for one in drafts):
        drafts.append(add(_called(anybody, "Member", found)))


def _called(entity: EntityDraft, usual: str, found: Findings) -> EntityDraft:
    """The people by the name the goal has for them, or else as the record calls them."""
    name = spoken(found.roles[0].capitalize()) if found.roles else usual
    return EntityDraft((name, *entity.names), entity.fields)
