"""Which drafts point at which: a booking at its room and its member, a line at its invoice."""

from __future__ import annotations

from collections.abc import Sequence

from app.blueprint.language.archetypes import FieldDraft, key_of, known_entities
from app.blueprint.language.drafts import Draft, Link, describes_people, is_provider
from app.blueprint.language.lexicon import NounKind
from app.blueprint.spec import FieldType

_MOST_LINKS = 4


def link(one: Draft, drafts: Sequence[Draft]) -> None:
    """Point a draft at the others it speaks of."""
    for want in one.wants:
        _link_wanted(want, one, drafts)
    owner = next((other for other in drafts if one.about and other.key.endswith(one.about)), None)
    if owner is not None and not (one.is_known and len(one.links) > 1):
        _add_link(one, owner, drafts, required=one.is_action)
    if (one.is_action if one.is_known else one.is_linking) and len(one.links) < (1 if one.is_known else 2):
        _link_by_kind(one, drafts)


def _link_wanted(want: FieldDraft, one: Draft, drafts: Sequence[Draft]) -> None:
    targets = _targets(want, one, drafts)
    for target in targets:
        _add_link(one, target, drafts, required=want.required and len(targets) == 1, name=_own_name(want))
    if targets or not want.required or any(part.name == want.name for part in one.fields):
        return
    known = known_entities().get(key_of(want.ref))
    person = known is not None and describes_people(known.fields)
    if person or not any(part.type is FieldType.TEXT and part.required for part in one.fields):
        name = want.name if person else "title"
        one.fields.insert(0, FieldDraft(name, FieldType.TEXT, required=True))


def _own_name(want: FieldDraft) -> str:
    """The field's name when it says more than what it points at: "paid_by", not "customer"."""
    known = known_entities().get(key_of(want.ref))
    named = {key_of(want.ref), *map(key_of, known.names if known else ())}
    return "" if key_of(want.name) in named else want.name


def _targets(want: FieldDraft, one: Draft, drafts: Sequence[Draft]) -> list[Draft]:
    key = key_of(want.ref)
    others = [other for other in drafts if other is not one]
    named = [other for other in others if other.key == key] or [one for one in others if key in one.stands_for]
    if named:
        return named[:2] if not _own_name(want) else named[:1]
    known = known_entities().get(key)
    if known is not None and describes_people(known.fields):
        people = [other for other in others if other.is_person]
        same = [other for other in people if is_provider(other.key) == is_provider(key)]
        if not want.required:
            return [other for other in same if not other.is_known][:1]
        return (same or people)[:1]
    own = [other for other in others if not other.is_person and not other.added]
    things = [other for other in own if not other.is_linking] or [other for other in own if not other.is_action]
    return things[:1] if want.required else []


def _link_by_kind(one: Draft, drafts: Sequence[Draft]) -> None:
    """Who did it, and what it is about: the nearest person and the nearest thing."""
    own = [other for other in drafts if not other.is_person and not other.added]
    things = [other for other in own if not other.is_linking] or [other for other in own if not other.is_action]
    people = [other for other in drafts if other.is_person]
    for group in (things, people):
        linked = {each.target for each in one.links}
        if group and not any(other.key in linked for other in group):
            _add_link(one, group[0], drafts, required=one.is_action)


def _add_link(one: Draft, target: Draft, drafts: Sequence[Draft], *, required: bool, name: str = "") -> None:
    twin = any(each.target == target.key and not (name and each.name) for each in one.links)
    if target is one or len(one.links) >= _MOST_LINKS or twin or _reaches(target, one.key, drafts):
        return
    cascade = required and one.kind is not NounKind.POSSESSION
    one.links.append(Link(target.key, required, cascade=cascade, name=name))


def _reaches(start: Draft, key: str, drafts: Sequence[Draft]) -> bool:
    by_key = {one.key: one for one in drafts}
    waiting, seen = [start.key], set()
    while waiting:
        at = waiting.pop()
        if at == key:
            return True
        if at not in seen and at in by_key:
            seen.add(at)
            waiting += [each.target for each in by_key[at].links]
    return False
