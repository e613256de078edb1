"""Fits example records to the conditions of their app: values are tried until they keep them all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.field_types import DATES
from app.blueprint.generate.example_search import Search
from app.blueprint.generate.scenes import Cast, plain, values_of
from app.blueprint.generate.seed_fit import empty_open_dates
from app.blueprint.generate.seed_values import Record
from app.blueprint.generate.stated import Statement, conditions_of, judged_rules, statement
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, FieldType, MoveSpec
from app.blueprint.spec_expressions import MONEY_DIGITS, catalogue_of
from app.blueprint.spec_queries import first_state

# A morning, and just after a midnight some days on: examples must fit whenever the app is opened.
_MOMENTS: Final = (datetime(2031, 3, 4, 9, 0), datetime(2031, 3, 9, 0, 5))
_TRIES: Final = 150

Rows = Mapping[str, Sequence[Record]]
PlainRows = dict[str, dict[int, Mapping[str, Plain]]]


def fit_to_conditions(spec: AppSpec, entity: EntitySpec, records: Sequence[Record], rows: Rows) -> list[Record]:
    """The records that keep every condition, some of them changed for it; what cannot be fitted is left out."""
    if not conditions_of(spec, entity):
        return list(records)
    statements = [
        stated for rule in judged_rules(spec, entity) if (stated := statement(spec, entity, rule)) is not None
    ]
    fitting = _Fitting(spec, entity, statements, rows)
    fitted_records: list[Record] = []
    for record in records:
        fitted = fitting.fitted(record, fitted_records)
        if fitted is not None:
            fitted_records.append(fitted)
    return fitted_records


def fit_states(spec: AppSpec, rows: Rows) -> None:
    """Puts records back that stand where no move can have led: a plot with open snags is not handed over."""
    evaluator = Evaluator(catalogue_of(spec), World(_plain_rows(spec, rows, _MOMENTS[0].date()), _MOMENTS[0]))
    for entity in spec.entities:
        for number, record in enumerate(rows[entity.name], start=1):
            state = entity.field(entity.state) if entity.state else None
            ways = [move for move in entity.moves if state and move.target == record[state.name]]
            if state and ways and not any(_may_have_led(move, evaluator, entity, number) for move in ways):
                record[state.name] = first_state(entity)
                empty_open_dates(entity, state, record)


def _may_have_led(move: MoveSpec, evaluator: Evaluator, entity: EntitySpec, number: int) -> bool:
    """True unless the condition of a move is broken; what it says about who takes it cannot be judged."""
    if not move.only_if or any(path.steps[0] == "me" for path in paths(parse(move.only_if))):
        return True
    return evaluator.holds(move.only_if, entity.name, number) is not False


def worked_out_totals(spec: AppSpec, entity: EntitySpec, rows: Rows) -> list[int]:
    """The figure `total` of each example of a paper with lines, in hundredths."""
    when = _MOMENTS[0]
    evaluator = Evaluator(catalogue_of(spec), World(_plain_rows(spec, rows, when.date()), when))
    totals = []
    for number in range(1, 1 + len(rows[entity.name])):
        value = evaluator.value("total", entity.name, number)
        totals.append(int(value * 100) if isinstance(value, Fraction) else 0)
    return totals


class _Fitting:
    def __init__(self, spec: AppSpec, entity: EntitySpec, statements: Sequence[Statement], rows: Rows) -> None:
        self._spec, self._entity, self._said, self._rows = spec, entity, statements, rows
        self._catalogue = catalogue_of(spec)
        self._worlds = {when: _plain_rows(spec, rows, when.date()) for when in _MOMENTS}
        self._earlier = {when: self._at_their_beginning(rows) for when, rows in self._worlds.items()}
        search = Search(Cast(spec))
        self._clocks = search.clocks
        nodes = [parse(text) for stated in statements for text in stated if text]
        names = {name for node in nodes for kind, name in search.places(entity, node) if kind == entity.name}
        self._fields = [field for field in entity.fields if field.name in names]

    def fitted(self, record: Record, earlier: Sequence[Record]) -> Record | None:
        """The record, or the first change of it that keeps every condition beside those kept before."""
        if self._holds(record, earlier):
            return record
        for changes in itertools.islice(self._changes(record), _TRIES):
            changed = {**record, **changes}
            if self._holds(changed, earlier):
                return changed
        return None

    def _changes(self, record: Record) -> Iterator[Record]:
        linked = {field.name: self._of_linked(field, record) for field in self._fields}
        every = {field.name: self._options(field) for field in self._fields}
        # The days of what it belongs to first: they make sense to a reader, where the first that fits need not.
        for options in (linked, every):
            # One change before two, since what stays is what looks real.
            for size in (1, 2):
                for names in itertools.combinations(options, size):
                    for values in itertools.product(*(options[name] for name in names)):
                        # Nothing begins and ends at once.
                        if options is every or len({*values}) == size:
                            yield dict(zip(names, values, strict=True))

    def _options(self, field: FieldSpec) -> list[int | str | None]:
        if field.ref:
            numbers: list[int | str | None] = [*range(1, 1 + len(self._rows.get(field.ref, ())))]
            return numbers if field.required else [*numbers, None]
        values = [kept_value(field, text) for text in values_of(field, [], self._clocks)]
        return values if field.required else [*values, None]

    def _of_linked(self, field: FieldSpec, record: Record) -> list[int | str | None]:
        """The days of what it belongs to: a table stands on the evening of its game night."""
        if field.type not in DATES:
            return []
        links = [(self._spec.entity(link.ref), record[link.name]) for link in self._entity.fields if link.ref]
        parents = [(of, self._rows[of.name][int(at) - 1]) for of, at in links if of and at]
        return [row[link.name] for of, row in parents for link in of.fields if link.type is field.type]

    def _holds(self, record: Record, earlier: Sequence[Record]) -> bool:
        """True if it could be added now, or while all that it belongs to was in its first state.

        The lines of a quote are written while that is a draft, and stay when it is sent.
        """
        return any(self._holds_in(worlds, record, earlier) for worlds in (self._worlds, self._earlier))

    def _holds_in(self, worlds: Mapping[datetime, PlainRows], record: Record, earlier: Sequence[Record]) -> bool:
        number = 1 + len(earlier)
        for when, others in worlds.items():
            mine = {
                at: _plain_record(self._entity, row, when.date()) for at, row in enumerate([*earlier, record], 1)
            }
            evaluator = Evaluator(self._catalogue, World({**others, self._entity.name: mine}, when))
            for condition, judged in self._said:
                if judged and evaluator.holds(judged, self._entity.name, number) is not True:
                    continue
                if evaluator.holds(condition, self._entity.name, number) is False:
                    return False
        return True

    def _at_their_beginning(self, rows: PlainRows) -> PlainRows:
        begun = dict(rows)
        for entity in self._spec.entities:
            if entity.moves and entity.state and entity != self._entity:
                state = {entity.state: first_state(entity)}
                begun[entity.name] = {at: {**record, **state} for at, record in rows[entity.name].items()}
        return begun


def _plain_rows(spec: AppSpec, rows: Rows, today: date) -> PlainRows:
    plain_rows: PlainRows = {}
    for entity in spec.entities:
        records = rows.get(entity.name, ())
        plain_rows[entity.name] = {
            at: _plain_record(entity, record, today) for at, record in enumerate(records, start=1)
        }
    return plain_rows


def _plain_record(entity: EntitySpec, record: Record, today: date) -> dict[str, Plain]:
    return {field.name: _plain_value(field, record[field.name], today) for field in entity.fields}


def _digits_of(field: FieldSpec) -> int:
    return {FieldType.MONEY: MONEY_DIGITS, FieldType.DECIMAL: field.digits}.get(field.type, 0)


def _plain_value(field: FieldSpec, value: int | str | None, today: date) -> Plain:
    """A kept value as the one that expressions know."""
    if value is None:
        return False if field.type is FieldType.BOOL else None
    if field.type in NUMBERS:
        return Fraction(int(value), 10 ** _digits_of(field))
    if field.type is FieldType.BOOL:
        return bool(value)
    return plain(field, str(value), today)


def kept_value(field: FieldSpec, text: str) -> int | str | None:
    """A typed text as the value that is kept."""
    if field.type is FieldType.BOOL:
        return int(bool(text))
    if not text:
        return None
    if field.type in NUMBERS:
        return int(Decimal(text).scaleb(_digits_of(field)))
    return text
