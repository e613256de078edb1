"""The nouns of a goal: records to keep, details of records, or only the subject of the app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.language.acting import acts
from app.blueprint.language.archetypes import actions, key_of, spoken
from app.blueprint.language.bracketed import detail_places, note_bracketed
from app.blueprint.language.findings import Candidate, Findings
from app.blueprint.language.grammar import Part, Token, phrases, tag
from app.blueprint.language.leaving import places_left_out
from app.blueprint.language.lexicon import NounKind, word
from app.blueprint.language.nouns import (
    is_recordable,
)
from app.blueprint.language.phrase_reading import read_phrase
from app.blueprint.language.word_lists import word_list

_CARRYING: Final = word_list("carrying_verbs")
_TOOLS: Final = frozenset({"tool", "system", "site", "page", "file", "record"})
_WITHOUT: Final = frozenset({"no", "without"})
_ANY: Final = frozenset({"a", "an", "any"})
# "No two bookings", "no more than ten" and "no double bookings" are rules about what is kept.
_AMOUNTS: Final = frozenset(
    "one two double more less fewer later earlier longer other further same overlapping".split()
)
_ANSWERING: Final = frozenset({"answer", "reply", "respond"})
_BOOKED_DEEDS: Final = word_list("booked_deeds")
_BOOKED, _RENTED = "booking", "rental"
_HOURS: Final = frozenset({"hour", "hours", "hourly", "minutes"})
_BOOKINGS: Final = frozenset({"booking", "reservation", "appointment"})
_DETAILS_WITH_CHOICES: Final = word_list("details_with_choices")


def find_records(words: Sequence[str]) -> Findings:
    """Read the phrases of a goal one after the other."""
    tokens = tag(words)
    findings = Findings(acts=acts(tokens))
    left_out = places_left_out(tokens)
    unwanted = _unwanted_places(tokens) | left_out
    _weigh_words(tokens, findings, unwanted)
    examples = _bracket_places(tokens) | _choice_places(tokens) | _example_places(tokens) | unwanted
    examples |= detail_places(tokens)
    for phrase in phrases(tokens):
        if phrase.at not in examples and phrase.head_at not in left_out:
            read_phrase(phrase, findings)
    findings.verbs = {token.basic: at for at, token in enumerate(tokens) if token.part is Part.VERB}
    for at, token in enumerate(tokens):
        if (
            token.part is Part.VERB
            and token.basic in actions()
            and not (_only_hands_over(tokens, at) or _answers_with_something(tokens, at))
        ):
            _add_action(actions()[token.basic], at, findings, about=_object_of(tokens, at))
    findings.asked = dict(_asked_verbs(tokens))
    findings.candidates = _without_shadows(
        _without_second_taking(_with_booked_deeds(findings.candidates), by_hours=bool(_HOURS & set(words)))
    )
    note_bracketed(tokens, findings)
    if findings.candidates:
        # Once a goal names records, where they are kept says little of the kind of app.
        findings.weights.update(dict.fromkeys(findings.settings, 0.4))
    return findings


def _bracket_places(tokens: Sequence[Token]) -> frozenset[int]:
    """The places between brackets: words there list details or choices of the noun before."""
    is_inside, places = False, []
    for at, token in enumerate(tokens):
        is_inside = token.text == "(" or (is_inside and token.text != ")")
        if is_inside:
            places.append(at)
    return frozenset(places)


def _choice_places(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of the values that a detail takes: the words behind "four levels:" until the sentence ends."""
    is_inside, places = False, []
    for at, token in enumerate(tokens):
        if token.text == ":" and at and tokens[at - 1].basic in _DETAILS_WITH_CHOICES:
            is_inside = True
        is_inside = is_inside and token.text not in (".", ";")
        if is_inside:
            places.append(at)
    return frozenset(places)


def _example_places(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of people who are named as examples of others: "groups like the scouts book every week"."""
    places: list[int] = []
    for at, token in enumerate(tokens):
        if token.text == "like" and at and tokens[at - 1].is_plural:
            for place in range(at + 1, len(tokens)):
                if tokens[place].part in (Part.VERB, Part.MARK):
                    break
                if tokens[place].part is Part.NOUN and _is_person(tokens[place]):
                    places.append(place)
    return frozenset(places)


def _unwanted_places(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of what the goal does without: "no account, no password", "without a password"."""
    places: list[int] = []
    for at, token in enumerate(tokens):
        if token.text in _WITHOUT:
            first = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].text in _ANY)
            for place in range(first, len(tokens)):
                if tokens[place].part not in (Part.NOUN, Part.ADJECTIVE) or tokens[place].text in _AMOUNTS:
                    break
                places.append(place)
    return frozenset(places)


