"""From the nouns of a goal to the entities of an app: which of them, and with which fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from app.blueprint.language.archetypes import (
    Archetype,
    EntityDraft,
    FieldDraft,
    action_fields,
    actions,
    best,
    fields_of,
    key_of,
    known_entities,
    lesser_actions,
    spoken,
)
from app.blueprint.language.completing import GENERAL, MOST_ENTITIES, complete
from app.blueprint.language.drafts import Draft, describes_people
from app.blueprint.language.findings import Candidate, Findings
from app.blueprint.language.lexicon import NounKind, doing, plural, word
from app.blueprint.language.linking import link
from app.blueprint.language.word_lists import word_list, word_pairs
from app.blueprint.spec import FieldType

_KEPT_THINGS: Final = frozenset(
    {NounKind.ARTEFACT, NounKind.FOOD, NounKind.SUBSTANCE, NounKind.OBJECT, NounKind.COMMUNICATION, NounKind.PLANT}
)
_SYNONYMS: Final = word_pairs("synonyms")

_NO_DEEDS: Final = word_list("no_deeds")
_START: Final = "starts_at"
_BOOKED: Final = ("booking", "reservation")
_WISHES: Final = frozenset({"need", "want"})
_FULL: Final = 5
_OWN_NAMES: Final = word_list("own_names")
_GENERAL_WORDS: Final = frozenset("work item training product piece thing equipment animal pet object".split())
_WARES: Final = word_pairs("wares")

_PERSON: Final = "name! email:email phone:phone notes:longtext"
_NEUTRAL: Final = "name! on_date:date status=Open/Done notes:longtext"
_DEED: Final = "on_date:date! status=Open/Done notes:longtext"
_MOST_NEUTRAL: Final = 2
_PEOPLE: Final = word_list("record_people")
_THINGS: Final = word_list("record_things")
_DEEDS: Final = word_list("record_deeds")
_NEVER: Final = word_list("never_records")
_KEPT_RECORDS: Final = word_list("kept_records")


def draft(found: Findings) -> tuple[list[Draft], Archetype | None]:
    """The entities of an app for what was found, linked, and the kind of app it is."""
    archetype, _ = best(found.weights)
    _read_verbs(found, archetype)
    drafts = [_draft(one, archetype) for one in _vouched(_chosen(found, archetype), found, archetype)]
    drafts = _gathered(_merged(drafts), archetype)[:MOST_ENTITIES]
    _take_general_fields(drafts, archetype)
    complete(drafts, archetype, found, add=partial(_added, found=found))
    _fill(drafts, archetype, found)
    _fill_people(drafts, archetype, found)
    _fill_deeds(drafts, found)
    _fill_spare(drafts, archetype, found)
    for one in drafts:
        one.setting = archetype.name if archetype else ""
        link(one, drafts)
    for one in drafts:
        _settle_time(one, drafts)
    return drafts, archetype


def _settle_time(one: Draft, drafts: Sequence[Draft]) -> None:
    """A booking has the time of the class it books; one of a room must say when, or nothing is ever taken."""
    start = next((part for part in one.fields if part.name == _START), None)
    if start is None or not one.key.endswith(_BOOKED):
        return
    booked = [other for other in drafts for each in one.links if other.key == each.target and not other.is_person]
    if any(part.name == _START for other in booked for part in other.fields):
        one.fields.remove(start)
    elif booked:
        one.fields[one.fields.index(start)] = replace(start, required=True)


def _read_verbs(found: Findings, archetype: Archetype | None) -> None:
    """What this kind of app keeps of what people do: "who visits her" of a family that cares."""
    for verb, at in found.verbs.items() if archetype else ():
        entity = archetype.known_as(key_of(verb)) if archetype else None
        if (
            entity is not None
            and verb not in _WISHES
            and any(part.ref and part.required for part in entity.fields)
        ):
            found.add(Candidate(spoken(verb), NounKind.ACT, at, is_action=True))


def _fill(drafts: list[Draft], archetype: Archetype | None, found: Findings) -> None:
    """What is left of other deeds, where there is room: the sales of what "it sold"."""
    for verb, at in found.verbs.items():
        names = lesser_actions().get(verb, ())
        there = any(
            one.key.endswith(key_of(name)) or one.goes_by(key_of(name)) for one in drafts for name in names
        )
        if names and not there and len(drafts) < _FULL:
            drafts.append(_draft(Candidate(names[0], NounKind.ACT, at, is_action=True), archetype))


def _fill_people(drafts: list[Draft], archetype: Archetype | None, found: Findings) -> None:
    """Those who are asked for by what they do, where there is room: the driver of "who drives"."""
    for verb, at in found.asked.items():
        name = next((verb + ending for ending in ("er", "r", "or") if _is_known_person(verb + ending)), "")
        there = verb in actions() or any(one.goes_by(name) or one.goes_by(verb) for one in drafts)
        if name and not there and len(drafts) < _FULL:
            drafts.append(_draft(Candidate(spoken(name), NounKind.PERSON, at), archetype))


def _fill_deeds(drafts: list[Draft], found: Findings) -> None:
    """What the goal asks who does it with something, where there is room: the waterings of "who waters which"."""
    thing = any(not (one.is_person or one.is_action or one.added) for one in drafts)
    people = any(one.is_person for one in drafts)
    for verb in found.asked if thing and people else ():
        name = doing(verb).capitalize()
        is_told = verb in actions() or verb in lesser_actions() or verb in _NO_DEEDS
        there = any(one.key.startswith((verb, key_of(name))) for one in drafts)
        if not (is_told or there) and len(drafts) < _FULL:
            fields = list(fields_of("on_date:date! note"))
            drafts.append(Draft(key_of(name), name, NounKind.ACT, fields, is_action=True))


def _fill_spare(drafts: list[Draft], archetype: Archetype | None, found: Findings) -> None:
    """What this kind of app keeps and the goal names in passing: "I pick some for an episode"."""
    for one in found.spare if archetype else ():
        kept = archetype.known_as(one.key) if archetype else None
        there = one.key in found.subjects or any(other.goes_by(one.key) for other in drafts)
        if kept is not None and not (there or one.weak or one.is_person) and len(drafts) < _FULL:
            drafts.append(_draft(one, archetype))


def _is_known_person(name: str) -> bool:
    return name in known_entities() and word(name).kind is NounKind.PERSON


def _added(entity: EntityDraft, *, found: Findings) -> Draft:
    """The draft of a record that the kind of app usually has, by a word of the goal where one fits."""
    kind = NounKind.PERSON if describes_people(entity.fields) else NounKind.UNKNOWN
    said = {one.key for one in found.spare} | set(map(key_of, found.roles))
    said |= {_WARES[one] for one in found.weights if one in _WARES}
    name = next((name for name in entity.names if key_of(name) in said), entity.name)
    new = Draft(key_of(name), spoken(name), kind, [], added=True)
    _take_fields(new, entity)
    new.is_action = len(new.wants) > 1
    return new


def _chosen(found: Findings, archetype: Archetype | None) -> list[Candidate]:
    strong = [one for one in found.candidates if not one.weak]
    named = any(not (one.is_person or one.is_action) for one in strong)
    weak = [
        one
        for one in found.candidates
        if one.weak and (_is_welcome(one, archetype) if one.is_person else not named)
    ]
    spare = [] if strong or weak else _spare(found, archetype)
    chosen = strong + (weak[: max(0, 4 - len(strong))]) + spare
    return sorted(chosen, key=lambda one: one.at)[: MOST_ENTITIES + 2]


def _vouched(chosen: Sequence[Candidate], found: Findings, archetype: Archetype | None) -> list[Candidate]:
    """Those that an archetype or a known action vouches for, and the first two that the founder wants to track."""
    kept: list[Candidate] = []
    neutral = 0
    for one in map(_without_strange_words, chosen):
        if _is_never_kept(one):
            continue
        if _is_vouched(one, archetype):
            kept.append(one)
        elif one.key in found.tracked and neutral < _MOST_NEUTRAL:
            neutral += 1
            kept.append(one)
    return kept


def _is_vouched(one: Candidate, archetype: Archetype | None) -> bool:
    last = key_of(one.label.split(" ")[-1])
    is_listed = last in _PEOPLE | _THINGS | _DEEDS
    return is_listed or _known(one, archetype) is not None or bool({one.key, last} & action_fields().keys())


def _is_never_kept(one: Candidate) -> bool:
    """Whether it is a word of pages, of software, of time or of talk, whatever an archetype makes of it."""
    words = one.label.lower().split(" ")
    return words[-1] in _NEVER and one.key not in _KEPT_RECORDS


def _without_strange_words(one: Candidate) -> Candidate:
    """A compound keeps its first word only where that is a noun: "Instrument" of "instrument they've"."""
    first, _, last = one.label.partition(" ")
    if not last or (word(first.lower()).noun > 0 and first.lower() not in _NEVER) or one.key in known_entities():
        return one
    return replace(one, label=spoken(last.capitalize()))


def _spare(found: Findings, archetype: Archetype | None) -> list[Candidate]:
    """What a goal without any clear record is about: "bakery" is a kind of app, not something it keeps."""
    if archetype is not None:
        return [one for one in found.spare if archetype.known_as(one.key) is not None][:2]
    return [one for one in found.spare if word(one.key).noun >= word(one.key).verb][:1]


def _is_welcome(one: Candidate, archetype: Archetype | None) -> bool:
    """Whether the people an app is for are kept in it: not when it keeps other people, such as clients."""
    if archetype is None or archetype.known_as(one.key) is not None:
        return True
    return not any(describes_people(entity.fields) for entity in archetype.entities)


def _draft(one: Candidate, archetype: Archetype | None) -> Draft:
    entity = _known(one, archetype)
    person = one.is_person or (entity is not None and describes_people(entity.fields))
    kind = NounKind.PERSON if person else one.kind
    last = key_of(one.label.split(" ")[-1])
    new = Draft(one.key, one.label, kind, [], about=one.about, is_action=one.is_action, examples=one.examples)
    if entity is not None:
        _take_fields(new, entity)
        new.is_action = new.is_action or len(new.wants) > 1
    elif act := next((key for key in (one.key, last) if key in action_fields()), None):
        new.fields = list(action_fields()[act][1])
        new.is_action = True
        usual = known_entities().get(act)
        new.wants = [part for part in usual.fields if _wants_somebody(part)] if usual else []
    else:
        new.fields = list(fields_of(_usual_fields(one, last)))
    return new


def _usual_fields(one: Candidate, last: str) -> str:
    if last in _PEOPLE or (one.is_person and last not in _THINGS | _DEEDS):
        return _PERSON
    return _DEED if last in _DEEDS else _NEUTRAL


def _wants_somebody(part: FieldDraft) -> bool:
    target = known_entities().get(key_of(part.ref)) if part.ref else None
    return part.required and target is not None and describes_people(target.fields)


def _take_fields(new: Draft, entity: EntityDraft) -> None:
    new.fields = [part for part in entity.fields if not part.ref]
    new.wants = [part for part in entity.fields if part.ref]
    new.stands_for = tuple(map(key_of, entity.names))
    new.is_known = True


def _known(one: Candidate, archetype: Archetype | None) -> EntityDraft | None:
    """The archetype's own record of that name, then any archetype's; the last word counts too."""
    last = key_of(one.label.split(" ")[-1])
    for key in (one.key, last):
        own = archetype.known_as(key) if archetype else None
        if own is not None and (key == one.key or describes_people(own.fields) >= one.is_person):
            return own
    if one.key in action_fields() or last in action_fields():
        return None
    usual = next(
        (known_entities()[key] for key in (one.key, last) if key in known_entities() and key not in _OWN_NAMES),
        None,
    )
    return usual if usual is None or describes_people(usual.fields) >= one.is_person else None


def _gathered(drafts: Sequence[Draft], archetype: Archetype | None) -> list[Draft]:
    """Drills and ladders of a lending library are both its tools; readers and singers of a rota its helpers."""
    kept = list(drafts)
    for entity in archetype.entities if archetype else ():
        same = [one for one in kept if key_of(entity.name) in one.stands_for and one.stands_for]
        if not entity.gathers or len(same) < 2:
            continue
        general = next((one for one in same if one.key == key_of(entity.name)), None)
        whole = general or replace(same[0], key=key_of(entity.name), label=spoken(entity.name), examples=())
        choices = tuple(plural(one.label) for one in same if one is not general)
        whole.fields = [part for part in whole.fields if part.name not in ("category", "task")]
        if len(choices) > 1:
            whole.fields.insert(1, FieldDraft("category", FieldType.CHOICE, choices=choices))
        kept[kept.index(same[0])] = whole
        kept = [one for one in kept if one is whole or one not in same]
    return kept


def _take_general_fields(drafts: Sequence[Draft], archetype: Archetype | None) -> None:
    """Things this kind of app has one word for take its fields: skis and boots of a rental are items."""
    general = next((one for one in archetype.entities if one.name in GENERAL), None) if archetype else None
    if general is None or any(one.goes_by(key_of(general.name)) for one in drafts):
        return
    kinds = {NounKind.ARTEFACT} if general.name == "Machine" else _KEPT_THINGS
    for one in drafts:
        if one.kind in kinds and not one.is_linking and not one.is_person and not one.is_known:
            _take_fields(one, general)


def _merged(drafts: Sequence[Draft]) -> list[Draft]:
    """One draft for names that mean the same record of an archetype: "booking" and "reservation"."""
    kept: list[Draft] = []
    drafts = [one for one in drafts if not _is_vague_twin(one, drafts)]
    for one in drafts:
        twin = next((other for other in kept if _same(one, other)), None)
        if twin is None:
            kept.append(one)
    return kept


def _is_vague_twin(one: Draft, drafts: Sequence[Draft]) -> bool:
    """Whether a general word stands beside what it means: "the works" beside "my paintings"."""
    return one.key in _GENERAL_WORDS and any(
        other is not one and other.stands_for == one.stands_for and other.stands_for for other in drafts
    )


def _same(one: Draft, other: Draft) -> bool:
    if _SYNONYMS.get(one.key, one.key) == _SYNONYMS.get(other.key, other.key):
        return True
    return (
        one.is_action
        and other.is_action
        and bool({one.key} & set(other.stands_for) or {other.key} & set(one.stands_for))
    )
