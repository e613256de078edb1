"""The clauses of a goal, numbered, and the fate of each by a design's own account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.blueprint.spec import AppSpec, WishSpec, WishState
from app.designer.printable import clean_line

MOST_CLAUSES: Final = 60
_LONGEST: Final = 400
# Only before a space, so that `1,000`, `9.30` and an address stay whole; Chinese and Japanese write none there.
_BREAK = re.compile(
    r"[.;:!?\n]+(?=\s|$)|,\s|[\u3002\uff01\uff1b\u3001\uff0c]|\s[-\u2013\u2014]+\s|\b(?:and|but)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")

NOT_SAID: Final = "the designer did not say what becomes of it"
NOTHING_NAMED: Final = "nothing in the design does it"
ABSENCE: Final = "absence"
"""What serves a clause that asks for something not to be there."""


def clauses_of(goal: str) -> tuple[str, ...]:
    """The clauses of a goal in its own words, in any language, without those that hold no word."""
    parts = (" ".join(part.split())[:_LONGEST].strip(" \t-\u2013\u2014*\"'()") for part in _BREAK.split(goal))
    return tuple(dict.fromkeys(part for part in parts if _WORD.search(part)))[:MOST_CLAUSES]


def unmentioned(clauses: Sequence[str], said: Iterable[Mapping[str, Any]]) -> list[int]:
    """The numbers, from 1, of the clauses that an account leaves out."""
    numbers = _by_number(said).keys()
    return [number for number in range(1, len(clauses) + 1) if number not in numbers]


def wishes_of(clauses: Sequence[str], said: Iterable[Mapping[str, Any]], spec: AppSpec) -> tuple[WishSpec, ...]:
    """The fate of each clause; a claim that names nothing of the specification does not count as kept."""
    by_number = _by_number(said)
    parts = frozenset(name.casefold() for name in part_names(spec))
    return tuple(
        _judge_clause(clause, by_number.get(number), parts) for number, clause in enumerate(clauses, start=1)
    )


def _by_number(said: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """The entries of an account by the number of their clause; one without a number is about none."""
    return {entry["number"]: entry for entry in said if isinstance(entry.get("number"), int)}


def kept_share(wishes: Sequence[WishSpec]) -> float:
    """The share of the wishes that is met, one that is partly met counting half."""
    points = {WishState.KEPT: 1.0, WishState.PARTLY: 0.5, WishState.LEFT_OUT: 0.0}
    return round(sum(points[wish.state] for wish in wishes) / len(wishes), 2) if wishes else 0.0


def part_names(spec: AppSpec) -> Iterator[str]:
    """Every name by which an account may point at a part of the specification."""
    yield from ("title", "tagline", "language", "theme", ABSENCE, spec.title)
    yield from (role.name for role in spec.roles)
    yield from (rule.about for rule in spec.rules)
    yield from (form.action for form in spec.forms)
    yield from (f"{view.entity}.{view.kind.value}" for view in spec.views)
    for entity in spec.entities:
        yield from (entity.name, entity.label, entity.plural, entity.table)
        yield from (f"{entity.name}.{field.name}" for field in entity.fields)
        yield from (f"{entity.name}.{figure.name}" for figure in entity.computed)
        yield from (f"{entity.name}.{move.label}" for move in entity.moves)


def _judge_clause(clause: str, entry: Mapping[str, Any] | None, parts: frozenset[str]) -> WishSpec:
    if entry is None:
        return WishSpec(text=clause, state=WishState.LEFT_OUT, why=NOT_SAID)
    try:
        state = WishState(str(entry.get("state")))
    except ValueError:
        return WishSpec(text=clause, state=WishState.LEFT_OUT, why=NOT_SAID)
    why = clean_line(entry.get("why"), longest=_LONGEST)
    entries = entry.get("served_by")
    serves = [str(name).casefold() for name in entries] if isinstance(entries, list | tuple) else []
    # A model claims more readily than it designs; the founder is told only what a part of the app backs.
    if state is not WishState.LEFT_OUT and not any(name in parts for name in serves):
        return WishSpec(text=clause, state=WishState.LEFT_OUT, why=why or NOTHING_NAMED)
    return WishSpec(text=clause, state=state, why="" if state is WishState.KEPT else why)
