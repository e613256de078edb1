"""Reads one noun phrase of a goal: a record to keep, a detail of one, or only what the app is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.language.archetypes import action_fields, key_of, known_entities, spoken
from app.blueprint.language.findings import Candidate, Findings
from app.blueprint.language.grammar import PLURAL_MODIFIERS, SHUNNED, Part, Phrase, Token
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
    is_trade,
    only_says_what_about,
)
from app.blueprint.language.word_lists import word_list, word_pairs

_EMPTY_WORDS: Final = SOFTWARE - word_list("kept_records")
_ATTRIBUTES: Final = word_pairs("attributes")
_PAYING: Final = frozenset({"pay", "leave"})
_SPELLINGS: Final = word_pairs("spellings")
_DIARIES: Final = frozenset({"diary", "journal", "log", "logbook"})
_OPERATORS: Final = word_list("operators")
_HOLDERS: Final = word_list("holders")
_MEASURES: Final = word_list("measures")
_HOW_MUCH: Final = frozenset("minimum min maximum max least most than from per".split())
_DOERS: Final = ("er", "or", "ist", "person", "man", "woman")
_SHOWN: Final = frozenset({"picture", "photo", "image"})
_RATES: Final = frozenset("price cost rate total budget balance salary wage tax".split())
_STUDIES: Final = frozenset({"teach", "play", "learn", "study", "practise", "practice"})
_TRACKING: Final = word_list("tracking_verbs")
_COUNTS: Final = frozenset("two three four five six seven eight nine ten several our my".split())
_FIRST_WORDS: Final = 2
_TRACKERS: Final = word_list("trackers")
_PARTIES: Final = word_list("parties")
_STORES: Final = frozenset({"inventory", "stock", "warehouse"})
_COLLECTIVE: Final = frozenset(
    "club society community collection market marketplace shop store exchange swap".split()
)


def read_phrase(phrase: Phrase, findings: Findings) -> None:
    """Add to the findings whatever the phrase names."""
    _note_tracked(phrase, findings)
    _note_whole(phrase, findings)
    if _is_one_of_its_details(phrase, findings):
        _add_detail(phrase, findings)
    else:
        _read(phrase, findings)
    findings.is_after_plural = phrase.head.is_plural


def _read(phrase: Phrase, findings: Findings) -> None:
    head, lexical = phrase.head.basic, word(phrase.head.basic)
    modifiers = [token for token in phrase.modifiers if token.part is Part.NOUN]
    if modifiers and head in SOFTWARE and key_of(modifiers[-1].basic + head) in known_entities():
        _add_candidate(_make_candidate([modifiers[-1], phrase.head], phrase.at), findings)
        return
    if head in SOFTWARE or phrase.head.text in SOFTWARE:
        if head in _STORES and not any(
            modifier.basic not in _EMPTY_WORDS for modifier in modifiers if not is_place(modifier.basic)
        ):
            _add_candidate(Candidate("Item", NounKind.ARTEFACT, phrase.at, weak=True), findings)
        if not is_kept_record(phrase, modifiers):
            _read_modifiers(modifiers, findings, phrase)
            return
    elif _is_detail_of(phrase, modifiers):
        _add_candidate(_make_candidate([modifiers[-1]], phrase.at), findings)
        if not phrase.head.is_plural:
            _add_detail(phrase, findings)
        return
    elif is_container(phrase.head, modifiers):
        _read_modifiers(modifiers, findings, phrase)
        return
    elif is_context(phrase, lexical):
        _read_context(phrase, modifiers, lexical, findings)
        return
    elif _is_detail(phrase, findings):
        _add_detail(phrase, findings)
        return
    _read_record(phrase, modifiers, lexical, findings)


def _note_tracked(phrase: Phrase, findings: Findings) -> None:
    """Keep in mind the things that the founder wants to track, and those listed with them."""
    key = key_of(phrase.head.basic)
    is_listed = (
        phrase.head.is_plural and phrase.before in (",", "and") and findings.last_phrase in findings.tracked
    )
    if _is_tracked(phrase) or is_listed:
        findings.tracked.add(key)
    findings.last_phrase = key


def _note_whole(phrase: Phrase, findings: Findings) -> None:
    """Keep in mind what the words of a list are parts of: the shoots of "shoots, each with a client and a price".

    What comes in the plural has parts of its own: "invoices with lines and tax", "rooms, snags, due date".
    """
    if phrase.before in ("with", ":") and not phrase.head.is_plural:
        findings.whole = findings.candidates[-1].key if findings.candidates else ""
    elif phrase.before not in (",", "and") or phrase.is_owned:
        findings.whole = ""


def _is_tracked(phrase: Phrase) -> bool:
    """True if the founder says that these are kept: "track plants", "four microscopes", "each permit"."""
    if phrase.is_object and phrase.verb in _TRACKING:
        return True
    if not is_known(phrase.head.basic):
        return False
    is_counted = phrase.head.is_plural and (phrase.before in _COUNTS or phrase.determiner in _COUNTS)
    # What stands first in a goal is what it is about: "My guitars and ..."
    opens = phrase.head.is_plural and phrase.at <= _FIRST_WORDS
    return is_counted or opens or phrase.determiner in ("each", "every")


def _read_modifiers(modifiers: Sequence[Token], findings: Findings, phrase: Phrase) -> None:
    """The words before "app", "tracker" or "list" are what it is about: "invoice tracker"."""
    nouns = [token for token in modifiers if token.basic not in _EMPTY_WORDS]
    if nouns and phrase.head.basic in _TRACKERS and is_known(nouns[-1].basic):
        findings.tracked.add(key_of(nouns[-1].basic))
    for at, token in enumerate(nouns):
        before = nouns[at - 1] if at else None
        if token.basic in _STORES:
            _add_candidate(Candidate("Item", NounKind.ARTEFACT, phrase.at, weak=True), findings)
            continue
        if is_done_to(token, before, phrase):
            label = Candidate(token.basic.capitalize(), NounKind.ACT, phrase.at + at, is_action=True)
            _add_candidate(label, findings)
        elif only_says_what_about(token, nouns[at + 1 :]):
            _add_domain(token.text, findings)
            findings.subjects.append(token.text)
            _add_spare(token, findings, phrase.at + at)
        else:
            _add_candidate(
                _make_candidate([token], phrase.at + at, about=before.basic if before else ""), findings
            )
        _note_unknown(token, findings)
    if (
        phrase.head.basic in _DIARIES
        and nouns
        and not any(candidate.at >= phrase.at for candidate in findings.candidates)
    ):
        _add_candidate(
            Candidate(f"{nouns[-1].basic.capitalize()} entry", NounKind.STATE, phrase.at, weak=True), findings
        )


def _read_context(phrase: Phrase, modifiers: Sequence[Token], lexical: Word, findings: Findings) -> None:
    words = [token.text for token in phrase.modifiers[-2:]] + [phrase.head.text]
    if phrase.at > 2 or phrase.after != "for" or phrase.determiner in ("our", "my"):  # "a shop for my jams" is one
        findings.settings |= {phrase.head.text, phrase.head.basic}
    # "The big hall or the kitchen" are two of several, and no name for the whole.
    if not findings.context and phrase.head.basic not in _OPERATORS and phrase.before != "or":
        findings.context = " ".join(words)
    for token in modifiers:
        if token.basic not in SOFTWARE:
            _add_domain(token.text, findings)
            findings.subjects.append(token.text)
            thing = word(token.basic).kind in THINGS | {NounKind.COMMUNICATION}
            if key_of(token.basic) in action_fields() or (
                phrase.head.basic in _COLLECTIVE and thing and not is_subject(token.basic)
            ):
                _add_candidate(_make_candidate([token], phrase.at), findings)
            else:
                _add_spare(token, findings, phrase.at)
        _note_unknown(token, findings)
    if lexical.kind is NounKind.PERSON:
        _add_role(phrase.head.basic, findings)
        findings.spare.append(_make_candidate([phrase.head], phrase.at))
    elif not is_place(phrase.head.basic):
        findings.spare.append(_make_candidate([phrase.head], phrase.at))
    else:
        findings.spare.append(_make_candidate([phrase.head], phrase.at, weak=True))
    _note_unknown(phrase.head, findings)


def _is_detail(phrase: Phrase, findings: Findings) -> bool:
    """True if the noun is a detail such as a price, of something named before."""
    head = phrase.head.basic
    if head not in _ATTRIBUTES or not findings.candidates:
        return False
    # A picture is always one of something.
    if head in _SHOWN:
        return True
    # Payments and expenses are kept one by one; prices and wages belong to what was named before.
    if phrase.head.is_plural and _ATTRIBUTES[head] == "money" and head not in _RATES and phrase.before != "with":
        return phrase.is_owned
    nouns = [token for token in phrase.modifiers if token.part is Part.NOUN]
    # "Parents' phone numbers" are details of somebody.
    if any(word(token.basic).kind is NounKind.PERSON for token in nouns):
        return True
    if phrase.head.is_plural and is_recordable(head) and head not in ALWAYS_DETAILS:
        return False
    return phrase.is_owned or phrase.before in ("with", ",", "and", "by", "including") or not phrase.head.is_plural


def _is_one_of_its_details(phrase: Phrase, findings: Findings) -> bool:
    """True of a word of any software that is said of a record: "jobs with a price and photos"."""
    is_listed = phrase.before in ("with", "and", ",", "has", "have") and not phrase.is_subject
    return is_listed and phrase.head.basic in SOFTWARE & ALWAYS_DETAILS and _is_detail(phrase, findings)


def _is_detail_of(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """True if the head is a detail of the record before it: "repair cost", "interview stages"."""
    if phrase.head.basic not in _ATTRIBUTES or not modifiers or modifiers[-1].basic in SOFTWARE:
        return False
    whole = key_of(modifiers[-1].basic + phrase.head.basic)
    return is_recordable(modifiers[-1].basic) and whole not in known_entities()


def _add_detail(phrase: Phrase, findings: Findings) -> None:
    adjectives = [token.text for token in phrase.modifiers][-1:]
    label = " ".join([*adjectives, phrase.head.basic]).replace("'s", "").capitalize()
    owner = findings.whole or findings.last_named
    findings.details.setdefault(owner, {})[label] = _ATTRIBUTES[phrase.head.basic]
    if phrase.verb in _PAYING:
        findings.paid.add(owner)


def _read_record(phrase: Phrase, modifiers: Sequence[Token], lexical: Word, findings: Findings) -> None:
    head = phrase.head
    if _is_passed_over(phrase, modifiers):
        _pass_over(phrase, findings)
        return
    if head.text == head.basic and head.basic in SOFTWARE and not modifiers:
        return
    is_plain = lexical.kind is NounKind.PERSON or is_recordable(head.basic)
    inner = [
        modifier
        for modifier in modifiers
        if modifier.basic not in _EMPTY_WORDS
        and not (is_plain and is_place(modifier.basic) and not is_recordable(modifier.basic))
    ]
    if is_action_noun(head.basic, lexical):
        inner = [
            modifier for modifier in inner if word(modifier.basic).kind not in (NounKind.LOCATION, NounKind.GROUP)
        ]
    for token in modifiers:
        if token.basic not in _EMPTY_WORDS and (token not in inner or token in inner[:-1]):
            _add_domain(token.text, findings)
            if token not in inner:
                findings.subjects.append(token.text)
    last_modifier = inner[-1] if inner else None
    if lexical.kind is NounKind.PERSON and last_modifier is not None:
        _add_domain(last_modifier.text, findings)
        findings.subjects.append(last_modifier.text)
        parts = [last_modifier, head] if key_of(last_modifier.basic + head.basic) in known_entities() else [head]
        _add_candidate(_make_candidate(parts, phrase.at), findings)
    elif last_modifier is not None and is_pair(last_modifier, head):
        _add_candidate(_make_candidate([last_modifier], phrase.at), findings)
        _add_candidate(_make_candidate([head], phrase.at, about=last_modifier.basic), findings)
    else:
        _add_named(phrase, last_modifier, lexical, findings)
    for token in (*inner, head):
        _note_unknown(token, findings)


def _is_passed_over(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """True if it is no record: a box of something, a subject of study or play, a thing the founder shuns."""
    head = phrase.head
    if (phrase.is_object and phrase.verb in SHUNNED) or phrase.before == "much":
        return True
    if _is_denied(phrase) and not is_action_noun(head.basic, word(head.basic)):
        return True
    if head.basic in _MEASURES and not phrase.modifiers and (phrase.after == "of" or phrase.before in _HOW_MUCH):
        return True
    is_contained = phrase.after == "of" and head.basic in _HOLDERS
    whole = key_of("".join(token.basic for token in [*modifiers[-1:], head]))
    is_studied = phrase.verb in _STUDIES and not phrase.determiner
    is_topic = (head.basic in TOPICS or is_studied) and whole not in known_entities()
    return not head.is_plural and (is_contained or len(head.basic) < 3 or is_topic)


def _is_denied(phrase: Phrase) -> bool:
    """True if the goal says that there is none: "no ratings", "not the product"."""
    return "no" in (phrase.before, phrase.determiner) or (phrase.before == "not" and phrase.determiner == "the")


def _pass_over(phrase: Phrase, findings: Findings) -> None:
    if phrase.verb not in SHUNNED:
        _add_domain(phrase.head.basic, findings)
    findings.spare.append(_make_candidate([phrase.head], phrase.at, weak=True))


def _add_named(phrase: Phrase, before: Token | None, lexical: Word, findings: Findings) -> None:
    # The jobs of a tree surgeon are jobs: all that the app keeps is the surgeon's.
    is_whose = before is not None and is_trade(before.basic) and not is_recordable(before.basic)
    tokens = [before, phrase.head] if before is not None and not is_whose else [phrase.head]
    is_vague = lexical.kind in VAGUE and not phrase.head.is_plural and not is_recordable(phrase.head.basic)
    is_mass = not phrase.head.is_plural and not phrase.determiner and not is_recordable(phrase.head.basic)
    is_each = phrase.determiner in ("every", "each")
    is_beside = (
        bool(findings.candidates)
        and findings.candidates[-1].at >= phrase.at - 3
        and not findings.candidates[-1].is_person
    )
    is_ours = phrase.head.is_plural and phrase.determiner in ("our", "my")
    is_for_whom = (
        lexical.kind is NounKind.PERSON and phrase.before == "for" and not (is_each or is_beside or is_ours)
    )
    if is_for_whom:
        _add_role(phrase.head.basic, findings)
    if before is not None:
        _add_domain(before.text, findings)
    # "Its members" are not those of the kayaks that the club lends.
    is_of_last = phrase.is_owned and not (phrase.determiner == "its" and findings.is_after_plural)
    owner = findings.candidates[-1].key if is_of_last and findings.candidates else ""
    about = owner or (
        findings.candidates[-1].key if phrase.before in ("of", "per") and findings.candidates else ""
    )
    candidate = _make_candidate(tokens, phrase.at, about=about, weak=is_for_whom)
    is_thing = lexical.kind in (NounKind.PLANT, NounKind.FOOD, NounKind.ANIMAL, NounKind.ARTEFACT)
    # "Couples come", "groups choose": such words name people when they do something.
    is_somebody = phrase.head.basic in _PARTIES and (phrase.determiner in ("a", "an") or phrase.head.is_plural)
    if phrase.is_subject and (is_somebody or (phrase.head.is_plural and "h" in lexical.flags and not is_thing)):
        candidate = replace(candidate, kind=NounKind.PERSON)
    opens_list = phrase.before == ":" and phrase.after == ","
    is_listed = (phrase.before in (",", "and") or opens_list) and bool(findings.candidates)
    is_activity = is_mass and not is_listed and lexical.kind is NounKind.ACT and phrase.head.basic.endswith("ing")
    is_dealt_with = phrase.verb or is_listed or lexical.kind in THINGS
    if is_vague or is_activity or (is_mass and (phrase.before == "for" or not is_dealt_with)):
        _add_domain(phrase.head.basic, findings)
        findings.spare.append(candidate)
    else:
        _add_candidate(candidate, findings)


def _make_candidate(tokens: Sequence[Token], at: int, *, about: str = "", weak: bool = False) -> Candidate:
    """A candidate named by the last two words; the head decides its kind of record."""
    head = tokens[-1].basic
    lexical = word(head)
    kind = (
        NounKind.PERSON
        if lexical == UNKNOWN_WORD and head.endswith(_DOERS) and head not in _SPELLINGS
        else lexical.kind
    )
    words = [_label_word(token, token is tokens[-1]) for token in tokens[-2:] if not token.is_owner]
    label = " ".join(words or [head]).replace("-", " ")
    is_action = key_of(head) in action_fields() or is_action_noun(head, lexical)
    return Candidate(
        spoken(label.capitalize()),
        kind,
        at,
        lexical.flags,
        about,
        weak,
        is_action and len(tokens) == 1,
        lexical.examples,
    )


def _label_word(token: Token, is_head: bool) -> str:
    """A word of a label, in the singular, but for modifiers such as those of "sports hall"."""
    basic = token.text if not is_head and token.text in PLURAL_MODIFIERS else token.basic
    return _SPELLINGS.get(basic, basic).replace("_", " ")


def _add_candidate(candidate: Candidate, findings: Findings) -> None:
    if len(candidate.key) > 1:
        findings.add(candidate)


_LOOKS: Final = frozenset({"look", "style", "design", "feel"})


def _add_domain(text: str, findings: Findings) -> None:
    plain = text.replace("-", " ")
    is_about = plain not in SOFTWARE | _LOOKS and not word(plain).is_hardly_a_noun and len(plain) > 2
    if is_about and plain not in findings.domain:
        findings.domain.append(plain)


def _add_role(basic: str, findings: Findings) -> None:
    if basic not in findings.roles:
        findings.roles.append(basic)


def _add_spare(token: Token, findings: Findings, at: int) -> None:
    findings.spare.append(_make_candidate([token], at))


def _note_unknown(token: Token, findings: Findings) -> None:
    if token.text in findings.unknown or token.basic in SOFTWARE or is_subject(token.basic):
        return
    if not is_recordable(token.basic) and not any(is_known(part) for part in token.basic.split("-")):
        findings.unknown.append(token.text)
