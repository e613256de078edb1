"""From the nouns of a goal to the entities of an app: fields, links, and what usually goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.blueprint.language.archetypes import (
    Archetype,
    EntityDraft,
    FieldDraft,
    action_fields,
    best,
    fields_of,
    key_of,
    known_entities,
    spoken,
)
from app.blueprint.language.candidates import Candidate, Findings
from app.blueprint.language.lexicon import NounKind, singular, word
from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import FieldType

MOST_ENTITIES: Final = 6
_ENOUGH: Final = 3
_GENERAL: Final = frozenset({"Item", "Product", "Listing"})
_KEPT_THINGS: Final = frozenset(
    {NounKind.ARTEFACT, NounKind.FOOD, NounKind.SUBSTANCE, NounKind.OBJECT, NounKind.COMMUNICATION, NounKind.PLANT}
)
_PROVIDERS: Final = word_list("providers")

_BY_KIND: Final = {
    NounKind.PERSON: "name! email:email phone:phone notes:longtext",
    NounKind.ANIMAL: "name! breed born_on:date notes:longtext",
    NounKind.PLANT: "name! variety planted_on:date notes:longtext",
    NounKind.FOOD: "name! category=Regular/Seasonal/Special price:money available:bool notes:longtext",
    NounKind.POSSESSION: "title! amount:money! due_on:date status=Open/Paid/Cancelled",
    NounKind.LOCATION: "name! address capacity:int notes:longtext",
    NounKind.GROUP: "name! contact email:email description:longtext",
    NounKind.ACT: "title! on_date:date status=Planned/In_progress/Done notes:longtext",
    NounKind.EVENT: "title! starts_at:datetime location status=Planned/Done/Cancelled notes:longtext",
    NounKind.COMMUNICATION: "title! on_date:date status=Draft/Open/Done body:longtext",
    NounKind.COGNITION: "title! category=New/Good/Parked on_date:date description:longtext",
    NounKind.TIME: "title! starts_on:date ends_on:date notes:longtext",
    NounKind.STATE: "on_date:date! severity=Mild/Moderate/Severe notes:longtext",
    NounKind.FEELING: "on_date:date! level=Low/Medium/High notes:longtext",
    NounKind.QUANTITY: "on_date:date! amount:int! note",
    NounKind.ATTRIBUTE: "title! on_date:date value:int notes:longtext",
    NounKind.SUBSTANCE: "name! quantity:int unit=g/kg/ml/l/pieces notes:longtext",
    NounKind.ARTEFACT: "name! condition=New/Good/Worn/Needs_repair quantity:int notes:longtext",
}
_BY_FLAG: Final = {
    "v": "name! plate model year:int condition=New/Good/Worn/Needs_repair",
    "i": "on_date:date! severity=Mild/Moderate/Severe notes:longtext",
    "b": "name! address capacity:int notes:longtext",
}
_OTHER: Final = "name! category=Standard/Special/Other notes:longtext"
_LINKING: Final = frozenset(
    {NounKind.ACT, NounKind.EVENT, NounKind.COMMUNICATION, NounKind.POSSESSION, NounKind.STATE, NounKind.FEELING,
     NounKind.QUANTITY, NounKind.ATTRIBUTE}
)  # fmt: skip
_PEOPLE: Final = frozenset({FieldType.EMAIL, FieldType.PHONE})


@dataclass
class Link:
    """A field that points at another draft."""

    target: str
    required: bool = False
    cascade: bool = False


@dataclass
class Draft:
    """An entity on its way: `links` are by the key of their target."""

    key: str
    label: str
    kind: NounKind
    fields: list[FieldDraft]
    added: bool = False
    about: str = ""
    is_action: bool = False
    is_known: bool = False
    examples: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()
    links: list[Link] = field(default_factory=list)
    wants: list[FieldDraft] = field(default_factory=list)

    @property
    def is_person(self) -> bool:
        """Whether it is a kind of person."""
        return self.kind is NounKind.PERSON

    @property
    def is_linking(self) -> bool:
        """Whether such a record says something about others: a booking, a payment, a report."""
        return self.is_action or self.kind in _LINKING


def draft(found: Findings) -> tuple[list[Draft], Archetype | None]:
    """The entities of an app for what was found, linked, and the kind of app it is."""
    archetype, _ = best(found.weights)
    drafts = [_draft(one, archetype) for one in _chosen(found, archetype)]
    drafts = _merged(drafts)[:MOST_ENTITIES]
    _take_general_fields(drafts, archetype)
    if archetype is not None:
        _complete(drafts, archetype)
    _accompany(drafts, found, archetype)
    for one in drafts:
        _link(one, drafts)
    return drafts, archetype


def _chosen(found: Findings, archetype: Archetype | None) -> list[Candidate]:
    strong = [one for one in found.candidates if not one.weak]
    weak = [one for one in found.candidates if one.weak and _is_welcome(one, archetype)]
    spare = [] if strong or weak else found.spare[:1]
    chosen = strong + (weak[: max(0, 4 - len(strong))]) + spare
    return sorted(chosen, key=lambda one: one.at)[: MOST_ENTITIES + 1]


def _is_welcome(one: Candidate, archetype: Archetype | None) -> bool:
    """Whether the people an app is for are kept in it: not when it keeps other people, such as clients."""
    if archetype is None or archetype.known_as(one.key) is not None:
        return True
    return not any(_is_person(entity.fields) for entity in archetype.entities)


def _draft(one: Candidate, archetype: Archetype | None) -> Draft:
    entity = _known(one, archetype)
    person = one.is_person or (entity is not None and _is_person(entity.fields))
    kind = NounKind.PERSON if person else one.kind
    new = Draft(one.key, one.label, kind, [], about=one.about, is_action=one.is_action, examples=one.examples)
    if entity is not None:
        new.fields = [part for part in entity.fields if not part.ref]
        new.wants = [part for part in entity.fields if part.ref]
        new.stands_for = tuple(map(key_of, entity.names))
        new.is_action = new.is_action or len(new.wants) > 1
        new.is_known = True
    elif one.key in action_fields():
        new.fields = list(action_fields()[one.key][1])
        new.is_action = True
        usual = known_entities().get(one.key)
        new.wants = [part for part in usual.fields if part.ref] if usual else []
    else:
        new.fields = list(fields_of(_fields_by_kind(one)))
    return new


def _known(one: Candidate, archetype: Archetype | None) -> EntityDraft | None:
    """The archetype's own record of that name, then any archetype's; the last word counts too."""
    last = key_of(one.label.split(" ")[-1])
    for key in (one.key, last):
        own = archetype.known_as(key) if archetype else None
        if own is not None:
            return own
    if one.key in action_fields():
        return None
    return known_entities().get(one.key) or known_entities().get(last)


def _take_general_fields(drafts: Sequence[Draft], archetype: Archetype | None) -> None:
    """Things this kind of app has one word for take its fields: skis and boots of a rental are items."""
    general = next((one for one in archetype.entities if one.name in _GENERAL), None) if archetype else None
    if general is None or _is_named(general, drafts):
        return
    for one in drafts:
        if one.kind in _KEPT_THINGS and not one.is_linking and not one.is_person:
            one.fields = [part for part in general.fields if not part.ref]
            one.wants = [part for part in general.fields if part.ref]
            one.stands_for = tuple(map(key_of, general.names))
            one.is_known = True


def _is_named(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    keys = set(map(key_of, entity.names))
    return any(one.key in keys or key_of(entity.name) in one.stands_for for one in drafts)


def _fields_by_kind(one: Candidate) -> str:
    for flag, fields in _BY_FLAG.items():
        if flag in one.flags and one.kind is not NounKind.PERSON:
            return fields
    return _BY_KIND.get(one.kind, _OTHER)


def _is_person(fields: Iterable[FieldDraft]) -> bool:
    parts = list(fields)
    return bool(parts) and parts[0].name == "name" and any(part.type in _PEOPLE for part in parts)


def _merged(drafts: Sequence[Draft]) -> list[Draft]:
    """One draft for names that mean the same record of an archetype: "booking" and "reservation"."""
    kept: list[Draft] = []
    for one in drafts:
        twin = next((other for other in kept if _same(one, other)), None)
        if twin is None:
            kept.append(one)
    return kept


def _same(one: Draft, other: Draft) -> bool:
    if one.key == other.key:
        return True
    return (
        one.is_action
        and other.is_action
        and bool({one.key} & set(other.stands_for) or {other.key} & set(one.stands_for))
    )


def _complete(drafts: list[Draft], archetype: Archetype) -> None:
    """Add what is pointed at, and a few more where the goal named little."""
    fitting = any(_is_named(entity, drafts) for entity in archetype.entities) or len(drafts) < 2
    for wanted in (True, False):
        for entity in archetype.entities:
            room = len(drafts) < (MOST_ENTITIES if wanted else _ENOUGH)
            if not room or not fitting or _is_covered(entity, drafts):
                continue
            if wanted == _is_wanted(entity, drafts):
                drafts.append(_added(entity, archetype))


def _added(entity: EntityDraft, archetype: Archetype) -> Draft:
    named = Candidate(spoken(entity.name), word(singular(entity.name.lower())).kind, 10_000)
    return replace(_draft(named, archetype), added=True)


def _is_wanted(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    keys = set(map(key_of, entity.names))
    return any(key_of(want.ref) in keys for one in drafts for want in one.wants)


def _is_covered(entity: EntityDraft, drafts: Sequence[Draft]) -> bool:
    if _is_named(entity, drafts):
        return True
    serving = _is_provider(entity.name.lower())
    people = [one for one in drafts if one.is_person and _is_provider(one.key) == serving]
    return _is_person(entity.fields) and bool(people)


def _is_provider(name: str) -> bool:
    return any(name.endswith(one) for one in _PROVIDERS)


def _accompany(drafts: list[Draft], found: Findings, archetype: Archetype | None) -> None:
    """What people do needs people; something that stands alone needs a place to note what happens to it."""
    needs = len(drafts) < 2 or any(_wants_people(one) for one in drafts)
    if drafts and needs and len(drafts) < MOST_ENTITIES and not any(one.is_person for one in drafts):
        usual = [one for one in archetype.entities if _is_person(one.fields)] if archetype else []
        drafts.append(_added(usual[0], archetype) if usual and archetype else _member(found))
    things = [one for one in drafts if not one.is_linking]
    if drafts and len(things) == len(drafts) <= 2 and all(one.key != "activity" for one in drafts):
        fields = list(fields_of(_BY_KIND[NounKind.ACT]))
        drafts.append(Draft("activity", "Activity", NounKind.ACT, fields, added=True, is_action=True))


def _wants_people(one: Draft) -> bool:
    for want in one.wants:
        known = known_entities().get(key_of(want.ref))
        if want.required and known is not None and _is_person(known.fields):
            return True
    return False


def _member(found: Findings) -> Draft:
    label = spoken(found.roles[0].capitalize()) if found.roles else "Member"
    return replace(_draft(Candidate(label, NounKind.PERSON, 10_000), None), added=True)


def _link(one: Draft, drafts: Sequence[Draft]) -> None:
    for want in one.wants:
        targets = _targets(want, one, drafts)
        for target in targets:
            _add_link(one, target, drafts, required=want.required and len(targets) == 1)
        if not targets and want.required and all(part.name != want.name for part in one.fields):
            one.fields.insert(0, FieldDraft(want.name, FieldType.TEXT, required=True))
    owner = next((other for other in drafts if one.about and other.key.endswith(one.about)), None)
    if owner is not None and not (one.is_known and len(one.links) > 1):
        _add_link(one, owner, drafts, required=one.is_action)
    if (one.is_action if one.is_known else one.is_linking) and len(one.links) < (1 if one.is_known else 2):
        _link_by_kind(one, drafts)


def _targets(want: FieldDraft, one: Draft, drafts: Sequence[Draft]) -> list[Draft]:
    key = key_of(want.ref)
    others = [other for other in drafts if other is not one]
    named = [other for other in others if other.key == key] or [one for one in others if key in one.stands_for]
    if named:
        return named[:2]
    known = known_entities().get(key)
    if known is not None and _is_person(known.fields):
        people = [other for other in others if other.is_person]
        same = [other for other in people if _is_provider(other.key) == _is_provider(key)]
        return (same or people)[:1]
    things = [other for other in others if not other.is_person and not other.is_linking and not other.added]
    return things[:1] if one.is_action and want.required else []


def _link_by_kind(one: Draft, drafts: Sequence[Draft]) -> None:
    """Who did it, and what it is about: the nearest person and the nearest thing."""
    things = [other for other in drafts if not other.is_person and not other.is_linking and not other.added]
    people = [other for other in drafts if other.is_person]
    for group in (things, people):
        linked = {link.target for link in one.links}
        if group and not any(other.key in linked for other in group):
            _add_link(one, group[0], drafts, required=one.is_action)


def _add_link(one: Draft, target: Draft, drafts: Sequence[Draft], *, required: bool) -> None:
    if target is one or len(one.links) >= 3 or any(link.target == target.key for link in one.links):
        return
    if _reaches(target, one.key, drafts):
        return
    one.links.append(Link(target.key, required, cascade=required and one.kind is not NounKind.POSSESSION))


def _reaches(start: Draft, key: str, drafts: Sequence[Draft]) -> bool:
    by_key = {one.key: one for one in drafts}
    waiting, seen = [start.key], set()
    while waiting:
        at = waiting.pop()
        if at == key:
            return True
        if at not in seen and at in by_key:
            seen.add(at)
            waiting += [link.target for link in by_key[at].links]
    return False
