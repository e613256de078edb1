"""What follows from the shape of the fields: views, pages, rules and acceptance checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.blueprint.generate.words import PAST_DATES, finished, lower_first, space_limit, status_field
from app.blueprint.spec import (
    CheckSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    PageSpec,
    RuleKind,
    RuleSpec,
    ViewKind,
    ViewSpec,
)

_LEFT_OPEN_BY = ("due", "deadline", "until", "return", "renew", "expires")
_PRICES = ("price", "rate", "fee", "rent", "salary", "limit", "deposit")
_UNIQUE_CODES = ("number", "sku", "plate", "code", "barcode", "serial_number", "isbn")


def views_of(entities: Sequence[EntitySpec]) -> tuple[ViewSpec, ...]:
    """A list of everything; a calendar, a board and totals where the fields call for them."""
    return tuple(view for entity in entities for view in _views(entity))


def _views(entity: EntitySpec) -> Iterator[ViewSpec]:
    yield ViewSpec(kind=ViewKind.LIST, entity=entity.name)
    when = next(_when(entity), None)
    if when is not None:
        yield ViewSpec(kind=ViewKind.CALENDAR, entity=entity.name, field=when.name)
    status = status_field(entity)
    if status is not None:
        yield ViewSpec(kind=ViewKind.BOARD, entity=entity.name, field=status.name)
    money = next(_amounts(entity), None)
    if money is not None and (when is not None or status is not None):
        yield ViewSpec(kind=ViewKind.TOTALS, entity=entity.name, field=money.name)


def pages_of(entities: Sequence[EntitySpec]) -> tuple[PageSpec, ...]:
    """The addresses a visitor can open without knowing a record's number."""
    pages = [PageSpec(path="/", title="Dashboard"), PageSpec(path="/about", title="About this app")]
    for entity in entities:
        pages.append(PageSpec(path=f"/{entity.table}", title=entity.plural))
        pages.append(PageSpec(path=f"/{entity.table}/new", title=f"New {lower_first(entity.label)}"))
        for view in _views(entity):
            if view.kind is not ViewKind.LIST:
                title = f"{entity.plural}: {view.kind.value}"
                pages.append(PageSpec(path=f"/{entity.table}/{view.kind.value}", title=title[:80]))
    return tuple(pages)


def rules_of(entities: Sequence[EntitySpec]) -> tuple[RuleSpec, ...]:
    """Clashes, full places, codes that must differ, what is late and what adds up."""
    return tuple(rule for entity in entities for rule in _rules(entity, entities))


def _rules(entity: EntitySpec, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    what = lower_first(entity.label)
    yield from _clash(entity, what, entities)
    for field in _of(entity, FieldType.REF):
        parent = next((one for one in entities if one.name == field.ref), None)
        if parent is not None and space_limit(parent):
            about = f"This {lower_first(parent.label)} is full; choose another."
            yield RuleSpec(kind=RuleKind.CAPACITY, entity=entity.name, fields=(field.name,), about=about)
    for field in entity.fields:
        if field.name in _UNIQUE_CODES and field.required and field.type in (FieldType.TEXT, FieldType.INT):
            about = f"Another {what} already has this {field.label.lower()}."
            yield RuleSpec(kind=RuleKind.UNIQUE, entity=entity.name, fields=(field.name,), about=about)
    yield from _late(entity, what)
    for field in list(_amounts(entity))[:1]:
        about = f"Adds up the {field.label.lower()} of all {lower_first(entity.plural)}."
        yield RuleSpec(kind=RuleKind.SUM, entity=entity.name, fields=(field.name,), about=about)


def _clash(entity: EntitySpec, what: str, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    times = list(_of(entity, FieldType.DATETIME))
    starts = [field for field in entity.fields if field.name.startswith(("starts", "from"))]
    ends = [field for field in entity.fields if field.name.startswith(("ends", "to_"))]
    single = next((ref for ref in _of(entity, FieldType.REF) if _is_single(ref, entities)), None)
    if single is None:
        return
    about = f"{single.label} already has a {what} at this time."
    if starts and ends and starts[0].type is ends[0].type:
        fields: tuple[str, ...] = (starts[0].name, ends[0].name, single.name)
    elif times:
        fields = (times[0].name, single.name)
    else:
        return
    yield RuleSpec(kind=RuleKind.NO_OVERLAP, entity=entity.name, fields=fields, about=about)


def _is_single(ref: FieldSpec, entities: Sequence[EntitySpec]) -> bool:
    """Whether what the field points at, such as a person or a room, can be in one place at a time."""
    target = next((one for one in entities if one.name == ref.ref), None)
    return target is not None and space_limit(target) is None and not list(_when(target))


def _late(entity: EntitySpec, what: str) -> Iterator[RuleSpec]:
    status = status_field(entity)
    due = [field for field in _when(entity) if field.name.startswith(_LEFT_OPEN_BY) or "due" in field.name]
    if due and status is not None and finished(status):
        about = f"A {what} is overdue when its {due[0].label.lower()} has passed and it is not finished."
        yield RuleSpec(kind=RuleKind.OVERDUE, entity=entity.name, fields=(due[0].name, status.name), about=about)


def checks_of(entities: Sequence[EntitySpec]) -> tuple[CheckSpec, ...]:
    """What a founder could try by hand, for the first entities."""
    checks = []
    for entity in entities[:4]:
        what, many = lower_first(entity.label), lower_first(entity.plural)
        needed = next(field for field in entity.fields if field.required)
        checks.append(
            CheckSpec(
                given=f"the list of {many}",
                do=f"add a {what} and open the list again",
                expect=f"the new {what} is in the list and can be opened",
            )
        )
        checks.append(
            CheckSpec(
                given=f"the form for a new {what}",
                do=f"leave out the {needed.label.lower()}",
                expect="the form says what is missing and nothing is saved",
            )
        )
    return tuple(checks)


def _of(entity: EntitySpec, kind: FieldType) -> Iterator[FieldSpec]:
    return (field for field in entity.fields if field.type is kind)


def _amounts(entity: EntitySpec) -> Iterator[FieldSpec]:
    """The money fields that make sense added up; the prices of a price list do not."""
    return (field for field in _of(entity, FieldType.MONEY) if field.name.rpartition("_")[2] not in _PRICES)


def _when(entity: EntitySpec) -> Iterator[FieldSpec]:
    """The fields that place a record in a calendar; a birthday does not."""
    for field in entity.fields:
        past = field.name.startswith(PAST_DATES)
        if field.type in (FieldType.DATE, FieldType.DATETIME) and not past:
            yield field
