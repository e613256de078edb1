"""The kinds of record of an app and their fields, as expressions may speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.blueprint.expressions.faults import Fault


class Kind(StrEnum):
    """A kind of value."""

    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    BOOL = "yes or no"
    DATE = "date"
    DATETIME = "date and time"
    LINK = "link"
    EMPTY = "empty"


@dataclass(frozen=True)
class Type:
    """The type of a value; numbers are whole numbers of 10^-scale, a link names the `entity` it leads to.

    `choices` are the only texts that it can be, where there are any; `literal` is true of a number in the text.
    """

    kind: Kind
    scale: int = 0
    entity: str = ""
    choices: tuple[str, ...] = ()
    literal: bool = False

    @property
    def is_numeric(self) -> bool:
        """True for numbers, money and yes or no, which counts as 1 or 0."""
        return self.kind in (Kind.NUMBER, Kind.MONEY, Kind.BOOL)

    @property
    def is_moment(self) -> bool:
        """True for dates, with or without a time."""
        return self.kind in (Kind.DATE, Kind.DATETIME)


@dataclass(frozen=True)
class FieldShape:
    """A field; a computed one carries its `expression`."""

    name: str
    type: Type
    expression: str = ""


@dataclass(frozen=True)
class EntityShape:
    """A kind of record, the table that it is kept in, and its fields by name."""

    name: str
    table: str
    fields: Mapping[str, FieldShape]

    def links_to(self, entity: str) -> list[str]:
        """The fields that lead to records of that kind."""
        return [shape.name for shape in self.fields.values() if shape.type.entity == entity]


@dataclass(frozen=True)
class Catalogue:
    """Every kind of record by name; `people` are the kinds that describe somebody who signs in."""

    entities: Mapping[str, EntityShape]
    people: tuple[str, ...] = ()
    currency_digits: int = 2
    roles: tuple[str, ...] = field(default=())
    has_whole_money: bool = False
    """Whether the currency has no smaller coins, so that what is worked out in it is rounded to whole amounts."""

    def digits_of(self, worked_out: Type) -> int:
        """The digits after the point that a figure of that type is rounded to."""
        return 0 if self.has_whole_money and worked_out.kind is Kind.MONEY else worked_out.scale

    def entity(self, name: str) -> EntityShape:
        """The kind of record of that name; Fault when there is none."""
        if name not in self.entities:
            raise Fault(f"there is no kind of record {name!r}; there are: {', '.join(self.entities)}")
        return self.entities[name]

    def field(self, entity: str, name: str) -> FieldShape:
        """The field of that name; Fault when there is none."""
        shape = self.entity(entity)
        if name not in shape.fields:
            raise Fault(f"{entity} has no field {name!r}; it has: {', '.join(shape.fields)}")
        return shape.fields[name]
