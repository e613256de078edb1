"""The questions that a goal answers by yes or no: "rentals with deposit paid yes or no"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import is_provider
from app.blueprint.language.lexicon import singular
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import MAX_FIELDS, EntitySpec, FieldSpec, FieldType

_ANSWERS: Final = re.compile(r"[,:]? ?\(?(?:yes or no|yes/no)\b", re.IGNORECASE)
_BEGINS: Final = re.compile(r"\b(?:with|whether|if|and|or|their|its)\b", re.IGNORECASE)
_MARKS: Final = re.compile(r"[,.;:()]")
_LONGEST: Final = 80
_WORD: Final = re.compile(r"[A-Za-z-]+")
_NOT_SAID: Final = frozenset("a an the is are was were has have been yes no".split())
_MOST_LETTERS: Final = 40


def with_yes_or_no(goal: str, entities: Sequence[EntitySpec]) -> tuple[EntitySpec, ...]:
    """The kinds of record, each with the boxes to tick that the goal asks about it."""
    boxed = list(entities)
    for words, before in _questions(goal):
        at = _asked_about(before, boxed)
        label = " ".join(words).capitalize()[:_MOST_LETTERS]
        name = "_".join(word.lower().replace("-", "_") for word in words)[:_MOST_LETTERS].strip("_")
        is_there = any(key_of(field.label) == key_of(label) or field.name == name for field in boxed[at].fields)
        if name and not is_there and len(boxed[at].fields) < MAX_FIELDS:
            field = FieldSpec(name=name, label=label, type=FieldType.BOOL)
            boxed[at] = EntitySpec.model_validate({**dict(boxed[at]), "fields": (*boxed[at].fields, field)})
    return tuple(boxed)


def _questions(goal: str) -> Iterator[tuple[list[str], str]]:
    """The words of each question, and all of the goal that stands before them."""
    for match in _ANSWERS.finditer(goal):
        words_before = _MARKS.split(goal[max(0, match.start() - _LONGEST) : match.start()])[-1]
        question = _without_verb(words_before)
        words = [word for word in _WORD.findall(question) if word.lower() not in _NOT_SAID]
        if words:
            # A box is named in a few words, and the last ones are the question.
            yield words[-3:], goal[: match.start() - len(question)]


def _without_verb(said: str) -> str:
    """The question alone: "the waiver is signed" of "staff check whether the waiver is signed"."""
    return _BEGINS.split(said)[-1].strip()


def _asked_about(before: str, entities: Sequence[EntitySpec]) -> int:
    """The kind of record that a question is about: the one named last before it that is not of the staff."""
    kinds = {key_of(entity.label.removesuffix(" member")): at for at, entity in enumerate(entities)}
    named = [kinds[key] for word in _WORD.findall(before) if (key := key_of(singular(word.lower()))) in kinds]
    serving = {at for at in named if entities[at].label == "Staff member" or is_provider(entities[at].label)}
    served = [at for at in named if at not in serving]
    people = [at for at in served if is_person(entities[at])]
    # Staff who check something check it of the people whom they serve.
    looks_at_people = named and named[-1] in serving and people
    return (people if looks_at_people else served or named or [0])[-1]
