"""The acts of a goal: "members borrow", "the landlord follows up", "I approve"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.language.grammar import Part, Token
from app.blueprint.language.lexicon import NounKind, word
from app.blueprint.language.word_lists import word_list

FOUNDER: Final = ""
_FOUNDERS: Final = frozenset({"i", "we"})
_SOMEBODY: Final = frozenset({"staff", "team", "kid", "person"}) | word_list("parties")
"""Those who do something though their word is not listed among people."""
_ANYBODY: Final = frozenset({"anybody", "anyone", "everybody", "everyone"})
_OWN: Final = frozenset({"their", "own", "his", "her"})
_ENDS: Final = frozenset(".;:!?\n")
_WHOSE: Final = frozenset({"of", "in", "from", "at"})
_NEAR: Final = 5


@dataclass(frozen=True)
class Act:
    """Somebody does something, with `own` if to what is theirs; `who` is FOUNDER for the writer of the goal."""

    who: str
    verb: str
    own: bool = False


def acts(tokens: Sequence[Token]) -> tuple[Act, ...]:
    """The acts of each kind of person, in order."""
    return tuple(dict.fromkeys(_read_acts(tokens)))


def _read_acts(tokens: Sequence[Token]) -> Iterator[Act]:
    who: str | None = None
    for at, token in enumerate(tokens):
        if token.part is Part.MARK and token.text in _ENDS:
            who = None
        elif token.text in _FOUNDERS:
            who = FOUNDER
        elif token.text == "who" and not (at and tokens[at - 1].part is Part.NOUN):
            who = None
        elif token.text in _ANYBODY or (token.part is Part.NOUN and _is_subject(tokens, at)):
            who = token.basic
        elif token.part is Part.VERB and who is not None:
            nearby = {following.text for following in tokens[at + 1 : at + 1 + _NEAR]}
            yield Act(who, token.basic, own=bool(nearby & _OWN))


def _is_subject(tokens: Sequence[Token], at: int) -> bool:
    """True if a person is named and a verb follows, perhaps behind "can", "who" or "of our club"."""
    if word(tokens[at].basic).kind is not NounKind.PERSON and tokens[at].basic not in _SOMEBODY:
        return False
    if at + 1 < len(tokens) and tokens[at + 1].text in ("and", "or"):
        return False
    skipped = {Part.FUNCTION, Part.ADVERB}
    # The verb stands close behind its subject, unless "of our club" comes between.
    reach = 4
    if at + 1 < len(tokens) and tokens[at + 1].text in _WHOSE:
        skipped, reach = skipped | {Part.NOUN, Part.ADJECTIVE}, 8
    after = [following for following in tokens[at + 1 : at + reach] if following.part not in skipped]
    return bool(after) and after[0].part is Part.VERB
