"""What became of each wish of a goal: kept, partly kept or left out, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from app.blueprint.language.leaving import CLAUSE, LIMIT, PLAIN_WORDS, WORD, beyond, short, word_forms
from app.blueprint.language.lexicon import is_known
from app.blueprint.language.sending import SENT_SOMEHOW, asks_to_send
from app.blueprint.spec import AppSpec, WishSpec, WishState

_MOST: Final = 40
_WHOLE: Final = 0.6
"""The share of its words that the app has a place for, from which on a wish counts as kept."""

MESSAGES, FILES = "messages", "files"
"""Abilities that only some apps have, as `beyond.toml` calls them."""

_NOT_BUILT: Final = "apps that are built here do not do this"
_NO_PLACE: Final = "nothing in the app speaks of it"
_NO_LIMIT: Final = "this is not watched over"
_OWN_LIMIT: Final = "the app counts, and you enter the number yourself"
_SEES_ALL: Final = "whoever signs in here sees everything"
_ONLY_OWN: Final = re.compile(
    r"\bonly\b[^,.;]{0,24}\b(their|his|her|its|your) own\b|\bsees? (only )?(their|his|her) own\b"
    r"|\bnobody else sees\b|\bnot each other",
    re.IGNORECASE,
)
NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split(),
        start=1,
    )
} | {"dozen": "12", "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "once": "1", "twice": "2"}
_NUMBER_WORD: Final = re.compile(rf"\b({'|'.join(NUMBERS)})\b", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d+")
_WORKED_OUT: Final = re.compile(
    r"\b(average|balance|calculat|comput|convert|discount|interest|percent|rank|rate per|score|streak|sum|total|"
    r"works? (it |that )?out)\w*",
    re.IGNORECASE,
)


def wishes_of(
    goal: str,
    known: Set[str],
    *,
    counts: bool,
    adds_up: bool,
    numbers: Set[str] = frozenset(),
    does: Set[str] = frozenset(),
    own: Set[str] = frozenset(),
) -> tuple[WishSpec, ...]:
    """The clauses of a goal with what the app, whose words are `known`, makes of each.

    `counts` says that the app watches over a number that its people enter, `numbers` are those that it knows of
    itself, `adds_up` says that it works out amounts, `does` are abilities that only some apps have, `own` are
    the words for people who see what is theirs and nothing else.
    """
    account = _Account(known, counts, adds_up, numbers, does, own)
    return tuple(_wishes(goal, account))[:_MOST]


@dataclass(frozen=True)
class _Account:
    """What an app has, as `wishes_of` says."""

    known: Set[str]
    counts: bool
    adds_up: bool
    numbers: Set[str]
    does: Set[str]
    own: Set[str]


def _wishes(goal: str, account: _Account) -> Iterator[WishSpec]:
    for clause in CLAUSE.split(goal):
        text = short((clause or "").strip(" \t-\u2013\u2014*\"'"))
        words = [word for word in WORD.findall(text.lower()) if len(word) > 2 and word not in PLAIN_WORDS]
        if not words and not _is_sent(text, account):
            continue
        yield _judged(text, words, account)


def _judged(text: str, words: list[str], account: _Account) -> WishSpec:
    if _is_sent(text, account):
        return WishSpec(text=text, state=WishState.PARTLY, why=SENT_SOMEHOW)
    words = [word for word in words if word not in NUMBERS] or words
    missing = [word for word in words if not word_forms(word) & account.known]
    share = 1 - len(missing) / len(words)
    if any(beyond(text, account.does)):
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_NOT_BUILT)
    if share == 0:
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_unknown_or(missing))
    unwatched = _unwatched(text, account) or _open_to_all(text, account)
    if unwatched:
        return WishSpec(text=text, state=WishState.PARTLY, why=unwatched)
    if _WORKED_OUT.search(text) and not account.adds_up:
        return WishSpec(text=text, state=WishState.PARTLY, why="nothing is worked out")
    if share < _WHOLE:
        return WishSpec(text=text, state=WishState.PARTLY, why=f"not taken up: {', '.join(missing[:4])}")
    return WishSpec(text=text, state=WishState.KEPT)


def _is_sent(text: str, account: _Account) -> bool:
    """Whether a wish is for a message that the app writes, and for nothing that it does not do."""
    return MESSAGES in account.does and asks_to_send(text) and not any(beyond(text, account.does))


def _unwatched(text: str, account: _Account) -> str:
    """What the app does not do about the numbers of a wish; nothing when it knows each or there is none."""
    counted = _NUMBER_WORD.sub(lambda word: NUMBERS[word[0].lower()], text)
    numbers = set(_DIGITS.findall(counted))
    if not LIMIT.search(counted) or numbers & account.numbers:
        return ""
    return _OWN_LIMIT if numbers and account.counts else _NO_LIMIT


def _open_to_all(text: str, account: _Account) -> str:
    """What the app does not do about a wish that somebody sees only what is theirs."""
    if not _ONLY_OWN.search(text):
        return ""
    people = {form for word in WORD.findall(text.lower()) for form in word_forms(word)}
    return "" if people & account.own else _SEES_ALL


def limits_kept(spec: AppSpec) -> tuple[WishSpec, ...]:
    """The wishes, of which those for a number count as kept once a rule of the app has that number."""
    numbers = frozenset(str(rule.limit) for rule in spec.rules if rule.limit is not None)
    account = _Account(frozenset(), False, False, numbers, frozenset(), frozenset())
    return tuple(
        WishSpec(text=wish.text, state=WishState.KEPT)
        if wish.why in (_NO_LIMIT, _OWN_LIMIT) and not _unwatched(wish.text, account)
        else wish
        for wish in spec.wishes
    )


def _unknown_or(missing: list[str]) -> str:
    strange = [word for word in missing if not is_known(word)]
    return f"not known here: {', '.join(strange[:4])}" if strange else _NO_PLACE
