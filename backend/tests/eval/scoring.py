"""How many of the expected kinds of record an app has; each of its own stands for one expectation at most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Names = Sequence[str]


@dataclass(frozen=True)
class Recall:
    """What was expected, and which of it was found."""

    expected: int
    missed: tuple[str, ...]

    @property
    def found(self) -> int:
        return self.expected - len(self.missed)


def recall(expected: Sequence[Names], labels: Names) -> Recall:
    """Compare; a kind of record called "Yoga class" is what was expected as "Class"."""
    reach = [
        [n for n, label in enumerate(labels) if any(stands_for(label, name) for name in group)]
        for group in expected
    ]
    taken: dict[int, int] = {}
    missed = [n for n in range(len(expected)) if not _assign(n, reach, taken, set())]
    return Recall(len(expected), tuple("|".join(expected[n]) for n in missed))


def _assign(group: int, reach: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give the expectation a kind of its own, if need be by moving others to another of theirs."""
    for label in reach[group]:
        if label in tried:
            continue
        tried.add(label)
        if label not in taken or _assign(taken[label], reach, taken, tried):
            taken[label] = group
            return True
    return False


def stands_for(label: str, name: str) -> bool:
    """Whether an entity of that label is what somebody calls `name`: the same words, or more before them."""
    have, want = words_of(label), words_of(name)
    return bool(want) and have[-len(want) :] == want


def words_of(text: str) -> list[str]:
    """Lower case, the last word in the singular."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'s", ""))
    return [*words[:-1], singular(words[-1])] if words else []


def singular(word: str) -> str:
    """The singular of a regular English plural."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ch|sh|x|ss|z)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
