"""The words of a change: what a reading of the goal with it may add, and what is only read otherwise by now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from app.blueprint.language import GoalUnreadable, understand
from app.blueprint.language.leaving import word_forms
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec

_WORD: Final = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class ChangeText:
    """A change in words, and what it asks for when it is read alone.

    A goal that gets longer is read anew, and other parts of it may be understood otherwise then. Nobody asked for
    that, so only what the change itself speaks of is taken from such a reading.
    """

    forms: frozenset[str]
    alone: AppSpec | None

    @classmethod
    def of(cls, text: str) -> Self:
        """The words of a text."""
        try:
            alone = understand(text)
        except GoalUnreadable:
            alone = None
        return cls(_forms_of(text), alone)

    def speaks_of_record(self, entity: EntitySpec) -> bool:
        """True for a kind of record that the text names, or that it makes when nothing else is known."""
        is_made = self.alone is not None and self.alone.entity(entity.name) is not None
        return is_made or bool(self.forms & _forms_of(f"{entity.label} {entity.plural}"))

    def speaks_of_detail(self, entity: EntitySpec, field: FieldSpec) -> bool:
        """True for a detail that the text names, or that it gives to this kind of record."""
        alone = self.alone.entity(entity.name) if self.alone is not None else None
        is_made = alone is not None and alone.field(field.name) is not None
        return is_made or bool(self.forms & _forms_of(field.label))


def _forms_of(text: str) -> frozenset[str]:
    return frozenset(form for word in _WORD.findall(text.lower()) for form in word_forms(word))
