"""From the nouns of a goal to the entities of an app: which of them, and with which fields."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Final

from app.blueprint.field_types import DATES
from app.blueprint.language.archetypes import (
    Archetype,
    EntityDraft,
    FieldDraft,
    action_fields,
    actions,
    best_archetype,
    closest,
    fields_of,
    key_of,
    known_entities,
    lesser_actions,
    spoken,
)
from app.blueprint.language.completing import GENERAL, MOST_ENTITIES, complete
from app.blueprint.language.deposits import move_deposits
from app.blueprint.language.drafts import Draft, describes_people
from app.blueprint.language.findings import Candidate, Findings
from app.blueprint.language.lexicon import NounKind, doing, plural, word
from app.blueprint.language.linking import link
from app.blueprint.language.nouns import is_place, is_subject
from app.blueprint.language.uploading import PICTURES
from app.blueprint.language.word_lists import word_list, word_pairs
from app.blueprint.spec import FieldType

_KEPT_THINGS: Final = frozenset(
    {NounKind.ARTEFACT, NounKind.FOOD, NounKind.SUBSTANCE, NounKind.OBJECT, NounKind.COMMUNICATION, NounKind.PLANT}
)
_SYNONYMS: Final = word_pairs("synonyms")

_NO_DEEDS: Final = word_list("no_deeds")
_START: Final = "starts_at"
_TAKINGS: Final = frozenset({"loan", "rental", "booking", "reservation"})
_BOOKED: Final = ("booking", "reservation")
_WISHING_VERBS: Final = frozenset({"need", "want", "leave"})
_ROOM_FOR_MORE: Final = 5
_OWN_NAMES: Final = word_list("own_names")
_GENERAL_WORDS: Final = frozenset("work item training product piece thing equipment animal pet object".split())
_WARES: Final = word_pairs("wares")
_IMPLIED: Final = word_pairs("implied_records")

_PERSON: Final = "name! email:email phone:phone notes:longtext"
_NEUTRAL: Final = "name! on_date:date status=Open/Done notes:longtext"
_THING: Final = "name! condition=New/Good/Worn/Needs_repair location notes:longtext"
_PICTURE: Final = "title! taken_on:date notes:longtext"
_SITE: Final = "name! address notes:longtext"
_DEED: Final = "on_date:date! status=Open/Done notes:longtext"
_BOOKED_FIELDS: Final = "starts_at:datetime! status=Booked/Confirmed/Done/Cancelled notes:longtext"
_IN_BOOKING: Final = ("person", "phone", "note")
_MOST_NEUTRAL: Final = 2
_MOST_ASKED_FOR: Final = MOST_ENTITIES + 2
_PEOPLE: Final = word_list("record_people")
_PARTIES: Final = word_list("parties")
_THINGS: Final = word_list("record_things")
_DEEDS: Final = word_list("record_deeds")
_NEVER_RECORDS: Final = word_list("never_records")
_KEPT_RECORDS: Final = word_list("kept_records")


def draft_entities(findings: Findings) -> tuple[list[Draft], Archetype | None]:
    """The entities of an app for the findings of a goal, linked to each other, and the kind of app it is."""
    archetype, _ = best_archetype(findings.weights)
    _read_verbs(findings, archetype)
    drafts = [
        _draft_candidate(candidate, archetype)
        for candidate in _keep_vouched(_choose(findings, archetype), findings, archetype)
    ]
    drafts = _gather(_merge_twins(drafts), archetype)[:_MOST_ASKED_FOR]
    _take_general_fields(drafts, archetype)
    if not drafts and archetype is None:
        archetype = _archetype_of_subject(findings)
    complete(drafts, archetype, findings, add=partial(_draft_usual, findings=findings))
    _add_implied(drafts, archetype, findings)
    _add_leftovers(drafts, archetype, findings)
    _add_asked_people(drafts, archetype, findings)
    _add_asked_deeds(drafts, findings)
    _add_named_in_passing(drafts, archetype, findings)
    # Last of all, since each may point at any of the others.
    for draft in drafts:
        draft.setting = archetype.name if archetype else ""
        link(draft, drafts)
    move_deposits(drafts, findings)
    for draft in drafts:
        _settle_start(draft, drafts)
    return drafts, archetype


def _archetype_of_subject(findings: Findings) -> Archetype | None:
    """The kind of app of a goal that names its subject alone: "a fitness app", "our sports club"."""
    subjects = {
        word: weight
        for word, weight in findings.weights.items()
        if is_subject(word) and word not in _NEVER_RECORDS
    }
    return next(iter(closest(subjects, most=1)), None)


def _settle_start(draft: Draft, drafts: Sequence[Draft]) -> None:
    """Drop the start of a booking whose class has one; require it where a room is booked."""
    start = next((part for part in draft.fields if part.name == _START), None)
    if start is None or not draft.key.endswith(_BOOKED):
        return
    booked = [
        target for target in drafts for link in draft.links if target.key == link.target and not target.is_person
    ]
    if any(part.name == _START for target in booked for part in target.fields):
        draft.fields.remove(start)
    elif booked:
        draft.fields[draft.fields.index(start)] = replace(start, required=True)


def _read_verbs(findings: Findings, archetype: Archetype | None) -> None:
    """Add the acts that this kind of app keeps: "who visits her" of a family that cares."""
    for verb, at in findings.verbs.items() if archetype else ():
        entity = archetype.known_as(key_of(verb)) if archetype else None
        if (
            entity is not None
            and verb not in _WISHING_VERBS
            and any(part.ref and part.required for part in entity.fields)
        ):
            findings.add(Candidate(spoken(verb), NounKind.ACT, at, is_action=True))


def _add_implied(drafts: list[Draft], archetype: Archetype | None, findings: Findings) -> None:
    """Add the record that a word cannot do without: the posts of a blog."""
    for spoken_word, name in _IMPLIED.items():
        usual = (archetype and archetype.known_as(name)) or known_entities().get(name)
        is_there = usual is not None and any(
            key in (draft.key, *draft.stands_for) for draft in drafts for key in map(key_of, usual.names)
        )
        if usual is not None and spoken_word in findings.weights and not is_there:
            drafts.append(_draft_usual(usual, findings=findings))


def _add_leftovers(drafts: list[Draft], archetype: Archetype | None, findings: Findings) -> None:
    """Add the records that minor verbs leave behind, where there is room: the sales of "it sold"."""
    for verb, at in findings.verbs.items():
        names = lesser_actions().get(verb, ())
        is_there = any(
            draft.key.endswith(key_of(name)) or draft.goes_by(key_of(name)) for draft in drafts for name in names
        )
        if names and not is_there and len(drafts) < _ROOM_FOR_MORE:
            drafts.append(_draft_candidate(Candidate(names[0], NounKind.ACT, at, is_action=True), archetype))


def _add_asked_people(drafts: list[Draft], archetype: Archetype | None, findings: Findings) -> None:
    """Add the people who are asked for by a verb, where there is room: the driver of "who drives"."""
    for verb, at in findings.asked.items():
        name = next((verb + ending for ending in ("er", "r", "or") if _is_known_person(verb + ending)), "")
        is_there = verb in actions() or any(draft.goes_by(name) or draft.goes_by(verb) for draft in drafts)
        if name and not is_there and len(drafts) < _ROOM_FOR_MORE:
            drafts.append(_draft_candidate(Candidate(spoken(name), NounKind.PERSON, at), archetype))


def _add_asked_deeds(drafts: list[Draft], findings: Findings) -> None:
    """Add the acts that are asked about, where there is room: the waterings of "who waters which"."""
    has_thing = any(not (draft.is_person or draft.is_action or draft.added) for draft in drafts)
    has_people = any(draft.is_person for draft in drafts)
    for verb in findings.asked if has_thing and has_people else ():
        name = doing(verb).capitalize()
        is_told = verb in actions() or verb in lesser_actions() or verb in _NO_DEEDS
        is_there = any(draft.key.startswith((verb, key_of(name))) for draft in drafts)
        if not (is_told or is_there) and len(drafts) < _ROOM_FOR_MORE:
            fields = list(fields_of("on_date:date! note"))
            drafts.append(Draft(key_of(name), name, NounKind.ACT, fields, is_action=True))


def _add_named_in_passing(drafts: list[Draft], archetype: Archetype | None, findings: Findings) -> None:
    """Add usual records that the goal names in passing: "I pick some for an episode"."""
    for candidate in findings.spare if archetype else ():
        usual = archetype.known_as(candidate.key) if archetype else None
        is_there = candidate.key in findings.subjects or any(draft.goes_by(candidate.key) for draft in drafts)
        if (
            usual is not None
            and not (is_there or candidate.weak or candidate.is_person)
            and len(drafts) < _ROOM_FOR_MORE
        ):
            drafts.append(_draft_candidate(candidate, archetype))


def _is_known_person(name: str) -> bool:
    return name in known_entities() and word(name).kind is NounKind.PERSON


def _draft_usual(entity: EntityDraft, *, findings: Findings) -> Draft:
    """The draft of a usual record, called by a word of the goal where one fits."""
    kind = NounKind.PERSON if describes_people(entity.fields) else NounKind.UNKNOWN
    goal_words = {candidate.key for candidate in findings.spare} | set(map(key_of, findings.roles))
    goal_words |= {_WARES[word] for word in findings.weights if word in _WARES}
    name = next((name for name in entity.names if key_of(name) in goal_words), entity.name)
    new = Draft(key_of(name), spoken(name), kind, [], added=True)
    _take_fields(new, entity)
    new.is_action = len(new.wants) > 1
    return new


def _choose(findings: Findings, archetype: Archetype | None) -> list[Candidate]:
    strong = [candidate for candidate in findings.candidates if not candidate.weak]
    is_named = any(not (candidate.is_person or candidate.is_action) for candidate in strong)
    weak = [
        candidate
        for candidate in findings.candidates
        if candidate.weak and (_is_welcome(candidate, archetype) if candidate.is_person else not is_named)
    ]
    fallback = [] if strong or weak else _spare_candidates(findings, archetype)
    chosen = strong + (weak[: max(0, 4 - len(strong))]) + fallback
    # Two more than fit: some of them will be merged or dropped.
    return sorted(chosen, key=lambda candidate: candidate.at)[: MOST_ENTITIES + 2]


def _keep_vouched(chosen: Sequence[Candidate], findings: Findings, archetype: Archetype | None) -> list[Candidate]:
    """The candidates that an archetype or a known action vouches for, and two that the founder wants to track."""
    vouched: list[Candidate] = []
    neutral = 0
    taken = {
        candidate.about
        for candidate in chosen
        if candidate.is_action and candidate.key in _TAKINGS and candidate.about
    }
    for candidate in map(_without_strange_words, chosen):
        if _is_never_kept(candidate):
            continue
        if _is_vouched(candidate, archetype) or _is_taken(candidate, taken):
            vouched.append(candidate)
        elif findings.tracked & {candidate.key, _last_key(candidate)} and neutral < _MOST_NEUTRAL:
            neutral += 1
            vouched.append(candidate)
    return vouched


def _is_taken(candidate: Candidate, taken: Set[str]) -> bool:
    """True of a thing that is lent, hired out or booked: there is nothing to lend unless it is kept."""
    return candidate.kind in _KEPT_THINGS and _last_key(candidate) in taken


def _last_key(candidate: Candidate) -> str:
    return key_of(candidate.label.split(" ")[-1])


def _is_vouched(candidate: Candidate, archetype: Archetype | None) -> bool:
    last_word = _last_key(candidate)
    is_listed = last_word in _PEOPLE | _THINGS | _DEEDS or (candidate.is_person and last_word in _PARTIES)
    return (
        is_listed
        or _known_entity(candidate, archetype) is not None
        or bool({candidate.key, last_word} & action_fields().keys())
    )


def _is_never_kept(candidate: Candidate) -> bool:
    """True for a word of pages, software, time or talk, whatever an archetype makes of it."""
    words = candidate.label.lower().split(" ")
    return words[-1] in _NEVER_RECORDS and candidate.key not in _KEPT_RECORDS


def _without_strange_words(candidate: Candidate) -> Candidate:
    """A compound keeps its first word only where that is a noun: "Instrument" of "instrument they've"."""
    first_word, _, last_word = candidate.label.partition(" ")
    lexical = word(first_word.lower())
    if (
        not last_word
        or (lexical.noun > 0 and not lexical.is_hardly_a_noun and first_word.lower() not in _NEVER_RECORDS)
        or candidate.key in known_entities()
    ):
        return candidate
    return replace(candidate, label=spoken(last_word.capitalize()))


def _spare_candidates(findings: Findings, archetype: Archetype | None) -> list[Candidate]:
    """The records of a goal that names none clearly: "bakery" is a kind of app, not a record of it."""
    if archetype is not None:
        return [candidate for candidate in findings.spare if archetype.known_as(candidate.key) is not None][:2]
    return [candidate for candidate in findings.spare if word(candidate.key).noun >= word(candidate.key).verb][:1]


def _is_welcome(candidate: Candidate, archetype: Archetype | None) -> bool:
    """True if the app keeps the people it is for, and not other people, such as clients."""
    if archetype is None or archetype.known_as(candidate.key) is not None:
        return True
    return not any(describes_people(entity.fields) for entity in archetype.entities)


def _draft_candidate(candidate: Candidate, archetype: Archetype | None) -> Draft:
    entity = _known_entity(candidate, archetype)
    is_person = candidate.is_person or (entity is not None and describes_people(entity.fields))
    kind = NounKind.PERSON if is_person else candidate.kind
    last_word = key_of(candidate.label.split(" ")[-1])
    new = Draft(
        candidate.key,
        candidate.label,
        kind,
        [],
        about=candidate.about,
        is_action=candidate.is_action,
        examples=candidate.examples,
    )
    if entity is not None:
        _take_fields(new, entity)
        new.is_action = new.is_action or len(new.wants) > 1
    elif act := next((key for key in (candidate.key, last_word) if key in action_fields()), None):
        new.fields = list(action_fields()[act][1])
        new.is_action = True
        usual = known_entities().get(act)
        new.wants = [part for part in usual.fields if _wants_somebody(part)] if usual else []
    else:
        new.fields = list(fields_of(_usual_fields(candidate, last_word)))
    if candidate.is_booked:
        _take_booking(new)
    return new


def _take_booking(new: Draft) -> None:
    """Give a deed that is booked the time and the state of a booking; who it is for is a link."""
    new.is_action = new.is_booked = True
    of_thing = [part for part in new.fields if part.type not in DATES]
    of_thing = [part for part in of_thing if part.name not in _IN_BOOKING]
    booking = [part for part in fields_of(_BOOKED_FIELDS) if part.name not in {one.name for one in of_thing}]
    new.fields = [*booking, *of_thing]


def _usual_fields(candidate: Candidate, last_word: str) -> str:
    if last_word in _PEOPLE or (candidate.is_person and last_word not in _THINGS | _DEEDS):
        return _PERSON
    if last_word in _DEEDS:
        return _DEED
    if last_word in PICTURES:
        return _PICTURE
    is_object = candidate.kind in (NounKind.ARTEFACT, NounKind.OBJECT) and not candidate.is_action
    if is_object and is_place(last_word):
        return _SITE
    return _THING if is_object else _NEUTRAL


def _wants_somebody(part: FieldDraft) -> bool:
    target = known_entities().get(key_of(part.ref)) if part.ref else None
    return part.required and target is not None and describes_people(target.fields)


def _take_fields(new: Draft, entity: EntityDraft) -> None:
    new.fields = [part for part in entity.fields if not part.ref]
    new.wants = [part for part in entity.fields if part.ref]
    new.stands_for = tuple(map(key_of, entity.names))
    new.is_known = True


def _known_entity(candidate: Candidate, archetype: Archetype | None) -> EntityDraft | None:
    """The archetype's own record of that name, then any archetype's; the last word counts too."""
    last_word = key_of(candidate.label.split(" ")[-1])
    for key in (candidate.key, last_word):
        own_record = archetype.known_as(key) if archetype else None
        if own_record is not None and (
            key == candidate.key or describes_people(own_record.fields) >= candidate.is_person
        ):
            return own_record
    if candidate.key in action_fields() or last_word in action_fields():
        return None
    usual = next(
        (
            known_entities()[key]
            for key in (candidate.key, last_word)
            if key in known_entities() and key not in _OWN_NAMES
        ),
        None,
    )
    return usual if usual is None or describes_people(usual.fields) >= candidate.is_person else None


def _gather(drafts: Sequence[Draft], archetype: Archetype | None) -> list[Draft]:
    """Merge kinds that the app has one word for: drills and ladders are tools, readers and singers helpers."""
    gathered = list(drafts)
    for entity in archetype.entities if archetype else ():
        members = [draft for draft in gathered if key_of(entity.name) in draft.stands_for and draft.stands_for]
        if not entity.gathers or len(members) < 2:
            continue
        general = next((draft for draft in members if draft.key == key_of(entity.name)), None)
        merged = general or replace(members[0], key=key_of(entity.name), label=spoken(entity.name), examples=())
        # What the goal tells apart stays told apart, as the category of a tool.
        choices = tuple(plural(draft.label) for draft in members if draft is not general)
        merged.fields = [part for part in merged.fields if part.name not in ("category", "task")]
        # A choice of one is no choice.
        if len(choices) > 1:
            merged.fields.insert(1, FieldDraft("category", FieldType.CHOICE, choices=choices))
        at = gathered.index(members[0])
        # The general word may stand among them: "drills, saws, ladders; customers rent tools".
        others = [draft for draft in gathered if all(draft is not member for member in members)]
        gathered = [*others[:at], merged, *others[at:]]
    return gathered


def _take_general_fields(drafts: Sequence[Draft], archetype: Archetype | None) -> None:
    """Give things the fields of the app's word for them: skis and boots of a rental are items."""
    general = (
        next((entity for entity in archetype.entities if entity.name in GENERAL), None) if archetype else None
    )
    if general is None or any(draft.goes_by(key_of(general.name)) for draft in drafts):
        return
    kinds = {NounKind.ARTEFACT} if general.name == "Machine" else _KEPT_THINGS
    for draft in drafts:
        if draft.kind in kinds and not draft.is_linking and not draft.is_person and not draft.is_known:
            _take_fields(draft, general)


def _merge_twins(drafts: Sequence[Draft]) -> list[Draft]:
    """One draft for names that mean the same record of an archetype: "booking" and "reservation"."""
    distinct: list[Draft] = []
    drafts = [draft for draft in drafts if not _is_vague_twin(draft, drafts)]
    for draft in drafts:
        twin = next((earlier for earlier in distinct if _mean_the_same(draft, earlier)), None)
        if twin is None:
            distinct.append(draft)
    return distinct


def _is_vague_twin(draft: Draft, drafts: Sequence[Draft]) -> bool:
    """True if a general word stands beside what it means: "the works" beside "my paintings"."""
    return draft.key in _GENERAL_WORDS and any(
        meant is not draft and meant.stands_for == draft.stands_for and meant.stands_for for meant in drafts
    )


def _mean_the_same(draft: Draft, other: Draft) -> bool:
    if _SYNONYMS.get(draft.key, draft.key) == _SYNONYMS.get(other.key, other.key):
        return True
    return (
        draft.is_action
        and other.is_action
        and bool({draft.key} & set(other.stands_for) or {other.key} & set(draft.stands_for))
    )
