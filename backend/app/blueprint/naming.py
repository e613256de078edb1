"""All places of a specification that name a part of it, and the kind of part: one table for all renames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Raw = dict[str, Any]


class Named(StrEnum):
    """The kind of part that a place names."""

    RECORD = "record"
    FIELD = "field"
    """A field or figure, of a kind of record."""
    STATE = "state"
    """A choice of the field that holds the states."""
    CHOICE = "choice"
    """A choice of the field that is spoken of."""
    ROLE = "role"
    TOOL = "tool"
    EXPRESSION = "expression"
    """Speaks of all of them, in the language of expressions."""
    WORDS = "words"
    """A text with expressions in braces."""
    RECIPIENT = "recipient"
    """A path to an address, or the word for the owner."""


class Of(StrEnum):
    """The owner of the fields, states or expressions that a place is about."""

    NOBODY = "nobody"
    HOLDER = "holder"
    """The kind of record, or the tool, that the place is inside."""
    ENTITY = "entity"
    """The kind of record that the part names as its entity."""
    OUTER = "outer"
    """The kind of record that the outermost part names as its entity."""
    LINES = "lines"
    """The kind of record that are the lines of that."""
    OFFERED = "offered"
    """The kind of record that the link leads to which the part names as its field."""


@dataclass(frozen=True)
class Place:
    """A place where a name stands: the members that lead to it, through each part of the lists among them."""

    path: str
    named: Named
    of: Of = Of.NOBODY


_HOLDER, _ENTITY, _OUTER = Of.HOLDER, Of.ENTITY, Of.OUTER

PLACES: Final = (
    Place("entities/name", Named.RECORD),
    Place("entities/lines", Named.RECORD),
    Place("entities/fields/ref", Named.RECORD),
    Place("roles/entity", Named.RECORD),
    Place("views/entity", Named.RECORD),
    Place("forms/entity", Named.RECORD),
    Place("rules/entity", Named.RECORD),
    Place("messages/entity", Named.RECORD),
    Place("acceptance/entity", Named.RECORD),
    Place("site/sections/entity", Named.RECORD),
    Place("entities/fields/name", Named.FIELD, _HOLDER),
    Place("entities/computed/name", Named.FIELD, _HOLDER),
    Place("entities/state", Named.FIELD, _HOLDER),
    Place("entities/order", Named.FIELD, _HOLDER),
    Place("entities/public_fields", Named.FIELD, _HOLDER),
    Place("entities/moves/asks", Named.FIELD, _HOLDER),
    Place("entities/moves/sets/field", Named.FIELD, _HOLDER),
    Place("entities/rights/fields", Named.FIELD, _HOLDER),
    Place("entities/rights/hides", Named.FIELD, _HOLDER),
    Place("views/field", Named.FIELD, _ENTITY),
    Place("rules/fields", Named.FIELD, _ENTITY),
    Place("forms/fields", Named.FIELD, _ENTITY),
    Place("forms/person", Named.FIELD, _ENTITY),
    Place("forms/shows", Named.FIELD, _ENTITY),
    Place("forms/invited_by", Named.FIELD, _ENTITY),
    Place("forms/lines", Named.FIELD, Of.LINES),
    Place("forms/offers/field", Named.FIELD, _OUTER),
    Place("forms/offers/only_if", Named.EXPRESSION, Of.OFFERED),
    Place("tools/inputs/name", Named.FIELD, _HOLDER),
    Place("tools/results/name", Named.FIELD, _HOLDER),
    Place("entities/fields/choices", Named.CHOICE, _HOLDER),
    Place("tools/inputs/choices", Named.CHOICE, _HOLDER),
    Place("entities/moves/sources", Named.STATE, _HOLDER),
    Place("entities/moves/target", Named.STATE, _HOLDER),
    Place("roles/name", Named.ROLE),
    Place("entities/moves/by", Named.ROLE),
    Place("entities/rights/role", Named.ROLE),
    Place("tools/name", Named.TOOL),
    Place("site/sections/tool", Named.TOOL),
    Place("entities/public_if", Named.EXPRESSION, _HOLDER),
    Place("entities/fields/starts_as", Named.EXPRESSION, _HOLDER),
    Place("entities/computed/expression", Named.EXPRESSION, _HOLDER),
    Place("entities/moves/only_if", Named.EXPRESSION, _HOLDER),
    Place("entities/moves/sets/value", Named.EXPRESSION, _HOLDER),
    Place("entities/rights/only_if", Named.EXPRESSION, _HOLDER),
    Place("rules/condition", Named.EXPRESSION, _ENTITY),
    Place("rules/when", Named.EXPRESSION, _ENTITY),
    Place("tools/results/expression", Named.EXPRESSION, _HOLDER),
    Place("messages/state", Named.STATE, _ENTITY),
    Place("messages/date", Named.EXPRESSION, _ENTITY),
    Place("messages/only_if", Named.EXPRESSION, _ENTITY),
    Place("messages/to", Named.RECIPIENT, _ENTITY),
    Place("messages/subject", Named.WORDS, _ENTITY),
    Place("messages/text", Named.WORDS, _ENTITY),
)
"""A test holds that no member of a specification is missing that names a part of it."""


@dataclass(frozen=True)
class Spot:
    """One place in a document: the outermost part it is in, the part that holds it, and its member."""

    place: Place
    top: Raw
    part: Raw

    @property
    def key(self) -> str:
        """The member."""
        return self.place.path.rpartition("/")[2]

    @property
    def is_of_tool(self) -> bool:
        """True if it speaks of what is typed into a tool."""
        return self.place.path.startswith("tools/")

    def replace(self, new_name: Callable[[str], str]) -> None:
        """Put the new name, or new names, in place of those that stand here."""
        value = self.part.get(self.key)
        if isinstance(value, str):
            self.part[self.key] = new_name(value)
        elif isinstance(value, list | tuple):
            self.part[self.key] = [new_name(name) if isinstance(name, str) else name for name in value]


def spots(document: Raw) -> Iterator[Spot]:
    """Every place of a document that may be valid or not."""
    for place in PLACES:
        outermost, *way = place.path.split("/")[:-1]
        for top in _inner_parts(document.get(outermost)):
            parts = [top]
            for step in way:
                parts = [inner for part in parts for inner in _inner_parts(part.get(step))]
            yield from (Spot(place, top, part) for part in parts)


def dicts(value: Any) -> Iterator[Raw]:  # Any: what JSON can hold
    """The members of a list that are objects."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, dict))


def _inner_parts(value: Any) -> Iterator[Raw]:  # Any: what JSON can hold
    yield from (value,) if isinstance(value, dict) else dicts(value)
