"""The known English words: their parts of speech, the kind of thing a noun names, their plurals."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from app.blueprint.language.word_lists import word_list, word_pairs


class NounKind(IntEnum):
    """WordNet's kinds of nouns, by the number of its lexicographer file."""

    UNKNOWN = 0
    TOP = 3
    ACT = 4
    ANIMAL = 5
    ARTEFACT = 6
    ATTRIBUTE = 7
    BODY = 8
    COGNITION = 9
    COMMUNICATION = 10
    EVENT = 11
    FEELING = 12
    FOOD = 13
    GROUP = 14
    LOCATION = 15
    MOTIVE = 16
    OBJECT = 17
    PERSON = 18
    PHENOMENON = 19
    PLANT = 20
    POSSESSION = 21
    PROCESS = 22
    QUANTITY = 23
    RELATION = 24
    SHAPE = 25
    STATE = 26
    SUBSTANCE = 27
    TIME = 28


@dataclass(frozen=True)
class Word:
    """One word: twice WordNet's tag counts for each part of speech, and what the noun is.

    `flags` holds a letter for what the noun is a kind of: b building, o organisation, v vehicle, d document,
    i illness, w worker, t time, u unit, h also a person; see compile_lexicon.
    """

    noun: int = 0
    verb: int = 0
    adjective: int = 0
    adverb: int = 0
    kind: NounKind = NounKind.UNKNOWN
    flags: str = ""
    examples: tuple[str, ...] = ()

    @property
    def is_hardly_a_noun(self) -> bool:
        """True for a verb that is a noun now and then, such as "see"."""
        return self.verb > 0 and self.noun * _MOSTLY_A_VERB <= self.verb


# WordNet counts "see" 2,446 times as a verb and once as a noun, the see of a bishop; "hire" 71 times and twice.
_MOSTLY_A_VERB: Final = 100
UNKNOWN_WORD: Final = Word()
_IRREGULAR: Final = word_pairs("irregular_nouns")
_IRREGULAR_VERBS: Final = word_pairs("irregular_verbs")
_IRREGULAR_PLURALS: Final = word_pairs("irregular_plurals")
_PEOPLE: Final = word_list("people")
_ANIMALS: Final = word_list("animals")
_ARTEFACTS: Final = word_list("artefacts")
_SAME_PLURAL: Final = word_list("same_plural")
_VERB_ENDINGS: Final = (
    ("", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""),
    ("ing", "e"),
)  # fmt: skip


@cache
def _lines_by_word() -> dict[str, str]:
    data = (files("app.blueprint.language") / "data" / "lexicon.tsv.gz").read_bytes()
    return {line.partition("\t")[0]: line for line in gzip.decompress(data).decode().splitlines()}


@cache
def _overriding_kinds() -> dict[str, NounKind]:
    """The kinds that words have in a goal, whatever WordNet counts first."""
    lists = ((_PEOPLE, NounKind.PERSON), (_ANIMALS, NounKind.ANIMAL), (_ARTEFACTS, NounKind.ARTEFACT))
    return {lemma: kind for lemmas, kind in lists for lemma in lemmas}


@cache
def word(lemma: str) -> Word:
    """The entry of a word in its basic form; UNKNOWN_WORD when there is none."""
    line = _lines_by_word().get(lemma)
    if line is None:
        return UNKNOWN_WORD
    parts = line.split("\t")
    noun, verb, adjective, adverb = (int(count) for count in parts[1].split())
    names = tuple(name.replace("_", " ") for name in parts[4].split(",")) if len(parts) > 4 else ()
    flags = parts[3].replace("-", "")
    # WordNet takes a cleaner for a tool and a mum for a chrysanthemum.
    kind = _overriding_kinds().get(lemma) or NounKind(int(parts[2]))
    return Word(noun, verb, adjective, adverb, kind, flags, tuple(dict.fromkeys(names)))


def is_known(text: str) -> bool:
    """True if the word, or its singular, is in the lexicon."""
    return text in _lines_by_word() or singular(text) in _lines_by_word()


@lru_cache(maxsize=4_096)
def singular(text: str) -> str:
    """The singular of a noun: "classes" gives "class"; a word that is not a plural stays as it is."""
    if text in _IRREGULAR:
        return _IRREGULAR[text]
    if text.endswith("people") or (text.endswith("men") and text not in _lines_by_word()):
        return _singular_of_people(text)
    # "Gas" and "bus" are no plurals.
    if not text.endswith("s") or text.endswith("ss") or len(text) < 4:
        return text
    table = _lines_by_word()
    for ending, replacement in (
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("s", ""),
    ):
        stem = text[: -len(ending)] + replacement
        if text.endswith(ending) and word(stem).noun:
            return stem
    # Nouns of their own that end so, such as "status" and "tennis".
    if text in table or text.endswith(("us", "is")):
        return text
    return text[:-3] + "y" if text.endswith("ies") else text[:-1]


def _singular_of_people(people: str) -> str:
    """One of those who are named together: "tradespeople", "doormen"."""
    return people.removesuffix("people") + "person" if people.endswith("people") else people[:-2] + "an"


def plural(text: str) -> str:
    """The plural of a noun phrase: its last word changes."""
    head, space, final = text.rpartition(" ")
    return head + space + _plural_word(final)


def _plural_word(text: str) -> str:
    lower = text.lower()
    if lower in _SAME_PLURAL:
        return text
    if lower in _IRREGULAR_PLURALS:
        return text[0] + _IRREGULAR_PLURALS[lower][1:]
    # "CVs", "PCs".
    if text.isupper() and len(text) > 1:
        return text + "s"
    if lower.endswith("person"):
        return text[:-6] + "people"
    if lower.endswith("man") and not lower.endswith(("human", "german", "roman", "shaman", "talisman")):
        return text[:-2] + "en"
    if lower.endswith("y") and len(lower) > 1 and lower[-2] not in "aeiou":
        return text[:-1] + "ies"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return text + "es"
    return text + "s"


@lru_cache(maxsize=4_096)
def verb_stem(text: str) -> str | None:
    """The basic form of a verb, or None when the word is none."""
    if text in _IRREGULAR_VERBS:
        return _IRREGULAR_VERBS[text]
    for ending, replacement in _VERB_ENDINGS:
        stem = text[: len(text) - len(ending)] + replacement if text.endswith(ending) else ""
        if len(stem) > 1 and word(stem).verb:
            return stem
        # "Planning" and "planned" have doubled the last letter.
        if len(stem) > 3 and stem[-1:] == stem[-2:-1] and word(stem[:-1]).verb:
            return stem[:-1]
    return None


def doing(verb: str) -> str:
    """The form in "ing" of a regular verb: "watering", "hosting", "planning"."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    # "plan" doubles its last letter and "visit" does not, which length tells well enough.
    is_short = len(verb) < 5 and verb[-1] not in "aeiouwxy" and verb[-2] in "aeiou" and verb[-3:-2] not in "aeiou"
    return verb + verb[-1] * is_short + "ing"
