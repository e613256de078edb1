"""The links between drafts: from a booking to its room and its member, from a line to its invoice."""

from __future__ import annotations

from collections.abc import Sequence

from app.blueprint.language.archetypes import FieldDraft, key_of, known_entities
from app.blueprint.language.drafts import Draft, Link, describes_people, is_provider
from app.blueprint.language.lexicon import NounKind
from app.blueprint.spec import FieldType

_MOST_LINKS = 4


def link(draft: Draft, drafts: Sequence[Draft]) -> None:
    """Point a draft at the others it speaks of."""
    for want in draft.wants:
        _link_wanted(want, draft, drafts)
    owner = next((target for target in drafts if draft.about and target.key.endswith(draft.about)), None)
    # A known record that points at two others already needs no third.
    if owner is not None and not (draft.is_known and len(draft.links) > 1):
        _add_link(draft, owner, drafts, required=draft.is_action)
    if (draft.is_action if draft.is_known else draft.is_linking) and len(draft.links) < (
        1 if draft.is_known else 2
    ):
        _link_by_kind(draft, drafts)


def _link_wanted(want: FieldDraft, draft: Draft, drafts: Sequence[Draft]) -> None:
    targets = _find_targets(want, draft, drafts)
    for target in targets:
        _add_link(draft, target, drafts, required=want.required and len(targets) == 1, name=_name_of_its_own(want))
    # What is not kept here is still named: whom it is for, or what it is about.
    if targets or not want.required or any(part.name == want.name for part in draft.fields):
        return
    usual = known_entities().get(key_of(want.ref))
    is_person = usual is not None and describes_people(usual.fields)
    if is_person or not any(part.type is FieldType.TEXT and part.required for part in draft.fields):
        name = want.name if is_person else "title"
        draft.fields.insert(0, FieldDraft(name, FieldType.TEXT, required=True))


def _name_of_its_own(want: FieldDraft) -> str:
    """The field's name where it says more than the name of its target: "paid_by", not "customer"."""
    usual = known_entities().get(key_of(want.ref))
    names = {key_of(want.ref), *map(key_of, usual.names if usual else ())}
    return "" if key_of(want.name) in names else want.name


def _find_targets(want: FieldDraft, draft: Draft, drafts: Sequence[Draft]) -> list[Draft]:
    key = key_of(want.ref)
    others = [target for target in drafts if target is not draft]
    called = [target for target in others if target.key == key] or [
        target for target in others if key in target.stands_for
    ]
    if called:
        return called[:2] if not _name_of_its_own(want) else called[:1]
    usual = known_entities().get(key)
    if usual is not None and describes_people(usual.fields):
        people = [target for target in others if target.is_person]
        # A teacher cannot stand in for a pupil: those who serve and those who are served are not each other.
        alike = [target for target in people if is_provider(target.key) == is_provider(key)]
        if not want.required:
            return [target for target in alike if not target.is_known][:1]
        return (alike or people)[:1]
    return _things_about(draft, drafts)[:1] if want.required else []


def _things_about(draft: Draft, drafts: Sequence[Draft]) -> list[Draft]:
    """The things that a record may be about, the likeliest first."""
    candidates = [other for other in drafts if not (other is draft or other.is_person or other.added)]
    plain = [thing for thing in candidates if not thing.is_linking]
    things = plain or [thing for thing in candidates if not thing.is_action]
    before = drafts[: next((place for place, earlier in enumerate(drafts) if earlier is draft), 0)]
    if things and things[0] not in before:
        # "Members propose films, everyone votes" speaks of films, whatever snacks are named after it.
        named_before = [
            thing for thing in reversed(before) if thing in candidates and thing.is_known and not thing.is_action
        ]
        return [*named_before, *things]
    return things


def _link_by_kind(draft: Draft, drafts: Sequence[Draft]) -> None:
    """Link to the nearest person and the nearest thing: the doer and the subject of an action."""
    things = _things_about(draft, drafts)
    # Who signs up for a wave is kept by the sign-up: the wave itself is nobody's, unlike a repair that is booked.
    is_for_all = not draft.is_known and any(
        draft_beside.is_action and draft_beside.about and draft.key.endswith(draft_beside.about)
        for draft_beside in drafts
    )
    people = [] if is_for_all else [target for target in drafts if target.is_person]
    for group in (things, people):
        linked = {link.target for link in draft.links}
        if group and not any(target.key in linked for target in group):
            _add_link(draft, group[0], drafts, required=draft.is_action)


def _add_link(draft: Draft, target: Draft, drafts: Sequence[Draft], *, required: bool, name: str = "") -> None:
    twin = any(link.target == target.key and not (name and link.name) for link in draft.links)
    # Two records that must each point at the other could never be added.
    if target is draft or len(draft.links) >= _MOST_LINKS or twin or _reaches(target, draft.key, drafts):
        return
    cascade = required and draft.kind is not NounKind.POSSESSION
    draft.links.append(Link(target.key, required, cascade=cascade, name=name))


def _reaches(start: Draft, key: str, drafts: Sequence[Draft]) -> bool:
    by_key = {draft.key: draft for draft in drafts}
    waiting, visited = [start.key], set()
    while waiting:
        at = waiting.pop()
        if at == key:
            return True
        if at not in visited and at in by_key:
            visited.add(at)
            waiting += [link.target for link in by_key[at].links]
    return False
