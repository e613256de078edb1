"""An entity on its way from a noun of the goal to the specification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from app.blueprint.field_types import CONTACTS
from app.blueprint.language.archetypes import FieldDraft
from app.blueprint.language.lexicon import NounKind
from app.blueprint.language.word_lists import word_list

_LINKING: Final = frozenset(
    {NounKind.ACT, NounKind.EVENT, NounKind.COMMUNICATION, NounKind.POSSESSION, NounKind.STATE, NounKind.FEELING,
     NounKind.QUANTITY, NounKind.ATTRIBUTE}
)  # fmt: skip
_PROVIDERS: Final = tuple(word_list("providers"))


_NOT_OF_PEOPLE: Final = frozenset({"contact", "website", "message", "applied_on", "fault"})


@dataclass
class Link:
    """A field that points at another draft; `name` when it is not called after its target."""

    target: str
    required: bool = False
    cascade: bool = False
    name: str = ""


@dataclass
class Draft:
    """An entity on its way: `links` are by the key of their target, `setting` is the kind of app."""

    key: str
    label: str
    kind: NounKind
    fields: list[FieldDraft]
    added: bool = False
    about: str = ""
    is_action: bool = False
    is_known: bool = False
    examples: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()
    setting: str = ""
    is_booked: bool = False
    links: list[Link] = field(default_factory=list)
    wants: list[FieldDraft] = field(default_factory=list)

    @property
    def is_person(self) -> bool:
        """True if it is a kind of person."""
        return self.kind is NounKind.PERSON

    @property
    def is_linking(self) -> bool:
        """True if such a record says something about others: a booking, a payment, a report."""
        return self.is_action or self.kind in _LINKING

    def goes_by(self, key: str) -> bool:
        """True if it is, or stands for, the record of that name."""
        return self.key == key or key in self.stands_for


def describes_people(fields: Iterable[FieldDraft]) -> bool:
    """True if the fields are those of a person, who has a name and can be reached."""
    parts = list(fields)
    names = {part.name for part in parts}
    # A fault or a website can have a name and an address too.
    return bool(parts) and parts[0].name == "name" and _is_reachable(parts) and not names & _NOT_OF_PEOPLE


def _is_reachable(parts: Iterable[FieldDraft]) -> bool:
    return any(part.type in CONTACTS for part in parts)


def is_provider(name: str) -> bool:
    """True if people of this name serve others: teachers, not students."""
    return name.lower().replace(" ", "").endswith(_PROVIDERS)
