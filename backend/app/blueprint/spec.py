"""The specification of an app, the same for every engine: what is kept, how it is shown, which rules hold."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from app.blueprint import spec_defaults
from app.blueprint.spec_colors import Color
from app.blueprint.spec_expressions import check_expressions
from app.blueprint.spec_lines import check_lines
from app.blueprint.spec_site import SiteSpec, check_site
from app.blueprint.spec_tools import check_tools
from app.blueprint.spec_types import Expression, GoalText, Label, Part, Pascal, Sentence, Snake, no_twins, one_line

SPEC_VERSION: Final = 2
MAX_ENTITIES: Final = 12
MAX_FIELDS: Final = 20

RESERVED_FIELDS: Final = frozenset({"id", "created_at", "updated_at", "csrf_token", "rowid", "oid"})
RESERVED_TABLES: Final = frozenset(
    # The addresses that every app has,
    "about forms health setup static new calendar board totals search "
    # and the tables and indexes that it keeps besides its records.
    "app_attempts app_sent app_changes app_changes_record app_kept app_kept_record app_sessions app_settings "
    "app_undo app_users".split()
)
_ASIDE = "app_aside_"
"""Begins the names under which a table is put aside while an app takes over records."""
AUTOMATIC: Final = "automatic"
OWNER: Final = "Owner"
VISITOR: Final = "visitor"
EVERYWHERE: Final = (OWNER, VISITOR, AUTOMATIC)
"""Who may take a move beside the roles of an app: the owner, a visitor by their own link, and the app itself."""


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin")
    return name


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    LONGTEXT = "longtext"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    CODE = "code"
    IMAGE = "image"
    FILE = "file"
    REF = "ref"


NUMBERS: Final = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.MONEY})


class OnDelete(StrEnum):
    """What happens to a record when the one it belongs to is deleted."""

    CASCADE = "cascade"
    SET_NULL = "set_null"
    RESTRICT = "restrict"


class ViewKind(StrEnum):
    """How the records of an entity are shown beside the plain list."""

    LIST = "list"
    CALENDAR = "calendar"
    BOARD = "board"
    TOTALS = "totals"
    CHART = "chart"
    GALLERY = "gallery"
    DOCUMENT = "document"
    RANKING = "ranking"
    REVIEW = "review"
    RESULTS = "results"


class RuleKind(StrEnum):
    """What the app watches over."""

    NO_OVERLAP = "no_overlap"
    CAPACITY = "capacity"
    UNIQUE = "unique"
    OVERDUE = "overdue"
    SUM = "sum"
    IN_ORDER = "in_order"
    STOCK = "stock"
    ONE_OPEN = "one_open"
    ENSURE = "ensure"


STATED: Final = frozenset(
    {
        RuleKind.ENSURE,
        RuleKind.NO_OVERLAP,
        RuleKind.CAPACITY,
        RuleKind.UNIQUE,
        RuleKind.IN_ORDER,
        RuleKind.STOCK,
        RuleKind.ONE_OPEN,
    }
)
"""The kinds of rule that may be said as a condition, where their fields do not say enough."""


class RoleScope(StrEnum):
    """Which records a kind of person works with: every one, or those that are their own."""

    ALL = "all"
    OWN = "own"


class Publicity(StrEnum):
    """How much of a kind of record visitors see: nothing, a list, or a list with a page for each."""

    NONE = "none"
    LIST = "list"
    DETAIL = "detail"


class Reach(StrEnum):
    """Which records of a kind a right covers."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


class WishState(StrEnum):
    """How far a wish of the goal is met."""

    KEPT = "kept"
    PARTLY = "partly"
    LEFT_OUT = "left_out"


class CheckKind(StrEnum):
    """What an acceptance check tries: the records of `entity`, its lines, rule number `rule`, its public form."""

    KEEPS = "keeps"
    REFUSES = "refuses"
    RULE = "rule"
    FORM = "form"
    LINES = "lines"
    PRIVATE = "private"


class FieldSpec(Part):
    """One field of an entity; `choices` belong to a choice, `ref` names the entity a ref points at.

    `digits` are those of a decimal after the point. `lowest` and `highest` bound a number, in its own unit.
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
    unit: Annotated[str, Field(min_length=1, max_length=12), AfterValidator(one_line)] | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    starts_as: Expression | None = None
    was: Snake | None = Field(default=None, description="Its name in the version this one grew from, if renamed.")

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, raw: Any) -> Any:  # Any: what JSON can hold
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
    """

    name: Snake
    label: Label
    expression: Expression
    about: Sentence
    digits: int | None = Field(default=None, ge=0, le=4)

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.field(raw)


class AssignmentSpec(Part):
    """A value that a move writes into a field, such as `today` into `closed_on`."""

    field: Snake
    value: Expression


