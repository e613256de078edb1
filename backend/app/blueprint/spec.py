"""The specification of an app, the same for every engine: what is kept, how it is shown, which rules hold."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.domain.job import GOAL_MAX
from app.domain.text import has_shape, without_direction

SPEC_VERSION: Final = 1
MAX_ENTITIES: Final = 12
MAX_FIELDS: Final = 16

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_RESERVED_FIELDS = frozenset({"id", "created_at", "updated_at", "csrf_token", "rowid", "oid"})
RESERVED_TABLES: Final = frozenset(
    # The addresses that every app has,
    "about forms health setup static new calendar board totals search "
    # and the tables and indexes that it keeps besides its records.
    "app_attempts app_changes app_changes_record app_kept app_kept_record app_sessions app_settings "
    "app_undo app_users".split()
)
_ASIDE = "app_aside_"
"""Begins the names under which a table is put aside while an app takes over records."""
_SQLITE_PREFIX = "sqlite_"


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("the text holds characters that cannot be shown")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text or text != text.strip():
        raise ValueError("the text must be one line without spaces around it")
    if not has_shape(text):
        raise ValueError("the text is blank")
    if text != without_direction(text):
        raise ValueError("the text holds marks that turn the direction of writing around")
    return _printable(text)


def _snake(name: str) -> str:
    if keyword.iskeyword(name) or name.startswith(_SQLITE_PREFIX):
        raise ValueError(f"{name!r} is a reserved word")
    return name


Snake = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_snake)]
"""A field or table name, such as `starts_at`."""

Pascal = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,39}$")]
"""An entity name, such as `YogaClass`."""

Label = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_one_line)]
Sentence = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_one_line)]
GoalText = Annotated[str, Field(min_length=1, max_length=GOAL_MAX), AfterValidator(_printable)]


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    LONGTEXT = "longtext"
    INT = "int"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    REF = "ref"


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


class RuleKind(StrEnum):
    """What the app watches over."""

    NO_OVERLAP = "no_overlap"
    CAPACITY = "capacity"
    UNIQUE = "unique"
    OVERDUE = "overdue"
    SUM = "sum"
    IN_ORDER = "in_order"
    STOCK = "stock"


class RoleScope(StrEnum):
    """Which records a kind of person works with: every one, or those that are their own."""

    ALL = "all"
    OWN = "own"


class CheckKind(StrEnum):
    """What an acceptance check tries: the records of `entity`, its rule number `rule`, or its public form."""

    KEEPS = "keeps"
    REFUSES = "refuses"
    RULE = "rule"
    FORM = "form"
    PRIVATE = "private"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Part):
    """One field of an entity; `choices` belong to a choice, `ref` names the entity a ref points at."""

    name: Snake
    label: Label
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[Label, ...] = Field(default=(), max_length=20)
    ref: Pascal | None = None
    on_delete: OnDelete = OnDelete.SET_NULL
    was: Snake | None = Field(default=None, description="Its name in the version this one grew from, if renamed.")

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.name in _RESERVED_FIELDS:
            raise ValueError(f"the field name {self.name!r} is reserved")
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise ValueError(f"field {self.name!r}: choices belong to a choice, and every choice has some")
        if (self.type is FieldType.REF) != (self.ref is not None):
            raise ValueError(f"field {self.name!r}: a ref names an entity, and nothing else does")
        if self.required and self.ref is not None and self.on_delete is OnDelete.SET_NULL:
            raise ValueError(f"field {self.name!r} is required, so it cannot be emptied by a deletion")
        _no_twins(f"choices of {self.name!r}", (one.casefold() for one in self.choices))
        return self


class EntitySpec(_Part):
    """One kind of record. `table` is also the path of its pages."""

    name: Pascal
    table: Snake
    label: Label
    plural: Label
    about: Sentence
    fields: tuple[FieldSpec, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    seed: tuple[Label, ...] = Field(default=(), max_length=12, description="Examples to name the first records.")
    was: Pascal | None = Field(default=None, description="Its name in the version this one grew from, if renamed.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.table in RESERVED_TABLES or self.table.startswith(_ASIDE):
            raise ValueError(
                f"the table name {self.table!r} is reserved: every app has a page or a table of that name"
            )
        _no_twins(f"fields of {self.name!r}", (field.name for field in self.fields))
        _no_twins(f"labels of {self.name!r}", (field.label.casefold() for field in self.fields))
        if not any(field.required for field in self.fields):
            raise ValueError(f"entity {self.name!r} needs a required field")
        return self

    def field(self, name: str) -> FieldSpec | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)


class RoleSpec(_Part):
    """A kind of person who uses the app; `entity` are the records that describe such people, if any do.

    An app in which some role works with its own records alone asks everybody to sign in.
    """

    name: Label
    about: Sentence
    scope: RoleScope = RoleScope.ALL
    entity: Pascal | None = None


class ViewSpec(_Part):
    """A way to look at an entity's records, by one of its fields."""

    kind: ViewKind
    entity: Pascal
    field: Snake | None = None


