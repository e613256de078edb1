"""The refusals of goals that cannot be read: what is wrong, why, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Final

from app.blueprint.language.archetypes import archetypes
from app.blueprint.language.word_lists import abroad
from app.blueprint.spec_queries import with_article

_USUAL: Final = "a booking app for a yoga studio where clients book classes"
_MOST_NAMED: Final = 3


def no_words() -> str:
    """For a goal without letters."""
    return (
        "There are hardly any words in this goal, so there is nothing to build from. "
        f"Say in an English sentence who uses the app and what it keeps, such as: {_USUAL}."
    )


def other_language(language: str, text: str) -> str:
    """For a goal in another language, with an English one that is close to it."""
    guess = f"This looks like {language}" if language else "This does not look like English"
    return (
        f"{guess}; without an AI model, goals are read by rules that know English only. "
        f"Write it in English, for example: {_translate(text)}."
    )


def unknown_words(words: Sequence[str]) -> str:
    """For a goal of words that no dictionary has."""
    quoted = ", ".join(f"“{word[:30]}”" for word in words[:_MOST_NAMED])
    close = _closest_word(words)
    hint = f"Did you mean “{close}”? Then write, for example: an app for {with_article(close)}" if close else ""
    return (
        f"None of these words is known here: {quoted}. "
        f"{hint or f'Say in plain English what the app is for, such as: {_USUAL}'}."
    )


def nothing_to_keep(words: Sequence[str]) -> str:
    """For a goal in English that names no thing, person or event."""
    quoted = " ".join(word for word in words if word[0].isalpha())[:60]
    return (
        f"“{quoted}” names nothing that an app could keep: no thing, no person, no event. "
        f"Name what it is about and who uses it, such as: {_USUAL}."
    )


def other_kind(what: str) -> str:
    """For a goal that is another kind of app than lists of records."""
    return (
        f"This asks for {what}. Without an AI model, apps are built that keep records and let people work with "
        f"them, and this is not one. Say what should be kept and who uses it, such as: {_USUAL}."
    )


def _translate(text: str) -> str:
    lower = text.lower()
    english_words = [english for english, stems in abroad().items() if any(stem in lower for stem in stems)]
    places = [phrase for phrase in english_words if phrase.startswith("for ")][:1]
    things = [phrase for phrase in english_words if not phrase.startswith("for ")][:2]
    if not english_words:
        return _USUAL
    subject = " and ".join(things) or "customers and bookings"
    return " ".join(["an app to keep track of", subject, *places])


def _closest_word(words: Sequence[str]) -> str:
    close = (
        get_close_matches(word, _telling_words(), n=1, cutoff=0.7) for word in words[:_MOST_NAMED] if len(word) > 3
    )
    return next((matches[0] for matches in close if matches), "")


@cache
def _telling_words() -> tuple[str, ...]:
    """The words that name a kind of app by themselves."""
    return tuple(dict.fromkeys(word for kind in archetypes() for word, weight in kind.words.items() if weight > 1))
