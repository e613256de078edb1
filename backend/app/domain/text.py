"""Characters that cannot be seen: controls, marks of direction, characters without a shape."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

DIRECTION_MARKS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Unicode's Bidi_Control: they can show the letters around them in another order than they are stored."""

# A name with one of these could show as another name, or turn the line around it.
_DIRECTION: Final = re.compile(f"[{DIRECTION_MARKS}]")
# Postgres keeps no NUL, and half a surrogate pair cannot be encoded to be kept at all.
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Unicode's Default_Ignorable_Code_Point outside the categories below, and the empty pattern of braille.
_WITHOUT_SHAPE: Final = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    r"\U000e0000-\U000e0fff]"
)
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def has_shape(text: str) -> bool:
    """True when a reader sees anything: a text of spaces and invisible characters alone is blank."""
    return any(
        unicodedata.category(character) not in _UNSEEN_CATEGORIES and not _WITHOUT_SHAPE.match(character)
        for character in text
    )


def holds_controls(text: str) -> bool:
    """True when it holds what is not text: control characters (a tab and a line end are text), half characters."""
    return _NOT_TEXT.search(text) is not None


def without_controls(text: str) -> str:
    """The text without what `holds_controls` finds."""
    return _NOT_TEXT.sub("", text)


def without_direction(text: str) -> str:
    """The text without marks of direction; what joins letters and emoji stays."""
    return _DIRECTION.sub("", text)


def in_lines(text: str) -> str:
    """The text with every kind of line end as a line feed."""
    # A browser sends a form's lines with CRLF, so the same goal would otherwise differ by where it was typed.
    return re.sub(r"\r\n|[\r\v\f\x85\u2028\u2029]", "\n", text)
