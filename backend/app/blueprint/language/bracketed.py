"""Details that a goal lists in brackets behind a record: "inspections (queen seen, varroa count)"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import Part, Token
from app.blueprint.language.lexicon import verb_stem
from app.blueprint.language.word_lists import word_pairs

_ATTRIBUTES: Final = word_pairs("attributes")
_COUNTS: Final = frozenset({"count", "number", "total"})
_BETWEEN: Final = frozenset({",", "and", "or"})
_MOST_WORDS: Final = 3
_LEAST: Final = 2


def note_bracketed(tokens: Sequence[Token], findings: Findings) -> None:
    """Give each record the details in the brackets behind it; other brackets hold choices and examples."""
    for at, token in enumerate(tokens):
        if token.text != "(" or not at or tokens[at - 1].part is not Part.NOUN:
            continue
        key = key_of(tokens[at - 1].basic)
        owner = next((candidate.key for candidate in findings.candidates if candidate.key.endswith(key)), "")
        parts = list(_parts(tokens[at + 1 :]))
        types = [_type_of(part) for part in parts]
        # "Rooms (hall, kitchen, stage)" are examples, though a stage may be a detail.
        is_list = len(parts) >= _LEAST and 2 * sum(map(bool, types)) >= len(parts)
        if owner and is_list and all(len(part) <= _MOST_WORDS for part in parts):
            details = findings.details.setdefault(owner, {})
            for part, kind in zip(parts, types, strict=True):
                details[" ".join(word.text for word in part).capitalize()] = kind or "text"


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands between the commas, up to the closing bracket."""
    part: list[Token] = []
    for token in tokens:
        if token.text == ")" or token.text in _BETWEEN:
            if part:
                yield part
            part = []
        else:
            part.append(token)
        if token.text == ")":
            return


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
