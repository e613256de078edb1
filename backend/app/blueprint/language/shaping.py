"""The records and rules of an app while one reading after the other adds what its goal says."""

from __future__ import annotations

from dataclasses import dataclass

from app.blueprint.spec import EntitySpec, RuleSpec, ViewSpec


@dataclass(frozen=True)
class Shape:
    """The parts of an app so far; `said` are the words of the goal that the parts came from.

    The account of the wishes believes these words, and no others beside what the parts are called.
    """

    entities: tuple[EntitySpec, ...]
    rules: tuple[RuleSpec, ...] = ()
    views: tuple[ViewSpec, ...] = ()
    said: tuple[str, ...] = ()

    def entity(self, name: str | None) -> EntitySpec | None:
        """The kind of record of that name."""
        return next((entity for entity in self.entities if entity.name == name), None)
