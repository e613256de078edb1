"""Slips of the pen in a goal: "custmers" are customers, where only one telling word is so close."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache
from typing import Final

from app.blueprint.language.archetypes import actions, known_entities, lesser_actions, spoken, telling_words
from app.blueprint.language.lexicon import is_known, plural, singular, verb_stem
from app.blueprint.language.word_lists import word_list, word_pairs

# Shorter words have too many neighbours, and a capital begins a name.
_WORD: Final = re.compile(r"(?<![\w'-])[a-z]{5,20}(?![\w'-])")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_MOST_STRANGE: Final = 40
_LISTS: Final = ("record_people", "record_things", "record_deeds", "people", "providers", "parties", "verbs")
_SMALL: Final = word_list("english") | word_list("function") | word_list("pronouns")


def slips_of(text: str) -> dict[str, str]:
    """The words of a text that are no words, each with the one that was meant."""
    strange = [word for word in dict.fromkeys(_WORD.findall(text)) if not _is_word(word)]
    slips = {word: meant for word in strange[:_MOST_STRANGE] if (meant := _meant(word))}
    # A goal of nothing else gives no proof of what was meant; its founder is asked.
    is_all = all(word in slips or word in _SMALL for word in _LETTERS.findall(text.lower()))
    return {} if is_all else slips


def _is_word(text: str) -> bool:
    if text in _SMALL or singular(text) in _SMALL or text in _known_names() or is_known(text) or verb_stem(text):
        return True
    # Who bales is a baler, and what is short may be shorter, though no dictionary lists each of them.
    basic = singular(text).removesuffix("r")
    return basic != singular(text) and (verb_stem(basic) is not None or is_known(basic.removesuffix("e")))


def _meant(text: str) -> str:
    """The only telling word that one slip away gives; empty where there is none, or are several."""
    close = {near for near in _one_slip_away(text) if near[0] == text[0]} & _known_names()
    return next(iter(close)) if len(close) == 1 else ""


def _one_slip_away(text: str) -> Iterator[str]:
    """The words with a letter more, a letter less, another letter, or two letters the other way round."""
    for at in range(len(text) + 1):
        front, back = text[:at], text[at:]
        if back:
            yield front + back[1:]
        if len(back) > 1:
            yield front + back[1] + back[0] + back[2:]
        for letter in string.ascii_lowercase:
            yield front + letter + back
            yield front + letter + back[1:]


@cache
def _known_names() -> frozenset[str]:
    """The words that tell something to the rules: of kinds of app, of records, of deeds."""
    names = [spoken(name).lower() for entity in known_entities().values() for name in entity.names]
    words = {*telling_words(), *actions(), *lesser_actions(), *word_pairs("attributes")}
    words |= {part for name in names for part in name.split(" ")}
    words |= {word for listed in _LISTS for word in word_list(listed)}
    return frozenset(form for word in words - _SMALL if word.isalpha() for form in (word, plural(word)))
