"""A record that an app said it kept, and what an answer of it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.acceptance.http_session import Answer
from app.blueprint.field_types import CONTACTS
from app.blueprint.spec import EntitySpec, FieldType

_SHOWN: Final = CONTACTS | {FieldType.TEXT, FieldType.CHOICE}
LOG_CHARS: Final = 600


@dataclass(frozen=True)
class Kept:
    """A record that the app said it kept."""

    entity: EntitySpec
    id: int
    values: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/{self.entity.table}/{self.id}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words that its page must show."""
        return tuple(
            value
            for name, value in self.values.items()
            if value and (field := self.entity.field(name)) is not None and field.type in _SHOWN
        )


def excerpt_of(answer: Answer) -> str:
    """An answer in few words, for a log."""
    return f"HTTP {answer.status} {answer.page.text[:LOG_CHARS]}"
