"""Sentences near to one that was not understood, each of which would be: what the founder may have meant."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from app.blueprint.spec import AppSpec, EntitySpec
from app.blueprint.spec_queries import lower_first, status_field
from app.services.change_patterns import is_same_text, make_change
from app.services.plan_values import Raw

MOST: Final = 3
_ADDS: Final = (
    r"\b(?:adds?|needs?|has|have|fields?|details?|records?|stores?|saves?|keeps?|notes?|writes?|tracks?|choose|"
    r"enter)\b"
)
_FEW: Final = 3
_FILLERS: Final = frozenset(
    "a able about add after all an and any app are as at be been before but by can choose column could "
    "delete detail do does down drop each enter every field for from get give has have her his i if in "
    "into is it its just keep let less like make may me more must my need needs new no not of on one only "
    "or our page people please put record remove same save should show so some store such than that the "
    "their them then there they this three to too track two up us very want was we what when where which "
    "who will with without would write you your".split()
)
_PLACED: Final = re.compile(r"(?:please )?add (?:an? |the )?((?:[\w-]+ ){0,2}[\w-]+) (?:to|on) ", re.I)
_REQUIRES: Final = r"\b(?:must|required|mandatory|have to|has to|compulsory|always)\b"
_LIMITS: Final = r"\b(?:at most|more than|only|max\w*|up to|limit\w*)\b"
_REMOVES: Final = r"\b(?:remove|delete|drop|hide|without|no|not|don.?t|never)\b"
_SHOWS: Final = (
    ("calendar", r"\b(?:calendar|week view|day view|schedule|diary)\b"),
    ("board", r"\b(?:board|kanban|columns|pipeline)\b"),
    ("chart", r"\b(?:chart|graph|statistics?|diagram)\b"),
    ("gallery", r"\b(?:gallery|pictures|photos|cards)\b"),
)


def sentences_near(spec: AppSpec, clause: str) -> tuple[str, ...]:
    """At most three changes in words that are understood, the likeliest first."""
    raw = spec.model_dump(mode="json")
    candidates = dict.fromkeys(_candidate_sentences(spec, clause))
    # Each is tried on a copy: an offer that was refused when it is clicked would be worse than none.
    understood = (sentence for sentence in candidates if _is_understood(raw, sentence))
    return tuple(islice(understood, MOST))


def _is_understood(raw: Raw, sentence: str) -> bool:
    return make_change(copy.deepcopy(raw), sentence)


def _candidate_sentences(spec: AppSpec, clause: str) -> Iterator[str]:
    words = re.findall(r"[\w’'-]+", clause)
    entities = _mentioned_records(spec, words) or [_main_record(spec)]
    number = next((word for word in words if word.isdigit() and int(word) > 0), None)
    if number is not None and re.search(_LIMITS, clause, re.I):
        yield from _limit_sentences(spec, entities, number)
    yield from (
        f"Show {lower_first(entity.plural)} on a {kind}"
        for kind, pattern in _SHOWS
        if re.search(pattern, clause, re.I)
        for entity in entities
    )
    details = [
        (entity, field.label)
        for entity in spec.entities
        for field in entity.fields
        if _names_label(words, field.label) and not _names_record(words, field.label, spec)
    ]
    if re.search(_REQUIRES, clause, re.I):
        yield from (
            f"The {lower_first(label)} of {lower_first(entity.plural)} must be filled in"
            for entity, label in details
        )
    if re.search(_REMOVES, clause, re.I):
        yield from (f"Remove {lower_first(label)} from {lower_first(entity.plural)}" for entity, label in details)
    placed = _PLACED.match(clause.strip())
    new = placed[1].lower() if placed else _new_words(spec, words)
    # A word or two alone are most likely a detail that somebody misses.
    if new and (re.search(_ADDS, clause, re.I) or len(words) < _FEW):
        yield from (
            f"Add {new} to {lower_first(entity.plural)}"
            for entity in _mentioned_records(spec, words) or [_main_record(spec), *spec.entities]
            if not any(is_same_text(new, field.label) for field in entity.fields)
        )


def _limit_sentences(spec: AppSpec, entities: list[EntitySpec], number: str) -> Iterator[str]:
    mentioned = {entity.name for entity in entities}
    pairs = [
        (entity, target)
        for entity in spec.entities
        for field in entity.fields
        if field.ref and (target := spec.entity(field.ref)) is not None
    ]
    ranked = sorted(pairs, key=lambda pair: -len(mentioned & {pair[0].name, pair[1].name}))
    for entity, target in ranked:
        if mentioned & {entity.name, target.name}:
            yield f"At most {number} {lower_first(entity.plural)} per {lower_first(target.label)}"


def _mentioned_records(spec: AppSpec, words: list[str]) -> list[EntitySpec]:
    return [
        entity
        for entity in spec.entities
        if _names_label(words, entity.label) or _names_label(words, entity.label.split()[-1])
    ]


def _names_label(words: list[str], label: str) -> bool:
    """True when the words of a label stand in the sentence, one after another."""
    parts = re.findall(r"[\w’'-]+", label)
    size = len(parts)
    return any(
        all(is_same_text(word, part) for word, part in zip(words[place : place + size], parts, strict=True))
        for place in range(len(words) - size + 1)
    )


def _names_record(words: list[str], label: str, spec: AppSpec) -> bool:
    return any(is_same_text(label, entity.label) and _names_label(words, entity.label) for entity in spec.entities)


def _main_record(spec: AppSpec) -> EntitySpec:
    """The kind of record that goes through steps, or else the first."""
    return next((entity for entity in spec.entities if entity.state or status_field(entity)), spec.entities[0])


def _new_words(spec: AppSpec, words: list[str]) -> str:
    """The words of which the plan knows nothing, where they are few enough to be the name of a detail."""
    known_parts = [part for entity in spec.entities for part in entity.label.split()]
    new_words = [
        word
        for word in words
        if word.lower() not in _FILLERS
        and not word.isdigit()
        and not any(is_same_text(word, part) for part in known_parts)
    ]
    return " ".join(new_words).lower() if 0 < len(new_words) <= 2 else ""