class FormSpec(_Part):
    """A form that anybody may fill in without signing in, such as a booking.

    `fields` are asked for. `person` is the ref to whoever fills it in: the form asks for their name and e-mail
    instead, and finds or adds that record.
    """

    entity: Pascal
    action: Label
    about: Sentence
    thanks: Sentence
    fields: tuple[Snake, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    person: Snake | None = None


class PageSpec(_Part):
    """A page of the app: `path` is its address."""

    path: Annotated[str, Field(pattern=r"^/([a-z0-9_-][a-z0-9_/-]{0,79})?$")]
    title: Label


class RuleSpec(_Part):
    """Something the app enforces or works out, with the sentence that explains it.

    `fields` by kind: no_overlap (start, [end or the minutes it lasts,] ref), where minutes are an int and count
    from a datetime; capacity (ref to what has room for so many[, field of how many one takes]); unique (those
    that must differ together); overdue (date[, status]); sum (money[, ref to the record it adds up in]);
    in_order (earlier, later); stock (ref to what is counted, quantity taken).
    """

    kind: RuleKind
    entity: Pascal
    fields: tuple[Snake, ...] = Field(min_length=1, max_length=4)
    about: Sentence


class CheckSpec(_Part):
    """An acceptance check in the founder's words."""

    given: Sentence
    do: Sentence
    expect: Sentence
    kind: CheckKind | None = None
    entity: Pascal | None = None
    rule: int | None = Field(default=None, ge=0, strict=True)


class ThemeSpec(_Part):
    """The look: a hue of 0-359 that every colour is worked out from."""

    hue: int = Field(ge=0, le=359, strict=True)


class AppSpec(_Part):
    """What an app is: made by an engine, shown to the founder, rendered by the generator."""

    version: int = Field(default=SPEC_VERSION, ge=1, le=SPEC_VERSION, strict=True)
    title: Label
    tagline: Sentence
    goal: GoalText
    engine: Label
    confidence: float = Field(ge=0, le=1)
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    theme: ThemeSpec
    currency: Annotated[str, Field(min_length=1, max_length=4), AfterValidator(_one_line)] = "$"
    roles: tuple[RoleSpec, ...] = Field(default=(), max_length=6)
    entities: tuple[EntitySpec, ...] = Field(min_length=1, max_length=MAX_ENTITIES)
    views: tuple[ViewSpec, ...] = Field(default=(), max_length=40)
    forms: tuple[FormSpec, ...] = Field(default=(), max_length=6)
    pages: tuple[PageSpec, ...] = Field(default=(), max_length=60)
    rules: tuple[RuleSpec, ...] = Field(default=(), max_length=40)
    acceptance: tuple[CheckSpec, ...] = Field(default=(), max_length=12)
    assumptions: tuple[Sentence, ...] = Field(default=(), max_length=12)
    not_understood: tuple[Label, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        _no_twins("entities", (entity.name.casefold() for entity in self.entities))
        _no_twins("tables", (entity.table for entity in self.entities))
        _no_twins("plurals", (entity.plural.casefold() for entity in self.entities))
        self._refs_lead_somewhere()
        for view in self.views:
            self._names_exist(view.entity, () if view.field is None else (view.field,))
        for rule in self.rules:
            self._names_exist(rule.entity, rule.fields)
            self._minutes_count_from_a_time(rule)
        for form in self.forms:
            self._names_exist(form.entity, (*form.fields, *filter(None, [form.person])))
        for named in (*(role.entity for role in self.roles), *(check.entity for check in self.acceptance)):
            if named is not None:
                self._names_exist(named, ())
        for check in self.acceptance:
            if check.rule is not None and check.rule >= len(self.rules):
                raise ValueError(f"an acceptance check names rule {check.rule}, which does not exist")
        return self

    @property
    def has_sign_in(self) -> bool:
        """Whether people sign in: some work with their own records alone."""
        return any(role.scope is RoleScope.OWN for role in self.roles)

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

    def _names_exist(self, entity_name: str, fields: Iterable[str]) -> None:
        entity = self.entity(entity_name)
        if entity is None:
            raise ValueError(f"{entity_name!r} is not an entity of this app")
        for name in fields:
            if entity.field(name) is None:
                raise ValueError(f"{entity_name}.{name} does not exist")


def _no_twins(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} must differ, {name!r} is there twice")
        seen.add(name)
