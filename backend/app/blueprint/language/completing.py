"""The records that an app needs beside those of its goal: the customer of a booking, the lines of an invoice."""

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

_TAKINGS: Final = frozenset({"loan", "borrowing", "lending", "checkout", "rental", "hire"})
"""What is taken until it is back goes by one name: who lends kayaks does not rent them out besides."""

_ENOUGH: Final = 3

Add = Callable[[EntityDraft], Draft]


def complete(drafts: list[Draft], archetype: Archetype | None, findings: Findings, *, add: Add) -> None:
    """Add the records that others point at, their companions, and the usual ones where the goal named little."""
    if archetype is None:
        _add_people(drafts, findings, add)
        return
    # Who books a delivery asks for no routes: what brings it about is the business's own affair.
    fitting = _fits_archetype(drafts, archetype) and not any(draft.is_booked for draft in drafts)
    # The last turn finds what the usual records themselves must point at.
    # In this order there is still room for what others must point at when the usual ones are added.
    for needed in (_is_needed, _is_welcome, _is_usual, _is_needed) if fitting else (_is_needed,):
        for entity in (*archetype.entities, *_line_entities()):
            if len(drafts) < MOST_ENTITIES and not _is_covered(entity, drafts) and needed(entity, drafts):
                drafts.append(add(entity))
    _add_people(drafts, findings, add)


def _fits_archetype(drafts: Sequence[Draft], archetype: Archetype) -> bool:
    """True if the goal names records that this kind of app keeps, people aside."""
    things = [draft for draft in drafts if not draft.is_person]
    if any(draft.key in archetype.words for draft in things):
        return True
    return not things or any(
        draft.goes_by(key_of(entity.name)) for entity in archetype.entities for draft in things
    )


@cache
def _line_entities() -> tuple[EntityDraft, ...]:
    """The lines that an invoice or a quote is made of, whatever the kind of app."""
    entities = (entity for archetype in archetypes() for entity in archetype.entities)
    return tuple(entity for entity in entities if entity.is_companion and entity.name.endswith("Line"))


def _is_needed(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    """True if a record must point at it, or it goes with one that is there: lines with an invoice."""
    if entity.is_companion:
        wants = [part for part in entity.fields if part.ref and part.required]
        return bool(wants) and all(any(draft.goes_by(key_of(want.ref)) for draft in drafts) for want in wants)
    return _is_wanted(entity, drafts, lambda want: want.required)


def _is_welcome(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    if not entity.is_core or len(drafts) > _ENOUGH + 1:
        return False
    wants = [part for part in entity.fields if part.ref and part.required]
    is_joining = len(wants) > 1 and all(any(draft.goes_by(key_of(want.ref)) for draft in drafts) for want in wants)
    return is_joining or _is_wanted(entity, drafts, lambda _: True)


def _is_usual(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    return entity.is_core and len(drafts) < _ENOUGH


def _is_wanted(entity: EntityDraft, drafts: Sequence[Draft], counts: Callable[[FieldDraft], bool]) -> bool:
    keys = set(map(key_of, entity.names))
    return any(key_of(want.ref) in keys and counts(want) for draft in drafts for want in draft.wants)


def _is_covered(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    keys = set(map(key_of, entity.names))
    if any(draft.is_booked for draft in drafts) and _is_done_for_people(entity):
        return True
    if any(draft.key in keys or key_of(entity.name) in draft.stands_for for draft in drafts):
        return True
    if keys & _TAKINGS and any(draft.key in _TAKINGS for draft in drafts):
        return True
    if entity.name in GENERAL and any(_is_own_thing(draft) for draft in drafts):
        return True
    if entity.name in _WORKS and any(
        draft.kind is NounKind.COMMUNICATION and _is_thing(draft) for draft in drafts
    ):
        return True
    # Ponies stand in for the dogs that such an app usually keeps.
    if word(entity.name.lower()).kind is NounKind.ANIMAL and any(
        draft.kind is NounKind.ANIMAL for draft in drafts
    ):
        return True
    serving = is_provider(entity.name)
    people = [draft for draft in drafts if draft.is_person and is_provider(draft.key) == serving]
    # Whom the goal names stands in for whom such an app usually serves.
    return describes_people(entity.fields) and bool(people) and not entity.is_companion


def _is_done_for_people(entity: EntityDraft) -> bool:
    """True of what people have done for them, such as an order, which the deed that they book stands for."""
    usual = [known_entities().get(key_of(part.ref)) for part in entity.fields if part.ref and part.required]
    return not entity.is_companion and any(one is not None and describes_people(one.fields) for one in usual)


def _is_thing(draft: Draft) -> bool:
    return not (draft.is_person or draft.is_action or draft.added)


def _is_own_thing(draft: Draft) -> bool:
    return not (draft.is_person or draft.is_linking or draft.added)


def _add_people(drafts: list[Draft], findings: Findings, add: Add) -> None:
    """Add people where an action needs them: the borrower of a loan."""
    if not drafts or len(drafts) >= MOST_ENTITIES or any(draft.is_person for draft in drafts):
        return
    required = [want for draft in drafts for want in draft.wants if want.required]
    for want in required:
        usual = known_entities().get(key_of(want.ref))
        if usual is not None and describes_people(usual.fields):
            drafts.append(add(_people_as_called(usual, want.ref, findings)))
            return
    anybody = known_entities().get("member")
    if anybody is not None and any(draft.is_action and not draft.added and not draft.is_known for draft in drafts):
        drafts.append(add(_people_as_called(anybody, "Member", findings)))


def _people_as_called(entity: EntityDraft, usual: str, findings: Findings) -> EntityDraft:
    """The people by the name the goal has for them, or else as the record calls them."""
    name = spoken(findings.roles[0].capitalize()) if findings.roles else usual
    return EntityDraft((name, *entity.names), entity.fields)
