"""Words that a goal writes in capitals, such as VAT and MRI, are written so in the app as well."""

from __future__ import annotations

import re
from typing import Final

from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import AppSpec

_ABBREVIATION: Final = re.compile(r"\b([A-Z]{2,6})s?\b")
_SHOUTED: Final = re.compile(r"\b[A-Z]{2,}\b")
_WORD: Final = re.compile(r"\b[^\W\d_]{2,}\b")
# What stands in a sentence as a common word would be written in capitals wherever it stands.
_COMMON: Final = (
    frozenset("it us am pm no ok or in on all new".split()) | word_list("function") | word_list("determiners")
)
_READ: Final = frozenset("label plural about action thanks title tagline".split())
"""The parts of a specification that people read and nothing else refers to."""


def with_capitals(spec: AppSpec, goal: str) -> AppSpec:
    """The specification with the capitals of the goal's abbreviations; a goal that is shouted has none."""
    words = {word for word in _ABBREVIATION.findall(goal) if word.lower() not in _COMMON}
    if not words or 2 * len(_SHOUTED.findall(goal)) > len(_WORD.findall(goal)):
        return spec
    written = re.compile(rf"\b({'|'.join(sorted(words))})(s?)\b", re.IGNORECASE)
    return AppSpec.model_validate(_write_in(spec.model_dump(mode="json", exclude_unset=True), written))


def _write_in(part: object, written: re.Pattern[str], *, is_read: bool = False) -> object:
    match part:
        case dict():
            return {key: _write_in(below, written, is_read=key in _READ) for key, below in part.items()}
        case list():
            return [_write_in(below, written) for below in part]
        case str() if is_read:
            return written.sub(lambda found: found[1].upper() + found[2].lower(), part)
    return part
