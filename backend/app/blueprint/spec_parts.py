"""The parts of a specification: fields, moves, rights, kinds of record, views, forms, rules and the look."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from app.blueprint import spec_defaults
from app.blueprint.field_types import NUMBERS, UPLOADED
from app.blueprint.rule_kinds import STATED, WITH_CONDITION
from app.blueprint.spec_colors import Color
from app.blueprint.spec_kinds import (
    ASIDE,
    AUTOMATIC,
    MAX_FIELDS,
    RESERVED_FIELDS,
    RESERVED_TABLES,
    VISITOR,
    CheckKind,
    Design,
    FieldType,
    OnDelete,
    Publicity,
    Reach,
    RoleScope,
    RuleKind,
    Scheme,
    Tone,
    ViewKind,
    WishState,
)
from app.blueprint.spec_types import (
    Expression,
    Label,
    Part,
    Pascal,
    Sentence,
    Snake,
    SnakePath,
    Unit,
    no_twins,
)


class ChoiceWas(Part):
    """A choice with the name that it had in the version this one grew from, whose records say it."""

    name: Label
    was: Label


class FieldSpec(Part):
    """One field of an entity; `choices` belong to a choice, `ref` names the entity a ref points at.

    `digits` are those of a decimal after the point. `lowest` and `highest` bound a number, in its own unit; it is
    never below nought unless `lowest` is.
    A code is made up by the app for each record, different from every other, and never typed in.
    `starts_as` is worked out when a record is added without the field, such as `product.price`, which keeps the
    price of that day.
    """

    name: Snake
    label: Label
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[Label, ...] = Field(default=(), max_length=20)
    ref: Pascal | None = None
    on_delete: OnDelete = OnDelete.SET_NULL
    digits: int = Field(default=2, ge=1, le=4)
    unit: Unit | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    starts_as: Expression | None = None
    choices_were: tuple[ChoiceWas, ...] = Field(default=(), max_length=20)
    was: Snake | None = Field(default=None, description="Its name in the version this one grew from, if renamed.")

    @model_validator(mode="before")
    @classmethod
    def _label(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.field(raw)

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.name in RESERVED_FIELDS:
            raise ValueError(f"the field name {self.name!r} is reserved")
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise ValueError(f"field {self.name!r}: choices belong to a choice, and every choice has some")
        if (self.type is FieldType.REF) != (self.ref is not None):
            raise ValueError(f"field {self.name!r}: a ref names an entity, and nothing else does")
        if self.required and self.ref is not None and self.on_delete is OnDelete.SET_NULL:
            raise ValueError(f"field {self.name!r} is required, so it cannot be emptied by a deletion")
        if self.type in UPLOADED and self.starts_as is not None:
            raise ValueError(f"field {self.name!r} is uploaded, so nothing can be worked out to begin with")
        if self.type is FieldType.CODE and self.required:
            raise ValueError(f"field {self.name!r}: the app makes up a code, so nobody is required to enter it")
        if self.type not in NUMBERS and (self.lowest, self.highest, self.unit) != (None, None, None):
            raise ValueError(f"field {self.name!r}: only numbers have limits and a unit")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"field {self.name!r}: its lowest value is above its highest")
        no_twins(f"choices of {self.name!r}", (choice.casefold() for choice in self.choices))
        return self


class ComputedSpec(Part):
    """A figure that the app works out for each record, such as `quantity * unit_price`; it is never typed in.

    `digits` are those after the point; without them the figure keeps what its parts have, two at the most.
    A number may have a `unit` such as km.
    """

    name: Snake
    label: Label
    expression: Expression
    about: Sentence
    digits: int | None = Field(default=None, ge=0, le=4)
    unit: Unit | None = None

    @model_validator(mode="before")
    @classmethod
    def _label(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.field(raw)


class AssignmentSpec(Part):
    """A value that a move writes into a field, such as `today` into `closed_on`.

    A field of the record that a link leads to is written by its path, such as `duty.family`: a swap writes two
    records at once. Every value is worked out before any is written.
    """

    field: SnakePath
    value: Expression

    @property
    def link(self) -> str:
        """The link to the record that is written; empty for the record of the move itself."""
        return self.field.partition(".")[0] if "." in self.field else ""

    @property
    def name(self) -> str:
        """The field that is written, without the link to its record."""
        return self.field.rpartition(".")[2]


class MoveSpec(Part):
    """A step from one state to another.

    `sets` are values that it writes, into this record and into those that it links to. `by` names the roles that
    may take it; empty means the staff, "automatic" is taken by the app as soon as `only_if` holds. `asks` are
    fields that must be filled in with it. `only_if` must hold, else it is refused with `about`.
    """

    label: Label
    sources: tuple[Label, ...] = Field(min_length=1, max_length=12)
    target: Label
    about: Sentence
    by: tuple[Label, ...] = Field(default=(), max_length=6)
    asks: tuple[Snake, ...] = Field(default=(), max_length=6)
    sets: tuple[AssignmentSpec, ...] = Field(default=(), max_length=6)
    only_if: Expression | None = None

    @property
    def is_automatic(self) -> bool:
        """True when the app takes the move itself."""
        return self.by == (AUTOMATIC,)


class RightSpec(Part):
    """The rights of one role on the records of a kind; `only_if` narrows what it sees.

    The page behind a customer's link does not tell what the right of `visitor` `hides`.
    """

    role: Label
    label: Label | None = None
    sees: Reach = Reach.ALL
    only_if: Expression | None = None
    adds: bool = False
    changes: Reach = Reach.NONE
    deletes: bool = False
    fields: tuple[Snake, ...] = Field(default=(), max_length=MAX_FIELDS)
    hides: tuple[Snake, ...] = Field(default=(), max_length=MAX_FIELDS)

    @model_validator(mode="after")
    def _hides_from_visitors(self) -> Self:
        if self.hides and self.role != VISITOR:
            raise ValueError(
                f"the right of {self.role!r} hides fields, and whoever signs in reads whole records: only "
                "visitors do not. Keep what others must not read in a record of its own, with a right of its own"
            )
        both = set(self.hides).intersection(self.fields)
        if both:
            raise ValueError(f"visitors cannot change what is hidden from them: {', '.join(sorted(both))}")
        return self


class EntitySpec(Part):
    """One kind of record. `table` is also the path of its pages.

    `state` names the choice whose choices are the states; with `moves` it changes by them alone, and begins as the
    first. `lines` is the kind of record that is entered inside its form, such as the lines of an order. `order`
    sorts its lists, such as `votes desc`. Visitors see `public_fields` of it where it is `public`, while
    `public_if` holds; without any named, all that tells nothing about a person.
    """

    name: Pascal
    table: Snake
    label: Label
    plural: Label
    about: Sentence
    fields: tuple[FieldSpec, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    computed: tuple[ComputedSpec, ...] = Field(default=(), max_length=12)
    state: Snake | None = None
    moves: tuple[MoveSpec, ...] = Field(default=(), max_length=20)
    rights: tuple[RightSpec, ...] = Field(default=(), max_length=6)
    public: Publicity = Publicity.NONE
    public_fields: tuple[Snake, ...] = Field(default=(), max_length=MAX_FIELDS)
    public_if: Expression | None = None
    lines: Pascal | None = None
    order: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}( desc)?$")] | None = None
    seed: tuple[Label, ...] = Field(default=(), max_length=12, description="Examples to name the first records.")
    was: Pascal | None = Field(default=None, description="Its name in the version this one grew from, if renamed.")

    @model_validator(mode="before")
    @classmethod
    def _name_parts(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.entity(raw)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.table in RESERVED_TABLES or self.table.startswith(ASIDE):
            raise ValueError(
                f"the table name {self.table!r} is reserved: every app has a page or a table of that name"
            )
        both: tuple[FieldSpec | ComputedSpec, ...] = (*self.fields, *self.computed)
        no_twins(f"fields of {self.name!r}", (part.name for part in both))
        # Two columns with one heading cannot be told apart, by people or in a spreadsheet that comes back.
        no_twins(f"labels of {self.name!r}", (part.label.casefold() for part in both))
        self._check_moves()
        # Else an empty form would be a record.
        if not any(field.required for field in self.fields):
            raise ValueError(f"entity {self.name!r} needs a required field")
        return self

    def _check_moves(self) -> None:
        state = self.field(self.state) if self.state else None
        if self.state and (state is None or state.type is not FieldType.CHOICE):
            raise ValueError(f"entity {self.name!r}: its state {self.state!r} must be a choice of it")
        if self.moves and state is None:
            raise ValueError(f"entity {self.name!r} has moves, so it must name the choice that is its state")
        choices = set(state.choices) if state else set()
        for move in self.moves:
            for name in (*move.sources, move.target):
                if name not in choices:
                    raise ValueError(f"move {move.label!r} of {self.name!r}: {name!r} is not one of its states")
            for name in (*move.asks, *(assignment.link or assignment.name for assignment in move.sets)):
                # The state changes by its moves alone, so none of them fills it in.
                if self.field(name) is None or name == self.state:
                    raise ValueError(
                        f"move {move.label!r} of {self.name!r}: {name!r} is not a field it can fill in"
                    )
            if move.is_automatic and move.only_if is None:
                raise ValueError(
                    f"move {move.label!r} of {self.name!r} is automatic, so it must say when: only_if"
                )

    def field(self, name: str) -> FieldSpec | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def figure(self, name: str) -> ComputedSpec | None:
        """The computed field of that name."""
        return next((computed for computed in self.computed if computed.name == name), None)


class RoleSpec(Part):
    """A kind of person who uses the app; `entity` are the records that describe such people, if any do.

    An app in which some role works with its own records alone asks everybody to sign in.
    """

    name: Label
    about: Sentence
    scope: RoleScope = RoleScope.ALL
    entity: Pascal | None = None


class ViewSpec(Part):
    """A way to look at an entity's records, by one of its fields.

    A ranking is by a number or figure, the highest first. A review shows, one after the other, the records whose
    date of `field` has come, such as flashcards; a move puts it off. Results count what was chosen.
    """

    kind: ViewKind
    entity: Pascal
    field: Snake | None = None


class OfferSpec(Part):
    """The records that a link of a public form can be chosen from.

    `only_if` is about what the link leads to, such as `status = "In the rack"`.
    """

    field: Snake
    only_if: Expression


class FormSpec(Part):
    """A form that anybody may fill in without signing in, such as a booking.

    `fields` are asked for. `person` is the ref to whoever fills it in: the form asks for their name and e-mail
    instead, and finds or adds that record. `lines` are the fields that it asks for in each line.
    `shows` are fields and figures that are told to whoever sent it, such as a total or a score. `invited_by` is
    the ref to whoever brought the visitor here: it is found by the code in the link that they passed on.
    Whatever a ref can be chosen from is shown to everybody, unless `offers` narrows it. Nobody finds themselves in
    a list of people: who is invited answers by the link of their own record, by a move or right of the visitor.
    """

    entity: Pascal
    action: Label
    about: Sentence
    thanks: Sentence
    fields: tuple[Snake, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    person: Snake | None = None
    lines: tuple[Snake, ...] = Field(default=(), max_length=MAX_FIELDS)
    shows: tuple[Snake, ...] = Field(default=(), max_length=8)
    invited_by: Snake | None = None
    offers: tuple[OfferSpec, ...] = Field(default=(), max_length=6)


class ToolSpec(Part):
    """A calculator or converter at `/calculate-{name}`: results come from inputs, and nothing is kept."""

    name: Snake
    title: Label
    about: Sentence
    inputs: tuple[FieldSpec, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    results: tuple[ComputedSpec, ...] = Field(min_length=1, max_length=12)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        both: tuple[FieldSpec | ComputedSpec, ...] = (*self.inputs, *self.results)
        no_twins(f"parts of {self.title!r}", (part.name for part in both))
        no_twins(f"labels of {self.title!r}", (part.label.casefold() for part in both))
        return self


class PageSpec(Part):
    """A page of the app: `path` is its address."""

    path: Annotated[str, Field(pattern=r"^/([a-z0-9_-][a-z0-9_/-]{0,79})?$")]
    title: Label


class RuleSpec(Part):
    """Something the app enforces or works out, with the sentence that explains it.

    `fields` by kind: no_overlap (start, [end or the minutes it lasts,] ref), where minutes are an int and count
    from a datetime; capacity (ref to what has room for so many[, field of how many one takes]); unique (those
    that must differ together); overdue (date[, status]); sum (money[, ref to the record it adds up in]);
    in_order (earlier, later); stock (ref to what is counted, quantity taken); one_open (ref to what is out or
    taken until a record of it is finished).
    `ensure` refuses every record for which `condition` is false; `fields` are those that the refusal stands
    beside, and with `when` it is judged only while that holds, as every other rule is. A capacity, a stock, an
    overlap that looks further than its fields may be said by a `condition` too, and keeps its name. A condition
    with a figure over records is judged again when one of those changes, another one when its record is written.
    With `on_entry` an ensure is judged when a record is added alone, such as "at most 14 days ahead", and never
    against a later change.
    `locked` keeps a record, with its lines, as it is while `condition` holds for it: nobody changes or deletes it.
    Moves go on, with what they write. A condition about what a link leads to, such as `quote.status = "Accepted"`,
    also lets nothing be added there.
    `limit` is the founder's number: the room of a capacity, the days before an overdue date that it warns.
    """

    kind: RuleKind
    entity: Pascal
    fields: tuple[Snake, ...] = Field(default=(), max_length=4)
    about: Sentence
    condition: Expression | None = None
    when: Expression | None = None
    limit: Decimal | None = Field(default=None, ge=0)
    on_entry: bool = False

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.on_entry and self.kind is not RuleKind.ENSURE:
            raise ValueError(
                f"the rule {self.about!r}: on_entry belongs to ensure; say the condition, as an ensure"
            )
        if self.kind is RuleKind.ENSURE and self.condition is None:
            raise ValueError(f"the rule {self.about!r} ensures nothing: it needs a condition")
        if self.kind is RuleKind.LOCKED and self.condition is None:
            raise ValueError(f"the rule {self.about!r} locks nothing: it needs a condition that says when")
        if self.condition is not None and self.kind not in STATED | WITH_CONDITION:
            kinds = ", ".join(sorted(STATED | WITH_CONDITION))
            raise ValueError(f"the rule {self.about!r}: a condition belongs to one of the kinds {kinds}")
        if self.condition is None and not self.fields:
            raise ValueError(f"the rule {self.about!r} names no field")
        return self


class CheckSpec(Part):
    """An acceptance check in the founder's words."""

    given: Sentence
    do: Sentence
    expect: Sentence
    kind: CheckKind | None = None
    entity: Pascal | None = None
    rule: int | None = Field(default=None, ge=0, strict=True)


class WishSpec(Part):
    """A wish of the goal in the founder's own words, and why it is not wholly met."""

    text: Sentence
    state: WishState
    why: Annotated[str, Field(max_length=400)] = ""


class ThemeSpec(Part):
    """The look: hues of 0-359 on the colour wheel that every colour is worked out from, and a design.

    What is not said is chosen by what the app is about. `colors` are the founder's own and go before the hues: the
    first fills buttons and headings, the second stands beside it, in shades on which texts can be read.
    """

    hue: int | None = Field(default=None, ge=0, le=359, strict=True)
    second_hue: int | None = Field(default=None, ge=0, le=359, strict=True)
    colors: tuple[Color, ...] = Field(default=(), max_length=2)
    design: Design | None = None
    tone: Tone | None = None
    scheme: Scheme | None = None
