"""Which nouns of a goal are records to keep, which are details of them, and which only say what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.language.acting import acts
from app.blueprint.language.archetypes import action_fields, actions, key_of, known_entities, spoken
from app.blueprint.language.findings import Candidate, Findings
from app.blueprint.language.grammar import PLURAL_MODIFIERS, SHUNNED, Part, Phrase, Token, phrases, tag
from app.blueprint.language.lexicon import UNKNOWN_WORD, NounKind, Word, is_known, word
from app.blueprint.language.nouns import (
    ALWAYS_DETAILS,
    SOFTWARE,
    THINGS,
    TOPICS,
    VAGUE,
    is_action_noun,
    is_container,
    is_context,
    is_done_to,
    is_kept_record,
    is_pair,
    is_place,
    is_recordable,
    is_subject,
    only_says_what_about,
)
from app.blueprint.language.word_lists import word_list, word_pairs

_EMPTY: Final = SOFTWARE - word_list("kept_records")
_ATTRIBUTES: Final = word_pairs("attributes")
_SPELLINGS: Final = word_pairs("spellings")
_CARRYING: Final = word_list("carrying_verbs")
_DIARIES: Final = frozenset({"diary", "journal", "log", "logbook"})
_OPERATORS: Final = word_list("operators")
_HOLDERS: Final = word_list("holders")
_DOERS: Final = ("er", "or", "ist", "person", "man", "woman")
_TOOLS: Final = frozenset({"tool", "system", "site", "page", "file", "record"})
_SHOWN: Final = frozenset({"picture", "photo", "image"})
_RATES: Final = frozenset("price cost rate total budget balance salary wage tax".split())
_STUDIES: Final = frozenset({"teach", "play", "learn", "study", "practise", "practice"})
_TRACKING: Final = word_list("tracking_verbs")
_COUNTS: Final = frozenset("two three four five six seven eight nine ten several our my".split())
_DETAILS_WITH_CHOICES: Final = word_list("details_with_choices")
_FIRST_WORDS: Final = 2
_TRACKERS: Final = word_list("trackers")
_STORES: Final = frozenset({"inventory", "stock", "warehouse"})
_COLLECTIVE: Final = frozenset(
    "club society community collection market marketplace shop store exchange swap".split()
)


def find(words: Sequence[str]) -> Findings:
    """Read the phrases of a goal one after the other."""
    tokens = tag(words)
    found = Findings(acts=acts(tokens))
    _weigh(tokens, found)
    examples = _in_brackets(tokens) | _choices(tokens)
    for phrase in phrases(tokens):
        if phrase.at not in examples:
            _read_phrase(phrase, found)
    found.verbs = {token.basic: at for at, token in enumerate(tokens) if token.part is Part.VERB}
    for at, token in enumerate(tokens):
        if token.part is Part.VERB and token.basic in actions() and not _carries(tokens, at):
            _add_action(actions()[token.basic], at, found, about=_object_of(tokens, at))
    found.asked = dict(_asked(tokens))
    found.candidates = _without_shadows(found.candidates)
    if found.candidates:
        found.weights.update(dict.fromkeys(found.settings, 0.4))
    return found


def _in_brackets(tokens: Sequence[Token]) -> frozenset[int]:
    """The places between brackets: what stands there lists details or choices of what was named before."""
    inside, places = False, []
    for at, token in enumerate(tokens):
        inside = token.text == "(" or (inside and token.text != ")")
        if inside:
            places.append(at)
    return frozenset(places)


def _choices(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of the values that a detail takes: what follows "four levels:" until the sentence ends."""
    inside, places = False, []
    for at, token in enumerate(tokens):
        if token.text == ":" and at and tokens[at - 1].basic in _DETAILS_WITH_CHOICES:
            inside = True
        inside = inside and token.text not in (".", ";")
        if inside:
            places.append(at)
    return frozenset(places)


