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
    negative: bool = False


@dataclass(frozen=True)
class Unique:
    """No two records with the same values in these fields."""

    fields: tuple[str, ...]
    about: str
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoOverlap:
    """No two records of one `ref` at the same time; with an `end`, or minutes that it `lasts`, the whole span counts."""

    start: str
    end: str
    ref: str
    about: str
    ignore: tuple[str, ...] = ()
    lasts: str = ""


@dataclass(frozen=True)
class Capacity:
    """The record that `ref` points at takes no more than its field `limit` says; `takes` is how many one counts for."""

    ref: str
    limit: str
    about: str
    ignore: tuple[str, ...] = ()
    takes: str = ""


@dataclass(frozen=True)
class Overdue:
    """A record whose `date` is past, and whose `status` is not one of `done`, is overdue."""

    date: str
    status: str
    done: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class Sum:
    """`money` (times `times`) adds up in the field `into` of the record that `ref` points at."""

    money: str
    ref: str
    into: str
    about: str
    times: str = ""


@dataclass(frozen=True)
class InOrder:
    """`later` is never before `earlier`."""

    earlier: str
    later: str
    about: str


@dataclass(frozen=True)
class Stock:
    """Each record takes `quantity` from the field `counted` of what `ref` points at, unless it is called off.

    With `through`, the record that this field points at can call it off too.
    """

    ref: str
    counted: str
    quantity: str
    about: str
    ignore: tuple[str, ...] = ()
    through: str = ""


Rule = Unique | NoOverlap | Capacity | Overdue | Sum | InOrder | Stock


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
    chart: str = ""
    gallery: str = ""
    document: bool = False
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
        names = [*self.columns, *([self.board] if self.columns and self.board not in ("", *self.columns) else [])]
        return [self.field(name) for name in names]

    @property
    def is_line(self) -> bool:
        """Whether its records are the lines of something else, which shows them and their sum."""
        return any(isinstance(rule, Sum) for rule in self.rules)

    @property
    def one(self) -> str:
        """What one record is called inside a sentence."""
        return lower_first(self.label)

    @property
    def many(self) -> str:
        """What the records are called inside a sentence."""
        return lower_first(self.plural)


@dataclass(frozen=True)
class Form:
    """A form at `/forms/{table}` that anybody may fill in; `person` is the ref to whoever does."""

    table: str
    action: str
    about: str
    thanks: str
    fields: tuple[str, ...]
    person: str = ""


@dataclass(frozen=True)
class Role:
    """A kind of person; with `own` they see only what belongs to their own record in that table.

    `adds` are the tables in which they may add records of their own.
    """

    name: str
    about: str
    own: str = ""
    adds: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """What the app says about itself; `look` are the classes that its pages wear."""

    title: str
    tagline: str
    goal: str
    made_by: str
    monogram: str
    currency: str
    can_do: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    look: str = ""


def lower_first(text: str) -> str:
    """The text as it reads inside a sentence; an acronym keeps its capitals."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