class MoveSpec(Part):
    """A step from one state to another.

    `by` names the roles that may take it; empty means the staff, "automatic" is taken by the app as soon as
    `only_if` holds. `asks` are fields that must be filled in with it. `only_if` must hold, else it is refused with
    `about`.
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
    """What one role may do with the records of a kind; `only_if` narrows what it sees.

    `fields` are those it may fill in and change; empty means every one. `label` is what adding one is called, such
    as "Take a seat".
    """

    role: Label
    label: Label | None = None
    sees: Reach = Reach.ALL
    only_if: Expression | None = None
    adds: bool = False
    changes: Reach = Reach.NONE
    deletes: bool = False
    fields: tuple[Snake, ...] = Field(default=(), max_length=MAX_FIELDS)


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
    def _named(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.entity(raw)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.table in RESERVED_TABLES or self.table.startswith(_ASIDE):
            raise ValueError(
                f"the table name {self.table!r} is reserved: every app has a page or a table of that name"
            )
        both: tuple[FieldSpec | ComputedSpec, ...] = (*self.fields, *self.computed)
        no_twins(f"fields of {self.name!r}", (part.name for part in both))
        no_twins(f"labels of {self.name!r}", (part.label.casefold() for part in both))
        self._check_moves()
        if not any(field.required for field in self.fields):
            raise ValueError(f"entity {self.name!r} needs a required field")
        return self

    def _check_moves(self) -> None:
        state = self.field(self.state) if self.state else None
        if self.state and (state is None or state.type is not FieldType.CHOICE):
            raise ValueError(f"entity {self.name!r}: its state {self.state!r} must be a choice of it")
        if self.moves and state is None:
            raise ValueError(f"entity {self.name!r} has moves, so it must name the choice that is its state")
        known = set(state.choices) if state else set()
        for move in self.moves:
            for name in (*move.sources, move.target):
                if name not in known:
                    raise ValueError(f"move {move.label!r} of {self.name!r}: {name!r} is not one of its states")
            for name in (*move.asks, *(assignment.field for assignment in move.sets)):
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


class FormSpec(Part):
    """A form that anybody may fill in without signing in, such as a booking.

    `fields` are asked for. `person` is the ref to whoever fills it in: the form asks for their name and e-mail
    instead, and finds or adds that record. `lines` are the fields that it asks for in each line.
    `shows` are fields and figures that are told to whoever sent it, such as a total or a score. `invited_by` is
    the ref to whoever brought the visitor here: it is found by the code in the link that they passed on.
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
    `limit` is the founder's number: the room of a capacity, the days before an overdue date that it warns.
    """

    kind: RuleKind
    entity: Pascal
    fields: tuple[Snake, ...] = Field(default=(), max_length=4)
    about: Sentence
    condition: Expression | None = None
    when: Expression | None = None
    limit: Decimal | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is RuleKind.ENSURE and self.condition is None:
            raise ValueError(f"the rule {self.about!r} ensures nothing: it needs a condition")
        if self.condition is not None and self.kind not in STATED:
            kinds = ", ".join(sorted(STATED))
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


class Design(StrEnum):
    """The designs that an app can wear."""

    CALM = "calm"
    HEARTY = "hearty"
    PLAYFUL = "playful"
    STURDY = "sturdy"
    ELEGANT = "elegant"
    NATURAL = "natural"
    BOLD = "bold"
    PRECISE = "precise"
    CLASSIC = "classic"
    FRESH = "fresh"


class Tone(StrEnum):
    """How strong the colours of an app are."""

    FULL = "full"
    SOFT = "soft"
    GREY = "grey"


class Scheme(StrEnum):
    """Whether the pages are light, dark, or what the reader's device asks for."""

    BOTH = "both"
    LIGHT = "light"
    DARK = "dark"


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