def _asked(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """What somebody does who is asked for: "who drives", not "nurses who visit"."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].text == "who" and tokens[at - 1].part is not Part.NOUN and tokens[at + 1].part is Part.VERB:
            yield tokens[at + 1].basic, at + 1


def _carries(tokens: Sequence[Token], at: int) -> bool:
    """Whether the verb only hands over what has a name: "report repairs", "claims employees submit"."""
    after_it = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if tokens[at].basic not in _CARRYING or (tokens[at].basic == "register" and after_it == "for"):
        return False
    nouns = [one for one in tokens[at + 1 : at + 6] if one.part is Part.NOUN]
    after = next((one for one in nouns if is_recordable(one.basic) and not _is_person(one)), None)
    before = next((one for one in reversed(tokens[:at]) if one.part is Part.NOUN and not _is_person(one)), None)
    relative = any(one.text in ("that", "which") for one in tokens[max(0, at - 3) : at])
    thing = before if relative else after
    return thing is not None and is_recordable(thing.basic) and not _is_person(thing)


def _is_person(token: Token) -> bool:
    return word(token.basic).kind is NounKind.PERSON


def _weigh(tokens: Sequence[Token], found: Findings) -> None:
    """How much each word says about the kind of app: once is enough, the early words a little more."""
    for at, token in enumerate(tokens):
        if token.part not in (Part.MARK, Part.FUNCTION):
            weight = 1.0 if at < 40 else 0.5
            if token.part is Part.VERB or token.text in _TOOLS:
                weight *= 0.85 if token.text not in _TOOLS else 0.2
            for form in {token.text, token.basic, token.text.replace("-", "")}:
                found.weights[form] = max(found.weights.get(form, 0.0), weight)


def _read_phrase(phrase: Phrase, found: Findings) -> None:
    head, know = phrase.head.basic, word(phrase.head.basic)
    modifiers = [token for token in phrase.modifiers if token.part is Part.NOUN]
    _note_tracked(phrase, found)
    if modifiers and head in SOFTWARE and key_of(modifiers[-1].basic + head) in known_entities():
        _add(_candidate([modifiers[-1], phrase.head], phrase.at), found)
        return
    if head in SOFTWARE or phrase.head.text in SOFTWARE:
        if head in _STORES and not any(one.basic not in _EMPTY for one in modifiers if not is_place(one.basic)):
            _add(Candidate("Item", NounKind.ARTEFACT, phrase.at, weak=True), found)
        if not is_kept_record(phrase, modifiers):
            _read_modifiers(modifiers, found, phrase)
            return
    elif _is_detail_of(phrase, modifiers):
        _add(_candidate([modifiers[-1]], phrase.at), found)
        if not phrase.head.is_plural:
            _add_detail(phrase, found)
        return
    elif is_container(phrase.head, modifiers):
        _read_modifiers(modifiers, found, phrase)
        return
    elif is_context(phrase, know):
        _read_context(phrase, modifiers, know, found)
        return
    elif _is_detail(phrase, found):
        _add_detail(phrase, found)
        return
    _read_record(phrase, modifiers, know, found)


def _note_tracked(phrase: Phrase, found: Findings) -> None:
    """Keep in mind what the founder wants to track, and what is listed with it."""
    key = key_of(phrase.head.basic)
    is_listed = phrase.head.is_plural and phrase.before in (",", "and") and found.last_phrase in found.tracked
    if _is_tracked(phrase) or is_listed:
        found.tracked.add(key)
    found.last_phrase = key


def _is_tracked(phrase: Phrase) -> bool:
    """Whether the founder says that these are kept: "track plants", "four microscopes", "each permit"."""
    if phrase.is_object and phrase.verb in _TRACKING:
        return True
    if not is_known(phrase.head.basic):
        return False
    is_counted = phrase.head.is_plural and (phrase.before in _COUNTS or phrase.determiner in _COUNTS)
    opens = phrase.head.is_plural and phrase.at <= _FIRST_WORDS
    return is_counted or opens or phrase.determiner in ("each", "every")


def _read_modifiers(modifiers: Sequence[Token], found: Findings, phrase: Phrase) -> None:
    """The words before "app", "tracker" or "list" are what it is about: "invoice tracker"."""
    nouns = [token for token in modifiers if token.basic not in _EMPTY]
    if nouns and phrase.head.basic in _TRACKERS and is_known(nouns[-1].basic):
        found.tracked.add(key_of(nouns[-1].basic))
    for at, token in enumerate(nouns):
        before = nouns[at - 1] if at else None
        if token.basic in _STORES:
            _add(Candidate("Item", NounKind.ARTEFACT, phrase.at, weak=True), found)
            continue
        if is_done_to(token, before, phrase):
            label = Candidate(token.basic.capitalize(), NounKind.ACT, phrase.at + at, is_action=True)
            _add(label, found)
        elif only_says_what_about(token, nouns[at + 1 :]):
            _add_domain(token.text, found)
            found.subjects.append(token.text)
            _spare(token, found, phrase.at + at)
        else:
            _add(_candidate([token], phrase.at + at, about=before.basic if before else ""), found)
        _unknown(token, found)
    if phrase.head.basic in _DIARIES and nouns and not any(one.at >= phrase.at for one in found.candidates):
        _add(Candidate(f"{nouns[-1].basic.capitalize()} entry", NounKind.STATE, phrase.at, weak=True), found)


def _read_context(phrase: Phrase, modifiers: Sequence[Token], know: Word, found: Findings) -> None:
    words = [token.text for token in phrase.modifiers[-2:]] + [phrase.head.text]
    if phrase.at > 2 or phrase.after != "for" or phrase.determiner in ("our", "my"):  # "a shop for my jams" is one
        found.settings |= {phrase.head.text, phrase.head.basic}
    if not found.context and phrase.head.basic not in _OPERATORS:
        found.context = " ".join(words)
    for token in modifiers:
        if token.basic not in SOFTWARE:
            _add_domain(token.text, found)
            found.subjects.append(token.text)
            thing = word(token.basic).kind in THINGS | {NounKind.COMMUNICATION}
            if key_of(token.basic) in action_fields() or (
                phrase.head.basic in _COLLECTIVE and thing and not is_subject(token.basic)
            ):
                _add(_candidate([token], phrase.at), found)
            else:
                _spare(token, found, phrase.at)
        _unknown(token, found)
    if know.kind is NounKind.PERSON:
        _add_role(phrase.head.basic, found)
        found.spare.append(_candidate([phrase.head], phrase.at))
    elif not is_place(phrase.head.basic):
        found.spare.append(_candidate([phrase.head], phrase.at))
    else:
        found.spare.append(_candidate([phrase.head], phrase.at, weak=True))
    _unknown(phrase.head, found)


def _is_detail(phrase: Phrase, found: Findings) -> bool:
    """Whether the noun is a detail such as a price, of something named before."""
    head = phrase.head.basic
    if head not in _ATTRIBUTES or not found.candidates:
        return False
    if head in _SHOWN:
        return True
    if phrase.head.is_plural and _ATTRIBUTES[head] == "money" and head not in _RATES and phrase.before != "with":
        return phrase.is_owned
    nouns = [token for token in phrase.modifiers if token.part is Part.NOUN]
    if any(word(token.basic).kind is NounKind.PERSON for token in nouns):
        return True
    if phrase.head.is_plural and is_recordable(head) and head not in ALWAYS_DETAILS:
        return False
    return phrase.is_owned or phrase.before in ("with", ",", "and", "by", "including") or not phrase.head.is_plural


def _is_detail_of(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """Whether the head is a detail of the record before it: "repair cost", "interview stages"."""
    if phrase.head.basic not in _ATTRIBUTES or not modifiers or modifiers[-1].basic in SOFTWARE:
        return False
    whole = key_of(modifiers[-1].basic + phrase.head.basic)
    return is_recordable(modifiers[-1].basic) and whole not in known_entities()


def _add_detail(phrase: Phrase, found: Findings) -> None:
    adjectives = [token.text for token in phrase.modifiers][-1:]
    label = " ".join([*adjectives, phrase.head.basic]).replace("'s", "").capitalize()
    owner = found.candidates[-1].key
    found.details.setdefault(owner, {})[label] = _ATTRIBUTES[phrase.head.basic]


def _read_record(phrase: Phrase, modifiers: Sequence[Token], know: Word, found: Findings) -> None:
    head = phrase.head
    if _is_passed_over(phrase, modifiers):
        _pass_over(phrase, found)
        return
    if head.text == head.basic and head.basic in SOFTWARE and not modifiers:
        return
    plain = know.kind is NounKind.PERSON or is_recordable(head.basic)
    inner = [
        one
        for one in modifiers
        if one.basic not in _EMPTY and not (plain and is_place(one.basic) and not is_recordable(one.basic))
    ]
    if is_action_noun(head.basic, know):
        inner = [one for one in inner if word(one.basic).kind not in (NounKind.LOCATION, NounKind.GROUP)]
    for token in modifiers:
        if token.basic not in _EMPTY and (token not in inner or token in inner[:-1]):
            _add_domain(token.text, found)
            if token not in inner:
                found.subjects.append(token.text)
    before = inner[-1] if inner else None
    if know.kind is NounKind.PERSON and before is not None:
        _add_domain(before.text, found)
        found.subjects.append(before.text)
        named = [before, head] if key_of(before.basic + head.basic) in known_entities() else [head]
        _add(_candidate(named, phrase.at), found)
    elif before is not None and is_pair(before, head):
        _add(_candidate([before], phrase.at), found)
        _add(_candidate([head], phrase.at, about=before.basic), found)
    else:
        _add_named(phrase, before, know, found)
    for token in (*inner, head):
        _unknown(token, found)


def _is_passed_over(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """Whether it is no record: a box of something, what is studied or played, what the founder does not want."""
    head = phrase.head
    if (phrase.is_object and phrase.verb in SHUNNED) or phrase.before == "much":
        return True
    if _is_denied(phrase) and not is_action_noun(head.basic, word(head.basic)):
        return True
    contained = phrase.after == "of" and head.basic in _HOLDERS
    whole = key_of("".join(token.basic for token in [*modifiers[-1:], head]))
    studied = phrase.verb in _STUDIES and not phrase.determiner
    topic = (head.basic in TOPICS or studied) and whole not in known_entities()
    return not head.is_plural and (contained or len(head.basic) < 3 or topic)


def _is_denied(phrase: Phrase) -> bool:
    """Whether the goal says that there is none: "no ratings", "not the product"."""
    return "no" in (phrase.before, phrase.determiner) or (phrase.before == "not" and phrase.determiner == "the")


def _pass_over(phrase: Phrase, found: Findings) -> None:
    if phrase.verb not in SHUNNED:
        _add_domain(phrase.head.basic, found)
    found.spare.append(_candidate([phrase.head], phrase.at, weak=True))


def _add_named(phrase: Phrase, before: Token | None, know: Word, found: Findings) -> None:
    tokens = [before, phrase.head] if before is not None else [phrase.head]
    vague = know.kind in VAGUE and not phrase.head.is_plural and not is_recordable(phrase.head.basic)
    mass = not phrase.head.is_plural and not phrase.determiner and not is_recordable(phrase.head.basic)
    each = phrase.determiner in ("every", "each")
    beside = (
        bool(found.candidates) and found.candidates[-1].at >= phrase.at - 3 and not found.candidates[-1].is_person
    )
    known = phrase.head.is_plural and phrase.determiner in ("our", "my")
    for_whom = know.kind is NounKind.PERSON and phrase.before == "for" and not (each or beside or known)
    if for_whom:
        _add_role(phrase.head.basic, found)
    if before is not None:
        _add_domain(before.text, found)
    owner = found.candidates[-1].key if phrase.is_owned and found.candidates else ""
    about = owner or (found.candidates[-1].key if phrase.before in ("of", "per") and found.candidates else "")
    candidate = _candidate(tokens, phrase.at, about=about, weak=for_whom)
    thing = know.kind in (NounKind.PLANT, NounKind.FOOD, NounKind.ANIMAL, NounKind.ARTEFACT)
    if phrase.is_subject and phrase.head.is_plural and "h" in know.flags and not thing:
        candidate = replace(candidate, kind=NounKind.PERSON)
    opens_list = phrase.before == ":" and phrase.after == ","
    listed = (phrase.before in (",", "and") or opens_list) and bool(found.candidates)
    activity = mass and not listed and know.kind is NounKind.ACT and phrase.head.basic.endswith("ing")
    said = phrase.verb or listed or know.kind in THINGS
    if vague or activity or (mass and (phrase.before == "for" or not said)):
        _add_domain(phrase.head.basic, found)
        found.spare.append(candidate)
    else:
        _add(candidate, found)


def _candidate(tokens: Sequence[Token], at: int, *, about: str = "", weak: bool = False) -> Candidate:
    """The label says the last two words; the head decides what kind of record it is."""
    head = tokens[-1].basic
    know = word(head)
    kind = (
        NounKind.PERSON if know == UNKNOWN_WORD and head.endswith(_DOERS) and head not in _SPELLINGS else know.kind
    )
    words = [_said(token, token is tokens[-1]) for token in tokens[-2:] if not token.is_owner]
    label = " ".join(words or [head]).replace("-", " ")
    action = key_of(head) in action_fields() or is_action_noun(head, know)
    return Candidate(
        spoken(label.capitalize()),
        kind,
        at,
        know.flags,
        about,
        weak,
        action and len(tokens) == 1,
        know.examples,
    )


def _said(token: Token, is_head: bool) -> str:
    """The word of a label: the head in the singular, and so what stands before it, but for "sports hall"."""
    basic = token.text if not is_head and token.text in PLURAL_MODIFIERS else token.basic
    return _SPELLINGS.get(basic, basic).replace("_", " ")


def _add(candidate: Candidate, found: Findings) -> None:
    if len(candidate.key) > 1:
        found.add(candidate)


def _add_action(name: str, at: int, found: Findings, *, about: str) -> None:
    label = spoken(name)
    found.add(Candidate(label, NounKind.ACT, at, about=about, is_action=True))


def _object_of(tokens: Sequence[Token], at: int) -> str:
    """The thing that something is done to: the walk of "customers book a morning walk"; "" when none is named."""
    thing = ""
    for token in tokens[at + 1 : at + 6]:
        if token.part is Part.NOUN and not _is_person(token):
            thing = token.basic
        elif thing or token.part in (Part.MARK, Part.VERB):
            break
    return key_of(thing)


def _add_domain(text: str, found: Findings) -> None:
    plain = text.replace("-", " ")
    if plain not in found.domain and plain not in SOFTWARE and len(plain) > 2:
        found.domain.append(plain)


def _add_role(basic: str, found: Findings) -> None:
    if basic not in found.roles:
        found.roles.append(basic)


def _spare(token: Token, found: Findings, at: int) -> None:
    found.spare.append(_candidate([token], at))


def _unknown(token: Token, found: Findings) -> None:
    if token.text in found.unknown or token.basic in SOFTWARE or is_subject(token.basic):
        return
    if not is_recordable(token.basic) and not any(is_known(part) for part in token.basic.split("-")):
        found.unknown.append(token.text)


def _without_shadows(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop a name that is only the end of a fuller one: "Request" beside "Feature request"."""
    return list(_kept(candidates))


def _kept(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    for one in candidates:
        fuller = [
            other
            for other in candidates
            if other is not one and other.label.lower().endswith(" " + one.label.lower())
        ]
        if not fuller:
            yield one
