"""Details that a goal lists behind a record: "inspections (queen seen, varroa count)", "routes: grade, photo"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import Part, Token
from app.blueprint.language.lexicon import verb_stem
from app.blueprint.language.uploading import PICTURES
from app.blueprint.language.word_lists import word_pairs

_ATTRIBUTES: Final = word_pairs("attributes")
_COUNTS: Final = frozenset({"count", "number", "total"})
_CLOSED_BY: Final = {"(": frozenset(")"), ":": frozenset(".;:!?\n(")}
_BETWEEN: Final = frozenset({",", "and", "or"})
_MOST_WORDS: Final = 3
_LEAST: Final = 2


def note_bracketed(tokens: Sequence[Token], findings: Findings) -> None:
    """Give each record the details that are listed behind it; other lists hold choices and examples."""
    for at, token in enumerate(tokens):
        if token.text not in _CLOSED_BY or not at or tokens[at - 1].part is not Part.NOUN:
            continue
        key = key_of(tokens[at - 1].basic)
        owner = next((candidate.key for candidate in findings.candidates if candidate.key.endswith(key)), "")
        parts = list(_parts(tokens[at + 1 :], _CLOSED_BY[token.text]))
        if owner and _is_list_of_details(parts, opened_by=token.text):
            details = findings.details.setdefault(owner, {})
            for part in parts:
                # A record has one picture, however many the goal speaks of.
                last_word = part[-1].basic if part[-1].basic in PICTURES else part[-1].text
                label = " ".join([*(word.text for word in part[:-1]), last_word]).capitalize()
                details[label] = _type_of(part) or "text"


def detail_places(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of details behind a colon, which name no records: "routes: grade, colour, setter, photo"."""
    places: set[int] = set()
    for at, token in enumerate(tokens):
        if token.text == ":" and at and tokens[at - 1].part is Part.NOUN:
            parts = list(_parts(tokens[at + 1 :], _CLOSED_BY[":"]))
            if _is_list_of_details(parts, opened_by=":"):
                length = next(
                    (length for length, part in enumerate(tokens[at + 1 :]) if part.text in _CLOSED_BY[":"]),
                    len(tokens) - at - 1,
                )
                places |= set(range(at + 1, at + 1 + length))
    return frozenset(places)


def _is_list_of_details(parts: Sequence[Sequence[Token]], *, opened_by: str) -> bool:
    """True if most of the parts are details: "rooms (hall, kitchen, stage)" are examples."""
    typed = sum(bool(_type_of(part)) for part in parts)
    # Behind a colon anything may stand, so it takes more of them, and no verb.
    is_plain = opened_by == "(" or (
        len(parts) > _LEAST and not any(token.part is Part.VERB for part in parts for token in part[:-1])
    )
    is_short = all(len(part) <= _MOST_WORDS for part in parts)
    return is_plain and is_short and len(parts) >= _LEAST and 2 * typed >= len(parts)


def _parts(tokens: Sequence[Token], ends: frozenset[str]) -> Iterator[list[Token]]:
    """The words between the commas, up to the mark that ends the list."""
    part: list[Token] = []
    for token in tokens:
        if token.text in ends or token.text in _BETWEEN:
            if part:
                yield part
            part = []
        else:
            part.append(token)
        if token.text in ends:
            return
    if part and ")" not in ends:
        yield part


def _type_of(part: Sequence[Token]) -> str:
    """The type of a detail by its last word, empty for a word that may be anything: a choice, an example."""
    last_token = part[-1]
    if last_token.basic in _ATTRIBUTES:
        return _ATTRIBUTES[last_token.basic]
    if last_token.basic in _COUNTS:
        return "int"
    stem = verb_stem(last_token.text)
    is_done = stem is not None and stem != last_token.text and not last_token.text.endswith(("s", "ing"))
    return "bool" if is_done and len(part) > 1 else ""
