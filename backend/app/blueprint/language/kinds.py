"""Kinds of app that are close to a goal, each as a sentence that makes a plan of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from app.blueprint.language.archetypes import Archetype, closest, spoken
from app.blueprint.language.candidates import find_records
from app.blueprint.language.reading import GoalUnreadable, read
from app.blueprint.language.understanding import understand
from app.blueprint.plan import plan_of
from app.blueprint.spec_defaults import plural
from app.blueprint.spec_queries import lower_first

_NEAREST: Final = 3
# A few kinds keep what has no name of its own, such as “persons”; the next one takes the place of such a kind.
_LOOKED_AT: Final = 2 * _NEAREST
_PLURALS: Final = {"Staff": "staff", "Person": "people"}
"""Plurals that no rule makes."""


def nearest_kinds(goal: str) -> tuple[str, ...]:
    """A goal for each kind of app that is close to this one, the closest first. GoalUnreadable if not English."""
    weights = find_records(read(goal).tokens).weights
    kinds = [kind for kind in closest(weights, most=_LOOKED_AT) if _is_spoken_of(kind, weights)]
    return tuple(islice(_planned(kinds), _NEAREST))


def _is_spoken_of(kind: Archetype, weights: Mapping[str, float]) -> bool:
    """True where more speaks for the kind than one word, such as “families”, unless that word names it."""
    return sum(weight for word, weight in kind.words.items() if weights.get(word, 0) > 0) > 1


def _planned(kinds: list[Archetype]) -> Iterator[str]:
    for kind in kinds:
        goal = goal_of_kind(kind)
        try:
            is_kept = plan_of(understand(goal)).keeps_enough
        except GoalUnreadable:
            continue
        if is_kept:
            yield goal


def goal_of_kind(kind: Archetype) -> str:
    """The goal of an app that keeps what every app of this kind does."""
    cores = [draft for draft in kind.entities if draft.is_core] or list(kind.entities[:2])
    *others, last = [_PLURALS.get(draft.name) or lower_first(plural(spoken(draft.name))) for draft in cores]
    return f"An app to keep {', '.join(others)}{' and ' if others else ''}{last}."