def _asked_verbs(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The verbs of people who are asked for: "who drives", not "nurses who visit"."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].text == "who" and tokens[at - 1].part is not Part.NOUN and tokens[at + 1].part is Part.VERB:
            yield tokens[at + 1].basic, at + 1


def _only_hands_over(tokens: Sequence[Token], at: int) -> bool:
    """True if the verb only hands over a thing that has a name: "report repairs", "claims employees submit"."""
    after_it = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if tokens[at].basic not in _CARRYING or (tokens[at].basic == "register" and after_it == "for"):
        return False
    nouns = [token for token in tokens[at + 1 : at + 6] if token.part is Part.NOUN]
    following_noun = next((noun for noun in nouns if is_recordable(noun.basic) and not _is_person(noun)), None)
    preceding_noun = next(
        (token for token in reversed(tokens[:at]) if token.part is Part.NOUN and not _is_person(token)), None
    )
    is_relative = any(token.text in ("that", "which") for token in tokens[max(0, at - 3) : at])
    thing = preceding_noun if is_relative else following_noun
    return thing is not None and is_recordable(thing.basic) and not _is_person(thing)


def _answers_with_something(tokens: Sequence[Token], at: int) -> bool:
    """True if the answer is a record of another name: "we answer with a quote"."""
    if tokens[at].basic not in _ANSWERING or at + 1 >= len(tokens) or tokens[at + 1].text != "with":
        return False
    return any(is_recordable(token.basic) for token in tokens[at + 2 : at + 5] if token.part is Part.NOUN)


def _is_person(token: Token) -> bool:
    return word(token.basic).kind is NounKind.PERSON


def _weigh_words(tokens: Sequence[Token], findings: Findings, unwanted: frozenset[int]) -> None:
    """Weigh each wanted word for the kind of app: once is enough, the early words a little more."""
    for at, token in enumerate(tokens):
        if token.part not in (Part.MARK, Part.FUNCTION) and at not in unwanted:
            # What an app is for is said early; a long goal goes on with the particulars.
            weight = 1.0 if at < 40 else 0.5
            if token.part is Part.VERB or token.text in _TOOLS:
                # People pay and book in any kind of app, and nearly every one has pages and files.
                weight *= 0.85 if token.text not in _TOOLS else 0.2
            # The kinds of app list their words in any of these ways.
            for form in {token.text, token.basic, token.text.replace("-", "")}:
                findings.weights[form] = max(findings.weights.get(form, 0.0), weight)


def _add_action(name: str, at: int, findings: Findings, *, about: str) -> None:
    label = spoken(name)
    findings.add(Candidate(label, NounKind.ACT, at, about=about, is_action=True))


def _object_of(tokens: Sequence[Token], at: int) -> str:
    """The object of a verb: the walk of "customers book a morning walk"; empty when none is named."""
    thing = ""
    for token in tokens[at + 1 : at + 6]:
        if token.part is Part.NOUN and not _is_person(token):
            thing = token.basic
        elif thing or token.part in (Part.MARK, Part.VERB):
            break
    return key_of(thing)


def _with_booked_deeds(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One record for a deed and its booking: "customers book a pickup" needs pickups, and no bookings of them."""
    bookings = {
        candidate.about: candidate
        for candidate in candidates
        if candidate.key in _BOOKINGS and candidate.about in _BOOKED_DEEDS
    }
    deeds = [candidate for candidate in candidates if candidate.key in bookings]
    dropped = [bookings[deed.key] for deed in deeds]
    return [
        replace(candidate, is_action=True, is_booked=True) if candidate in deeds else candidate
        for candidate in candidates
        if candidate not in dropped
    ]


def _without_second_taking(candidates: Sequence[Candidate], *, by_hours: bool) -> list[Candidate]:
    """One record for what is hired and booked alike: "groups hire the hall", "the scouts book every week".

    Who books something else than what is hired, such as a tour beside kayaks, has a record of each.
    """
    taking = {
        candidate.key: candidate
        for candidate in candidates
        if candidate.is_action and candidate.key in (_BOOKED, _RENTED)
    }
    if len(taking) < 2:
        return list(candidates)
    things = {key: candidate.about for key, candidate in taking.items() if _names_one(candidate.about, candidates)}
    if len(set(things.values())) > 1:
        return list(candidates)
    # A booking has hours, a rental days.
    first = min(taking.values(), key=lambda candidate: candidate.at)
    chosen = taking[_BOOKED] if by_hours else first
    about = next(iter(things.values()), chosen.about)
    return [
        replace(candidate, about=about) if candidate is chosen else candidate
        for candidate in candidates
        if candidate is chosen or candidate not in taking.values()
    ]


def _names_one(key: str, candidates: Sequence[Candidate]) -> bool:
    return bool(key) and any(candidate.key.endswith(key) for candidate in candidates)


def _without_shadows(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop a name that is only the end of a fuller one: "Request" beside "Feature request"."""
    # A staff member is no fuller name for the members whom the staff serve.
    fuller = [candidate.label.lower() for candidate in candidates if not candidate.label.startswith("Staff ")]
    return [
        candidate
        for candidate in candidates
        if not any(label.endswith(" " + candidate.label.lower()) for label in fuller)
    ]
