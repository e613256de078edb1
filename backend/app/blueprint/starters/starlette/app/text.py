"""Text as people compare it: `clean` is what is kept, `fold` what is compared, `natural` what is sorted by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Marks that turn the direction of what follows, or show nothing at all; some are letters to Unicode (Hangul fillers).
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufff8]"
)
# Direction marks belong beside letters that run from right to left, joiners between letters and parts of an emoji.
DIRECTION = re.compile("[\u200e\u200f\u061c]")
JOINERS = re.compile("[\u200c\u200d]")
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
STRAY_JOINER = re.compile("(?<![^\\x00-\\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\\x00-\\x7f])")
SPACES = re.compile("[^\\S\n]|[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
SHORT_I = "\u0438\u0306"
ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`\u2032", "'"), **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŧ": "t", "ŋ": "n",
        "ك": "ک", "ي": "ی", "ى": "ی", "\u0640": None,
    }
)  # fmt: skip
NUMBER = re.compile("[0-9]+")
WIDEST = 18
MOST_REMEMBERED = 60_000


def clean(text: str) -> str:
    """The text without marks that nobody can see, composed; line breaks and the joiners that letters need stay."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFC", UNSEEN.sub("", TURNING.sub("", text)))
    if not RIGHT_TO_LEFT.search(plain):
        plain = DIRECTION.sub("", plain)
    return STRAY_JOINER.sub("", SPACES.sub(" ", plain))


def is_blank(text: str) -> bool:
    """Whether there is nothing in it that a person could see."""
    rest = SELECTORS.sub("", JOINERS.sub("", DIRECTION.sub("", clean(text))))
    return not rest.strip() or all(unicodedata.category(mark) in ("Cc", "Cf", "Mn", "Zs", "Zl", "Zp") for mark in rest)


class Remembered(dict[str, str]):
    """Texts with what they were made into. SQLite asks a dictionary for every record, and a cache is slower."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str | None) -> str | None:
        if text is None:  # a field of a record that says nothing
            return None
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        made = self[text] = self._make(text)
        return made


def fold(text: str) -> str:
    """The text as it is compared: without case, accents, widths, unseen marks and kinds of space, hyphen and quote."""
    return FOLDED[text]


def natural(text: str) -> str:
    """What texts are sorted by: folded, with numbers in the order of what they count."""
    return NATURAL[text]


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.translate(ALIKE).lower().split())
    plain = unicodedata.normalize("NFKC", UNSEEN.sub("", TURNING.sub("", text))).casefold()
    plain = JOINERS.sub("", DIRECTION.sub("", SELECTORS.sub("", plain)))
    apart = unicodedata.normalize("NFKD", plain).replace(SHORT_I, "\u0439")
    bare = ACCENTS.sub("", apart).translate(ALIKE)
    return " ".join(digits(unicodedata.normalize("NFC", bare)).split())


def digits(text: str) -> str:
    """The text with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(mark)) if unicodedata.category(mark) == "Nd" else mark for mark in text)


def fold_email(text: str) -> str:
    """An e-mail address as it is compared: an accent is part of it, case and widths are not."""
    return "".join(unicodedata.normalize("NFKC", clean(text)).casefold().split())


def password(text: str) -> str:
    """A password as it is hashed: composed and decomposed letters are the same."""
    return unicodedata.normalize("NFC", text)


def _natural(text: str) -> str:
    return NUMBER.sub(lambda number: number[0].lstrip("0").rjust(WIDEST, "0"), fold(text))


FOLDED, NATURAL = Remembered(_fold), Remembered(_natural)
