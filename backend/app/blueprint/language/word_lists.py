"""The word lists of the goal language, from `data/words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _words_file() -> dict[str, object]:
    return tomllib.loads((files(__package__) / "data" / "words.toml").read_text(encoding="utf-8"))


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(str(_words_file()[name]).split())


@cache
def word_pairs(name: str) -> dict[str, str]:
    """Pairs of a form and what it stands for."""
    pairs = (pair.partition("=") for pair in str(_words_file()[name]).split())
    return {form: basic for form, _, basic in pairs}


@cache
def foreign_words() -> dict[str, frozenset[str]]:
    """The small words that give away another language, by its name."""
    table = _words_file()["foreign"]
    if not isinstance(table, dict):
        raise TypeError("the foreign words must be a table")
    return {str(name): frozenset(str(words).split()) for name, words in table.items()}


@cache
def abroad() -> dict[str, tuple[str, ...]]:
    """English subjects of goals in other languages, with the beginnings of foreign words for each."""
    table = _words_file()["abroad"]
    if not isinstance(table, dict):
        raise TypeError("the words from abroad must be a table")
    return {str(english): tuple(str(stems).split()) for english, stems in table.items()}
