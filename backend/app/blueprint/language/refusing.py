"""What to say to a founder whose goal cannot be read: what is wrong, why, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Final

from app.blueprint.language.archetypes import archetypes
from app.blueprint.language.word_lists import abroad

_USUAL: Final = "a booking app for a yoga studio where clients book classes"
_NAMED: Final = 3


def no_words() -> str:
    """For a goal without letters."""
    return (
        "There are hardly any words in this goal, so there is nothing to build from. "
        f"Say in an English sentence who uses the app and what it keeps, such as: {_USUAL}."
    )


def other_language(language: str, text: str) -> str:
    """For a goal in another language, with an English one that is close to it."""
    seen = f"This looks like {language}" if language else "This does not look like English"
    return (
        f"{seen}; without an AI model, goals are read by rules that know English only. "
        f"Write it in English, for example: {_translated(text)}."
    )


def unknown_words(words: Sequence[str]) -> str:
    """For a goal of words that no dictionary has."""
    named = ", ".join(f"“{word[:30]}”" for word in words[:_NAMED])
    meant = _meant(words)
    hint = f"Did you mean “{meant}”? Then write, for example: an app for a {meant}" if meant else ""
    return (
        f"None of these words is known here: {named}. "
        f"{hint or f'Say in plain English what the app is for, such as: {_USUAL}'}."
    )


def nothing_to_keep(words: Sequence[str]) -> str:
    """For a goal in English that names no thing, person or event."""
    named = " ".join(word for word in words if word[0].isalpha())[:60]
    return (
        f"“{named}” names nothing that an app could keep: no thing, no person, no event. "
        f"Name what it is about and who uses it, such as: {_USUAL}."
    )


def other_kind(what: str) -> str:
    """For a goal that is another kind of app than lists of records."""
    return (
        f"This asks for {what}. Without an AI model, apps are built that keep records and let people work with "
        f"them, and this is not one. Say what should be kept and who uses it, such as: {_USUAL}."
    )


def _translated(text: str) -> str:
    lower = text.lower()
    known = [english for english, stems in abroad().items() if any(stem in lower for stem in stems)]
    places = [one for one in known if one.startswith("for ")][:1]
    things = [one for one in known if not one.startswith("for ")][:2]
    if not known:
        return _USUAL
    kept = " and ".join(things) or "customers and bookings"
    return " ".join(["an app to keep track of", kept, *places])


def _meant(words: Sequence[str]) -> str:
    close = (get_close_matches(word, _telling(), n=1, cutoff=0.7) for word in words[:_NAMED] if len(word) > 3)
    return next((found[0] for found in close if found), "")


@cache
def _telling() -> tuple[str, ...]:
    """The words that name a kind of app by themselves."""
    return tuple(dict.fromkeys(word for kind in archetypes() for word, weight in kind.words.items() if weight > 1))
