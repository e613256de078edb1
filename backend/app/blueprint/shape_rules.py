"""The rules that follow from the shape of the fields: clashes, full places, stock, order, due dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.field_types import CONTACTS, DATES
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import CALLED_OFF, finished, lower_first, space_limit, status_field, with_article

_LEFT_OPEN_BY: Final = ("due", "deadline", "until", "return", "renew", "expires")
_PRICES: Final = ("price", "rate", "fee", "rent", "salary", "limit", "deposit")
_UNIQUE_CODES: Final = ("number", "sku", "plate", "code", "barcode", "serial_number", "isbn", "reference")
_SPANS: Final = (("starts", "ends"), ("from", "to_"), ("out", "due"))
_ORDERED: Final = (
    *_SPANS, ("starts", "due"), ("issued", "due"), ("ordered", "due"), ("started", "ends"),
    ("started", "finished"), ("planted", "harvested"), ("signed", "ends"), ("reported", "done"),
    ("arrives", "leaves"), ("opened", "closed"), ("given", "due"),
)  # fmt: skip
_MINUTES: Final = ("duration_min", "length_min", "lasts_min", "duration_minutes", "minutes")
_HOW_MANY: Final = ("party_size", "seats", "places", "people", "guests", "tickets", "quantity")
_COUNTED: Final = ("stock",)
_TAKEN: Final = ("quantity", "amount", "pieces")
_ONCE_EACH: Final = ("Vote", "Rsvp", "RSVP", "Attendance", "Ballot", "Signature", "Score", "Rating")
LINES: Final = ("Line", "LineItem", "Position")
# Many may be at these at once: three interviews for one job, two showings of one film.
_NEVER_BUSY: Final = tuple(
    "Job Vacancy Position Opening Project Case Matter Film Movie Piece Song Product Plan Package Show Campaign "
    "Category Subject Topic Recipe".split()
)
_AGREED_TO: Final = frozenset({"accepted", "approved", "signed"})
"""The states in which somebody has said yes to what a record says."""
_AFTER_A_YES: Final = frozenset("paid ended closed archived".split())
"""The states after which nothing is left to do with what was agreed; where work goes on, so do its notes."""
_BILLS: Final = ("Invoice", "Bill")
_PAPERS: Final = ("Contract", "Agreement")
# Of a client with two bookings at a time, the room or the tutor is what cannot be shared.
_SERVED: Final = tuple(
    "client customer guest member patient student pupil tenant visitor attendee participant borrower buyer "
    "applicant reader neighbour learner owner resident parent guardian family household couple person kid "
    "child".split()
)


def rules_of(entities: Sequence[EntitySpec]) -> tuple[RuleSpec, ...]:
    """Clashes, full places, stock, codes that must differ, what must be in order, what is late, what adds up."""
    # Forty are as many as a specification may hold.
    return tuple(rule for entity in entities for rule in _fitting_rules(entity, entities))[:40]


def _fitting_rules(entity: EntitySpec, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    what = lower_first(entity.label)
    yield from _overlap_rule(entity, what, entities)
    yield from _capacity_rules(entity, entities)
    yield from _stock_rule(entity, entities)
    yield from _unique_rules(entity, what)
    yield from _order_rule(entity)
    yield from _overdue_rule(entity, what)
    yield from _lock_rule(entity, what)
    yield from _sum_rule(entity, entities)


def _overlap_rule(entity: EntitySpec, what: str, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    span = times_of(entity)
    single = busy_one(entity, entities)
    if span and single is not None:
        about = (
            f"This {lower_first(single.label)} already has {with_article(what)} at this time; choose another time."
        )
        status = status_field(entity)
        if len(span) == 2 and span[0].startswith("out") and status is not None and finished(status):
            # Things go out; whoever takes them may take another.
            taken = _target_of(single, entities)
            if taken is None or is_person(taken):
                return
            # What was due yesterday and has not come back is out today, whatever its dates say.
            about = f"This {lower_first(single.label)} is out until it is back; choose another one."
            yield RuleSpec(kind=RuleKind.ONE_OPEN, entity=entity.name, fields=(single.name,), about=about)
            return
        fields = (*span, *_minutes_field(entity, span), single.name)
        yield RuleSpec(kind=RuleKind.NO_OVERLAP, entity=entity.name, fields=fields, about=about)


def _minutes_field(entity: EntitySpec, span: Sequence[str]) -> tuple[str, ...]:
    """The field of the duration, where a record has a start with a time and no end."""
    fields = [field.name for field in of_type(entity, FieldType.INT) if field.name in _MINUTES]
    return tuple(fields[:1]) if len(span) == 1 else ()


def times_of(entity: EntitySpec) -> tuple[str, ...]:
    """The fields of a span, or of a moment, in which something is taken; empty when it has no time of its own."""
    for start_word, end_word in _SPANS:
        start = _date_named(entity, start_word)
        end = _date_named(entity, end_word)
        if start and end and start.type is end.type:
            return (start.name, end.name)
    moments = [
        field
        for field in of_type(entity, FieldType.DATETIME)
        if field.required and field.name in ("starts_at", "leaves_at")
    ]
    return tuple(field.name for field in moments[:1])


def _date_named(entity: EntitySpec, beginning: str) -> FieldSpec | None:
    return next(
        (field for field in entity.fields if field.type in DATES and field.name.startswith(beginning)), None
    )


def busy_one(entity: EntitySpec, entities: Sequence[EntitySpec]) -> FieldSpec | None:
    """The link to what can be in one place at a time: a room before a tutor before a client."""
    refs = [ref for ref in of_type(entity, FieldType.REF) if not _has_time(_target_of(ref, entities))]
    fits = [
        ref
        for ref in refs
        if not ((ref.ref or "").endswith(_NEVER_BUSY) or _is_counted(_target_of(ref, entities)))
    ]
    # A link that may stay empty guards nothing in the records that leave it so.
    return min(fits, key=lambda ref: (_busy_rank(_target_of(ref, entities)), not ref.required), default=None)


def _is_counted(target: EntitySpec | None) -> bool:
    """True of wares: ten cakes of one kind are fetched by ten people at once."""
    return target is not None and any(target.field(name) is not None for name in _COUNTED)


def _has_time(target: EntitySpec | None) -> bool:
    return target is None or bool(times_of(target))


def _busy_rank(target: EntitySpec | None) -> int:
    """Things first, then those who serve, then those who are served."""
    if target is None or target.name.lower().endswith(_SERVED):
        return 3
    if is_person(target):
        return 1
    if space_limit(target):
        return -1
    return 2 if target.name.endswith(("Service", "Treatment")) else 0


def is_person(entity: EntitySpec) -> bool:
    """True if the records are people, who can be reached."""
    kinds = {field.type for field in entity.fields}
    has_name = entity.fields[0].name in ("name", "full_name", "email")
    return has_name and bool(kinds & CONTACTS)


def _capacity_rules(entity: EntitySpec, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    if times_of(entity):
        return
    for field in of_type(entity, FieldType.REF):
        parent = _target_of(field, entities)
        if parent is None or not space_limit(parent) or is_person(parent) or not takes_place(parent):
            continue
        amounts_taken = [integer.name for integer in of_type(entity, FieldType.INT) if integer.name in _HOW_MANY]
        about = f"This {lower_first(parent.label)} is full; choose another."
        fields = (field.name, *amounts_taken[:1])
        yield RuleSpec(kind=RuleKind.CAPACITY, entity=entity.name, fields=fields, about=about)


def takes_place(parent: EntitySpec) -> bool:
    """True if its places are taken once, not again and again as those of a room."""
    return any(field.type in DATES for field in parent.fields)


def _stock_rule(entity: EntitySpec, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    quantity = next((integer for integer in of_type(entity, FieldType.INT) if integer.name in _TAKEN), None)
    for field in of_type(entity, FieldType.REF):
        parent = _target_of(field, entities)
        if quantity is not None and parent is not None and any(parent.field(name) for name in _COUNTED):
            about = f"There are not enough of this {lower_first(parent.label)} in stock."
            fields = (field.name, quantity.name)
            yield RuleSpec(kind=RuleKind.STOCK, entity=entity.name, fields=fields, about=about)
            return


def _unique_rules(entity: EntitySpec, what: str) -> Iterator[RuleSpec]:
    for field in entity.fields:
        if field.name in _UNIQUE_CODES and field.required and field.type in (FieldType.TEXT, FieldType.INT):
            about = f"Another {what} already has this {field.label.lower()}."
            yield RuleSpec(kind=RuleKind.UNIQUE, entity=entity.name, fields=(field.name,), about=about)
    refs = [field for field in of_type(entity, FieldType.REF) if field.required]
    days = [field.name for field in of_type(entity, FieldType.DATE) if field.required]
    if entity.name.endswith(_ONCE_EACH) and len(refs) + len(days) > 1 and refs:
        about = f"This {what} is there already; change that one instead."
        fields = (*(field.name for field in refs[:3]), *days[:1])
        yield RuleSpec(kind=RuleKind.UNIQUE, entity=entity.name, fields=fields, about=about)


def _order_rule(entity: EntitySpec) -> Iterator[RuleSpec]:
    for earlier_word, later_word in _ORDERED:
        start, end = _date_named(entity, earlier_word), _date_named(entity, later_word)
        if start and end and start is not end and start.type is end.type:
            is_span = (start.name, end.name) == times_of(entity) and end.type is FieldType.DATETIME
            word = "must be after" if is_span else "must not be before"
            about = f"{end.label} {word} {lower_first(start.label)}."
            yield RuleSpec(kind=RuleKind.IN_ORDER, entity=entity.name, fields=(start.name, end.name), about=about)
            return


def _overdue_rule(entity: EntitySpec, what: str) -> Iterator[RuleSpec]:
    status = status_field(entity)
    dates = [field for field in entity.fields if field.type in DATES]
    due = [field for field in dates if field.name.startswith(_LEFT_OPEN_BY) or "due" in field.name]
    if due and status is not None and finished(status):
        when = f"when its {_plain_date(due[0])} has passed and it is not finished"
        about = f"{with_article(what).capitalize()} is overdue {when}."
        yield RuleSpec(kind=RuleKind.OVERDUE, entity=entity.name, fields=(due[0].name, status.name), about=about)


def _lock_rule(entity: EntitySpec, what: str) -> Iterator[RuleSpec]:
    """What a customer or an approver has said yes to stays as it was then, and so does a bill that is paid."""
    status = status_field(entity)
    states = status.choices if status is not None and not entity.moves else ()
    said_yes = [state for state in states if state.casefold() in _agreeing(entity)]
    if status is None or not said_yes or states[0] in said_yes:
        return
    later = states[states.index(said_yes[0]) :]
    settled = [state for state in later if not CALLED_OFF & _words(state)]
    if any(state not in said_yes and not _AFTER_A_YES & _words(state) for state in settled):
        return
    names = ", ".join(f'"{state}"' for state in settled)
    condition = f"{status.name} = {names}" if len(settled) == 1 else f"{status.name} in ({names})"
    about = f"{with_article(f'{lower_first(said_yes[0])} {what}').capitalize()} can no longer be changed."
    yield RuleSpec(kind=RuleKind.LOCKED, entity=entity.name, condition=condition, about=about)


def _words(state: str) -> set[str]:
    return set(state.casefold().split())


def _agreeing(entity: EntitySpec) -> frozenset[str]:
    """The words of a yes that settles such a record: the terms that were agreed to are its amounts or its days."""
    if entity.name.endswith(_BILLS):
        return frozenset({"paid"})
    has_amounts = bool(entity.lines) or any(field.type is FieldType.MONEY for field in entity.fields)
    has_terms = has_amounts or len(times_of(entity)) > 1
    return _AGREED_TO if has_terms or entity.name.endswith(_PAPERS) else frozenset()


def _plain_date(field: FieldSpec) -> str:
    return "due date" if field.name.startswith("due") else field.label.lower()


def _sum_rule(entity: EntitySpec, entities: Sequence[EntitySpec]) -> Iterator[RuleSpec]:
    for field in list(amounts(entity))[:1]:
        line = entity.name.endswith(LINES)
        paper = next((ref for ref in of_type(entity, FieldType.REF) if line and _has_total(ref, entities)), None)
        if paper is not None:
            paper_text = with_article(lower_first(paper.label))
            about = f"The {lower_first(entity.plural)} of {paper_text} add up to its total."
            yield RuleSpec(kind=RuleKind.SUM, entity=entity.name, fields=(field.name, paper.name), about=about)
        elif status_field(entity) is not None or any(field.type in DATES for field in entity.fields):
            about = f"Adds up the {field.label.lower()} of all {lower_first(entity.plural)}."
            yield RuleSpec(kind=RuleKind.SUM, entity=entity.name, fields=(field.name,), about=about)


def _has_total(ref: FieldSpec, entities: Sequence[EntitySpec]) -> bool:
    target = _target_of(ref, entities)
    total = target.field("total") if target is not None else None
    return ref.required and total is not None and total.type is FieldType.MONEY


def _target_of(ref: FieldSpec, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    return next((entity for entity in entities if entity.name == ref.ref), None)


def of_type(entity: EntitySpec, kind: FieldType) -> Iterator[FieldSpec]:
    """The fields of one type."""
    return (field for field in entity.fields if field.type is kind)


def amounts(entity: EntitySpec) -> Iterator[FieldSpec]:
    """The money fields that make sense added up; the prices of a price list do not."""
    return (field for field in of_type(entity, FieldType.MONEY) if field.name.rpartition("_")[2] not in _PRICES)
