"""The words that `schema.py` is written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One thing kept about a record; `type` is one of those in `fields.py`, `was` its name in the version before."""

    name: str
    label: str
    type: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    ref: str = ""
    on_delete: str = "set_null"
    was: str = ""


@dataclass(frozen=True)
class Unique:
    """No two records with the same values in these fields."""

    fields: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class NoOverlap:
    """No two records of one `ref` at the same time; with an `end` the whole span counts."""

    start: str
    end: str
    ref: str
    about: str
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Capacity:
    """The record that `ref` points at takes no more records than its field `limit` says."""

    ref: str
    limit: str
    about: str
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Overdue:
    """A record whose `date` is past, and whose `status` is not one of `done`, is overdue."""

    date: str
    status: str
    done: tuple[str, ...]
    about: str


Rule = Unique | NoOverlap | Capacity | Overdue


@dataclass(frozen=True)
class Entity:
    """One kind of record: a table, and the pages under `/{table}`."""

    table: str
    label: str
    plural: str
    about: str
    title: tuple[str, ...]
    fields: tuple[Field, ...]
    columns: tuple[str, ...] = ()
    calendar: str = ""
    board: str = ""
    totals: str = ""
    rules: tuple[Rule, ...] = ()
    name: str = ""
    was: str = ""

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)

    def of_type(self, *types: str) -> list[Field]:
        """The fields of these types, in order."""
        return [field for field in self.fields if field.type in types]

    @property
    def shown(self) -> list[Field]:
        """The fields that a list shows as columns."""
        return [self.field(name) for name in self.columns]


@dataclass(frozen=True)
class About:
    """What the app says about itself."""

    title: str
    tagline: str
    goal: str
    made_by: str
    monogram: str
    currency: str
    can_do: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
