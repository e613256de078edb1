"""What became of each wish of a goal: kept, partly kept or left out, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Final

from app.blueprint.language.leaving import CLAUSE, LIMIT, PLAIN_WORDS, WORD, beyond, short, word_forms
from app.blueprint.language.lexicon import is_known
from app.blueprint.spec import WishSpec, WishState

_MOST: Final = 40
_WHOLE: Final = 0.6
"""The share of its words that the app has a place for, from which on a wish counts as kept."""

_NOT_BUILT: Final = "no part of an app from a blueprint does this"
_NO_PLACE: Final = "nothing in the app speaks of it"
_NO_LIMIT: Final = "the number is not watched over"
_WORKED_OUT: Final = re.compile(
    r"\b(average|balance|calculat|comput|convert|discount|interest|percent|rank|rate per|score|streak|sum|total|"
    r"works? (it |that )?out)\w*",
    re.IGNORECASE,
)


def wishes_of(goal: str, known: Set[str], *, counts: bool, adds_up: bool) -> tuple[WishSpec, ...]:
    """The clauses of a goal with what the app, whose words are `known`, makes of each.

    `counts` says that the app watches over a number, `adds_up` that it works out amounts.
    """
    return tuple(_wishes(goal, known, counts=counts, adds_up=adds_up))[:_MOST]


def _wishes(goal: str, known: Set[str], *, counts: bool, adds_up: bool) -> Iterator[WishSpec]:
    for clause in CLAUSE.split(goal):
        text = short((clause or "").strip(" \t-\u2013\u2014*\"'"))
        words = [word for word in WORD.findall(text.lower()) if len(word) > 2 and word not in PLAIN_WORDS]
        if not words:
            continue
        yield _judged(text, words, known, counts=counts, adds_up=adds_up)


def _judged(text: str, words: list[str], known: Set[str], *, counts: bool, adds_up: bool) -> WishSpec:
    missing = [word for word in words if not word_forms(word) & known]
    share = 1 - len(missing) / len(words)
    if any(beyond(text)):
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_NOT_BUILT)
    if share == 0:
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_unknown_or(missing))
    if LIMIT.search(text) and not counts:
        return WishSpec(text=text, state=WishState.PARTLY, why=_NO_LIMIT)
    if _WORKED_OUT.search(text) and not adds_up:
        return WishSpec(text=text, state=WishState.PARTLY, why="nothing is worked out")
    if share < _WHOLE:
        return WishSpec(text=text, state=WishState.PARTLY, why=f"not taken up: {', '.join(missing[:4])}")
    return WishSpec(text=text, state=WishState.KEPT)


def _unknown_or(missing: list[str]) -> str:
    strange = [word for word in missing if not is_known(word)]
    return f"not known here: {', '.join(strange[:4])}" if strange else _NO_PLACE
