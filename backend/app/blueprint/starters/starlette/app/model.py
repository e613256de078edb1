"""The words that `schema.py` is written in."""

from __future__ import annotations

from dataclasses import dataclass

FILES = ("image", "file")
"""The types of fields whose values are uploaded."""


@dataclass(frozen=True)
class Field:
    """One thing about a record; `type` is one of those in `fields.py`, `was` its name in the version before.

    A field with `sql` is worked out and never typed in. `lowest` and `highest` bound a number, in the unit it is kept
    in. `starts_as` is the SQL of the value that a new record begins with when nothing was entered. `choices_were` are
    pairs of a choice and what it was called in the version before.
    """

    name: str
    label: str
    type: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    ref: str = ""
    on_delete: str = "set_null"
    was: str = ""
    choices_were: tuple[tuple[str, str], ...] = ()
    digits: int = 0
    unit: str = ""
    lowest: int | None = None
    highest: int | None = None
    starts_as: str = ""
    sql: str = ""
    about: str = ""

    @property
    def negative(self) -> bool:
        """Whether the number may lie below nought."""
        return self.lowest is not None and self.lowest < 0


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
    """`later` is never before `earlier`; what takes "time", as a booking does, never ends when it begins either."""

    earlier: str
    later: str
    about: str
    takes: str = ""


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


@dataclass(frozen=True)
class Ensure:
    """Every record for which `condition` is false is refused, while `when` holds; both are SQL about the row `r`.

    `fields` are those that the refusal stands beside. `watches` are the other tables that the condition looks at:
    when a record of one changes, what it would break is refused too. Where it cannot break it for all, `reached` says
    by table for which rows, as SQL whose parameters are its fields, as `:name_before` and `:name_after`. One that
    counts says how much is `left` of what `ref` points at, as SQL about that row. One that is `judged` "on_entry" is for
    new records alone.
    """

    condition: str
    about: str
    fields: tuple[str, ...] = ()
    when: str = "1"
    watches: tuple[str, ...] = ()
    reached: tuple[tuple[str, str], ...] = ()
    ref: str = ""
    left: str = ""
    judged: str = "always"


@dataclass(frozen=True)
class Locked:
    """While `condition`, SQL about the row `r`, holds for a record, nobody changes or deletes it, nor its lines.

    `opens` are fields that can still be changed by themselves. One whose condition follows `links` to other records
    lets nothing be added, or linked there, for which it holds at once.
    """

    condition: str
    about: str
    opens: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


Rule = Unique | NoOverlap | Capacity | Overdue | Sum | InOrder | Stock | Ensure | Locked


@dataclass(frozen=True)
class Move:
    """A step of a record from one of the states `sources` to `target`, taken by the roles `by`, or else by the staff.

    `asks` are fields to fill in with it, `sets` pairs of a field and the SQL of what is written into it; `writes` name
    the link to the record that they are written into before these. When the SQL
    `only_if` does not hold, the step is refused with `about`; an automatic one is taken by the app as soon as it does.
    """

    label: str
    sources: tuple[str, ...]
    target: str
    about: str
    by: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    writes: tuple[tuple[str, str, str], ...] = ()
    only_if: str = ""
    automatic: bool = False


@dataclass(frozen=True)
class Right:
    """What a role may do with a kind of record: `sees` and `changes` are "all", "own" or "none".

    `only_if` is SQL about the row `r` that narrows what it sees; `fields` are those it fills in, every one if empty;
    `label` is what adding one is called. What it `hides` is not told by the link of a record.
    """

    role: str
    sees: str = "all"
    only_if: str = "1"
    adds: bool = False
    changes: str = "none"
    deletes: bool = False
    fields: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Entity:
    """One kind of record: a table, and the pages under `/{table}`.

    `line_of` is the field that links a line to the record in whose form it is entered. By the `looked_up` fields rules
    find records, so each has an index. Visitors see the
    `public_fields` of each record for which the SQL `public_if` holds: where it is `public`, in a list or also in detail.
    """

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
    figures: tuple[Field, ...] = ()
    state: str = ""
    moves: tuple[Move, ...] = ()
    rights: tuple[Right, ...] = ()
    order: str = ""
    ranking: str = ""
    review: str = ""
    results: bool = False
    looked_up: tuple[str, ...] = ()
    line_of: str = ""
    public: str = ""
    public_fields: tuple[str, ...] = ()
    public_if: str = "1"

    def field(self, name: str) -> Field:
        """The field of that name, kept or worked out."""
        return next(field for field in self.shows if field.name == name)

    @property
    def shows(self) -> tuple[Field, ...]:
        """Everything that can be shown of a record: what is kept, then what is worked out."""
        return (*self.fields, *self.figures)

    def right(self, role: str) -> Right | None:
        """What that role may do, where the app says so."""
        return next((right for right in self.rights if right.role == role), None)

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
        return bool(self.line_of) or any(isinstance(rule, Sum) for rule in self.rules)

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
    """A form at `/forms/{table}` that anybody may fill in; `person` is the ref to whoever does.

    `lines` are the fields that it asks for in each line. `state` says how far a record is; whoever sent it may set
    it to `cancels`, while it is one of `open`. `shows` is told to whoever sent it; `dated` are the days of sending,
    `coming` those that are asked for and never past. `invited_by` is the ref to whoever
    brought the visitor here, found by the code in the link that they passed on. `offers` are pairs of a link and the
    SQL about those records that it can be chosen from.
    """

    table: str
    action: str
    about: str
    thanks: str
    fields: tuple[str, ...]
    person: str = ""
    lines: tuple[str, ...] = ()
    state: str = ""
    cancels: str = ""
    open: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    invited_by: str = ""
    offers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the first page; `items` are pairs of a label and its text, `table` the kind of record it is about."""

    kind: str
    title: str
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()
    table: str = ""
    tool: str = ""
    button: str = ""


@dataclass(frozen=True)
class Tool:
    """A calculator at `/calculate-{name}`: the SQL of its `results` is about the row `r` of its `inputs`."""

    name: str
    title: str
    about: str
    inputs: tuple[Field, ...]
    results: tuple[Field, ...]


@dataclass(frozen=True)
class Message:
    """What is written about a record of `table` when it is `added`, comes to a `state`, or `hours` `before` its `date`.

    `to` and `date` are SQL about the row `r`; without `to` it is for the owner. `says` are what stands in the subject
    and the text in braces, each under the label that it has there.
    """

    name: str
    table: str
    kind: str
    to: str
    subject: str
    text: str
    says: tuple[Field, ...] = ()
    state_field: str = ""
    state: str = ""
    date: str = ""
    hours: int = 0
    only_if: str = "1"


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
    """What the app says about itself; `look` are the classes that its pages wear.

    `name` and `lead` are for customers; `title`, `tagline` and the rest are for whoever runs it.
    """

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
    timezone: str = ""
    name: str = ""
    lead: str = ""


def lower_first(text: str) -> str:
    """The text as it reads inside a sentence; an acronym keeps its capitals."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