class AppSpec(Part):
    """What an app is: made by an engine, shown to the founder, rendered by the generator."""

    version: int = Field(default=SPEC_VERSION, ge=SPEC_VERSION, le=SPEC_VERSION, strict=True)
    title: Label
    tagline: Sentence
    goal: GoalText
    engine: Label
    confidence: float = Field(ge=0, le=1)
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    theme: ThemeSpec
    currency: Annotated[str, Field(min_length=1, max_length=4), AfterValidator(one_line)] = "$"
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    """Whose clock says today and now, such as Europe/Berlin; else that of the machine that builds."""
    roles: tuple[RoleSpec, ...] = Field(default=(), max_length=6)
    entities: tuple[EntitySpec, ...] = Field(default=(), max_length=MAX_ENTITIES)
    views: tuple[ViewSpec, ...] = Field(default=(), max_length=40)
    forms: tuple[FormSpec, ...] = Field(default=(), max_length=6)
    site: SiteSpec | None = None
    tools: tuple[ToolSpec, ...] = Field(default=(), max_length=6)
    pages: tuple[PageSpec, ...] = Field(default=(), max_length=60)
    rules: tuple[RuleSpec, ...] = Field(default=(), max_length=40)
    acceptance: tuple[CheckSpec, ...] = Field(default=(), max_length=12)
    assumptions: tuple[Sentence, ...] = Field(default=(), max_length=12)
    not_understood: tuple[Label, ...] = Field(default=(), max_length=20)
    wishes: tuple[WishSpec, ...] = Field(default=(), max_length=60)

    @model_validator(mode="before")
    @classmethod
    def _raised(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.app(raise_version(raw))

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not (self.entities or self.tools or self.site):
            raise ValueError("an app keeps records, works something out or shows a site: it needs one of these")
        no_twins("tools", (tool.name for tool in self.tools))
        no_twins("entities", (entity.name.casefold() for entity in self.entities))
        no_twins("tables", (entity.table for entity in self.entities))
        no_twins("plurals", (entity.plural.casefold() for entity in self.entities))
        self._refs_lead_somewhere()
        for view in self.views:
            self._view_exists(view)
        for rule in self.rules:
            self._names_exist(rule.entity, rule.fields)
            self._minutes_count_from_a_time(rule)
        for form in self.forms:
            self._names_exist(form.entity, (*form.fields, *filter(None, [form.person, form.invited_by])))
        for named in (*(role.entity for role in self.roles), *(check.entity for check in self.acceptance)):
            if named is not None:
                self._names_exist(named, ())
        for check in self.acceptance:
            if check.rule is not None and check.rule >= len(self.rules):
                raise ValueError(f"an acceptance check names rule {check.rule}, which does not exist")
        check_people(self)
        check_lines(self)
        check_site(self)
        check_tools(self)
        check_expressions(self)
        return self

    @property
    def has_public_side(self) -> bool:
        """Whether the app is for others than its staff: visitors, or people with records of their own."""
        is_shown = any(entity.public is not Publicity.NONE for entity in self.entities)
        return bool(self.forms or self.site or self.tools or is_shown) or any(
            role.scope is RoleScope.OWN for role in self.roles
        )

    def entity(self, name: str) -> EntitySpec | None:
        """The entity of that name."""
        return next((entity for entity in self.entities if entity.name == name), None)

    def _refs_lead_somewhere(self) -> None:
        for entity in self.entities:
            for field in entity.fields:
                if field.ref is not None and self.entity(field.ref) is None:
                    raise ValueError(f"{entity.name}.{field.name} points at {field.ref!r}, which does not exist")
        self._required_refs_have_an_order()

    def _required_refs_have_an_order(self) -> None:
        waiting = {
            entity.name: {field.ref for field in entity.fields if field.required and field.ref}
            for entity in self.entities
        }
        while ready := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
            for name in ready:
                del waiting[name]
        if waiting:
            raise ValueError(f"{', '.join(sorted(waiting))} require each other, so none can be made first")

    def _minutes_count_from_a_time(self, rule: RuleSpec) -> None:
        entity = self.entity(rule.entity)
        if rule.kind is not RuleKind.NO_OVERLAP or entity is None:
            return
        types = [field.type for field in map(entity.field, rule.fields) if field is not None]
        if FieldType.INT in types and types != [FieldType.DATETIME, FieldType.INT, FieldType.REF]:
            raise ValueError(
                f"the rule {rule.about!r} counts minutes, so its fields are a date and time, the minutes and a ref"
            )

    def _view_exists(self, view: ViewSpec) -> None:
        entity = self.entity(view.entity)
        if entity is None or view.field is None or entity.figure(view.field) is None:
            self._names_exist(view.entity, () if view.field is None else (view.field,))

    def _names_exist(self, entity_name: str, fields: Iterable[str]) -> None:
        entity = self.entity(entity_name)
        if entity is None:
            raise ValueError(f"{entity_name!r} is not an entity of this app")
        for name in fields:
            if entity.field(name) is None:
                raise ValueError(f"{entity_name}.{name} does not exist")


def raise_version(raw: Any) -> Any:  # Any: what JSON can hold
    """A document of version 1 as one of version 2, which says everything in the same words and can say more."""
    if isinstance(raw, dict) and raw.get("version") == 1:
        return {**raw, "version": SPEC_VERSION}
    return raw


def check_people(spec: AppSpec) -> None:
    """ValueError when a move or a right names a role that the app does not have."""
    roles = {role.name for role in spec.roles} | set(EVERYWHERE)
    for entity in spec.entities:
        named = [name for move in entity.moves for name in move.by] + [right.role for right in entity.rights]
        for name in named:
            if name not in roles:
                raise ValueError(f"{entity.name} names the role {name!r}; there are: {', '.join(sorted(roles))}")
