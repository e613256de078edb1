"""Kinds of app and of records, read from the data files: what a lending library keeps, what a booking has."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import log
from typing import Final

from app.blueprint.spec import FieldType

_FIELD = re.compile(r"^([a-z_0-9]+)(?::(\w+)|=([^>!]+)|>(\w+))?(!?)$")
# Between "something for our members" (4.1), which names no kind of app, and "an app for my records" (4.8).
_LEAST_SCORE: Final = 4.7
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class FieldDraft:
    """A field before the entities around it are known; `ref` is the name an archetype gives to its target."""

    name: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    ref: str = ""


@dataclass(frozen=True)
class EntityDraft:
    """A kind of record of an archetype: the first name is its own, the others stand in for it.

    A core record is added when the goal names little, a companion whenever what it must point at is there;
    one that gathers takes in the kinds of it that a goal lists.
    """

    names: tuple[str, ...]
    fields: tuple[FieldDraft, ...]
    is_core: bool = False
    is_companion: bool = False
    gathers: bool = False

    @property
    def name(self) -> str:
        """The name other entities of the archetype point at."""
        return self.names[0]


@dataclass(frozen=True)
class Archetype:
    """A kind of app, and how much each word says that a goal is of this kind."""

    name: str
    hue: int
    words: dict[str, int]
    entities: tuple[EntityDraft, ...]

    def known_as(self, key: str) -> EntityDraft | None:
        """The entity that goes by this name (see `key_of`)."""
        return next((entity for entity in self.entities if key in map(key_of, entity.names)), None)


@lru_cache(maxsize=4_096)
def key_of(name: str) -> str:
    """A name in the form that names are compared in: "Rent payment", "RentPayment" give "rentpayment"."""
    return re.sub(r"[^a-z]", "", name.lower())


def spoken(name: str) -> str:
    """A name such as "RentPayment" as it is said: "Rent payment"; RSVP keeps its capitals."""
    text = " ".join(_CAMEL.split(name)).replace("_", " ").capitalize()
    return {"Rsvp": "RSVP", "Checkin": "Check-in", "Signup": "Sign-up"}.get(text, text)


@cache
def archetypes() -> tuple[Archetype, ...]:
    """Every kind of app."""
    table = tomllib.loads((files(__package__) / "data" / "archetypes.toml").read_text(encoding="utf-8"))
    return tuple(_read_archetype(name, part) for name, part in table.items())


def _read_archetype(name: str, part: dict[str, object]) -> Archetype:
    entities = part["entities"]
    if not isinstance(entities, list) or not isinstance(part["hue"], int):
        raise TypeError(f"archetype {name!r} is not written as it should be")
    drafts = tuple(_read_entity(str(line)) for line in entities)
    words = {word.rstrip("!"): 2 if word.endswith("!") else 1 for word in str(part["words"]).split()}
    return Archetype(name, part["hue"], words, drafts)


def _read_entity(line: str) -> EntityDraft:
    names, _, fields = line.partition(":")
    marks = names[: len(names) - len(names.lstrip("*+&"))]
    plain = tuple(name.strip() for name in names[len(marks) :].split("|"))
    return EntityDraft(plain, fields_of(fields), "*" in marks, "+" in marks, "&" in marks)


def fields_of(text: str) -> tuple[FieldDraft, ...]:
    """The fields written in a line."""
    return tuple(map(_read_field, text.split()))


def _read_field(part: str) -> FieldDraft:
    match = _FIELD.match(part)
    if match is None:
        raise ValueError(f"{part!r} is not a field")
    name, kind, choices, ref, mark = match.groups()
    if choices:
        return FieldDraft(name, FieldType.CHOICE, bool(mark), tuple(choices.replace("_", " ").split("/")))
    if ref:
        return FieldDraft(name, FieldType.REF, bool(mark), (), ref)
    return FieldDraft(name, FieldType(kind) if kind else FieldType.TEXT, bool(mark))


@cache
def _word_rarity() -> dict[str, float]:
    """The weight of each word: one that many archetypes share says little."""
    counts = Counter(word for archetype in archetypes() for word in archetype.words)
    return {word: log(len(archetypes()) / count) for word, count in counts.items()}


def telling_words() -> frozenset[str]:
    """Every word that speaks for some kind of app."""
    return frozenset(_word_rarity())


def best_archetype(words: dict[str, float]) -> tuple[Archetype | None, float]:
    """The archetype that the words, with their weights, speak of most, and how strongly."""
    candidates = sorted({index for word in words for index in _archetypes_by_word().get(word, ())})
    scored = [(_score(archetypes()[index], words), -index, archetypes()[index]) for index in candidates]
    if not scored:
        return None, 0.0
    score, _, archetype = max(scored, key=lambda entry: entry[:2])
    return (archetype, score) if score > _LEAST_SCORE else (None, score)


def closest(words: dict[str, float], *, most: int) -> list[Archetype]:
    """The archetypes that the words speak of, those that they speak of most first."""
    candidates = sorted({index for word in words for index in _archetypes_by_word().get(word, ())})
    scored = sorted(candidates, key=lambda index: -_score(archetypes()[index], words))
    return [archetypes()[index] for index in scored[:most]]


@cache
def _archetypes_by_word() -> dict[str, list[int]]:
    """The archetypes that each word speaks of, by their place."""
    places: dict[str, list[int]] = {}
    for index, archetype in enumerate(archetypes()):
        for word in archetype.words:
            places.setdefault(word, []).append(index)
    return places


def _score(archetype: Archetype, words: dict[str, float]) -> float:
    return sum(
        _word_rarity()[word] * weight * words[word] for word, weight in archetype.words.items() if word in words
    )


@cache
def known_entities() -> dict[str, EntityDraft]:
    """Every name an archetype gives to a record, with the fields such a record has."""
    by_key: dict[str, EntityDraft] = {}
    for archetype in archetypes():
        for entity in archetype.entities:
            for name in entity.names:
                # The first kind of app that has a record of that name tells what it looks like.
                by_key.setdefault(key_of(name), entity)
    return by_key


@cache
def actions() -> dict[str, str]:
    """The records that people's verbs lead to: "borrow" leads to "Loan"."""
    return {str(verb): str(name) for verb, name in _actions_table()["verbs"].items()}


@cache
def lesser_actions() -> dict[str, tuple[str, ...]]:
    """The records that verbs such as "sell" leave behind where little else is said, and what replaces them."""
    return {str(verb): tuple(str(names).split("|")) for verb, names in _actions_table()["lesser"].items()}


@cache
def action_fields() -> dict[str, tuple[str, tuple[FieldDraft, ...]]]:
    """The records of people's actions, by key: their name and fields."""
    table = _actions_table()["fields"]
    return {key_of(name): (str(name), fields_of(str(line))) for name, line in table.items()}


@cache
def _actions_table() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "data" / "actions.toml").read_text(encoding="utf-8"))


@cache
def form_texts() -> dict[str, tuple[str, ...]]:
    """The texts of a public form, by the record's key: the action, its purpose and the thanks."""
    return {key: tuple(text.split("|")) for key, text in _actions_table()["forms"].items()}
