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
from app.blueprint.generate.example_search import Search
from app.blueprint.generate.scenes import Cast, plain, values_of
from app.blueprint.generate.seed_values import Record
from app.blueprint.generate.stated import Statement, conditions_of, judged_rules, statement
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, FieldType
from app.blueprint.spec_expressions import MONEY_DIGITS, catalogue_of
from app.blueprint.spec_queries import first_state

_MOMENTS: Final = (datetime(2031, 3, 4, 9, 0), datetime(2031, 3, 9, 0, 5))
_TRIES: Final = 150

Rows = Mapping[str, Sequence[Record]]
PlainRows = dict[str, dict[int, Mapping[str, Plain]]]


def fit_to_conditions(spec: AppSpec, entity: EntitySpec, records: Sequence[Record], rows: Rows) -> list[Record]:
    """The records that keep every condition, some of them changed for it; what cannot be fitted is left out."""
    if not conditions_of(spec, entity):
        return list(records)
    said = [one for rule in judged_rules(spec, entity) if (one := statement(spec, entity, rule)) is not None]
    fitting = _Fitting(spec, entity, said, rows)
    kept: list[Record] = []
    for record in records:
        fitted = fitting.fitted(record, kept)
        if fitted is not None:
            kept.append(fitted)
    return kept


class _Fitting:
    def __init__(self, spec: AppSpec, entity: EntitySpec, said: Sequence[Statement], rows: Rows) -> None:
        self._spec, self._entity, self._said, self._rows = spec, entity, said, rows
        self._catalogue = catalogue_of(spec)
        self._worlds = {when: self._plain_rows(when.date()) for when in _MOMENTS}
        self._earlier = {when: self._at_their_beginning(rows) for when, rows in self._worlds.items()}
        search = Search(Cast(spec))
        nodes = [parse(text) for one in said for text in one if text]
        names = {name for node in nodes for kind, name in search.places(entity, node) if kind == entity.name}
        self._fields = [field for field in entity.fields if field.name in names]

    def fitted(self, record: Record, kept: Sequence[Record]) -> Record | None:
        """The record, or the first change of it that keeps every condition beside those kept before."""
        if self._holds(record, kept):
            return record
        for changes in itertools.islice(self._changes(), _TRIES):
            changed = {**record, **changes}
            if self._holds(changed, kept):
                return changed
        return None

    def _changes(self) -> Iterator[Record]:
        for size in (1, 2):
            for chosen in itertools.combinations(self._fields, size):
                for values in itertools.product(*map(self._options, chosen)):
                    yield dict(zip((field.name for field in chosen), values, strict=True))

    def _options(self, field: FieldSpec) -> list[int | str | None]:
        if field.ref:
            numbers: list[int | str | None] = [*range(1, 1 + len(self._rows.get(field.ref, ())))]
            return numbers if field.required else [*numbers, None]
        found = [kept_value(field, text) for text in values_of(field, [])]
        return found if field.required else [*found, None]

    def _holds(self, record: Record, kept: Sequence[Record]) -> bool:
        """True if it could be added now, or could while all that it belongs to was in its first state.

        The lines of a quote are written while that is a draft, and stay when it is sent.
        """
        return any(self._holds_in(worlds, record, kept) for worlds in (self._worlds, self._earlier))

    def _holds_in(self, worlds: Mapping[datetime, PlainRows], record: Record, kept: Sequence[Record]) -> bool:
        number = 1 + len(kept)
        for when, others in worlds.items():
            mine = {at: self._plain(self._entity, one, when.date()) for at, one in enumerate([*kept, record], 1)}
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

    def _plain_rows(self, today: date) -> PlainRows:
        found: PlainRows = {}
        for entity in self._spec.entities:
            records = self._rows.get(entity.name, ())
            found[entity.name] = {at: self._plain(entity, one, today) for at, one in enumerate(records, start=1)}
        return found

    def _plain(self, entity: EntitySpec, record: Record, today: date) -> dict[str, Plain]:
        return {field.name: _as_plain(field, record[field.name], today) for field in entity.fields}


def _digits(field: FieldSpec) -> int:
    return {FieldType.MONEY: MONEY_DIGITS, FieldType.DECIMAL: field.digits}.get(field.type, 0)


def _as_plain(field: FieldSpec, value: int | str | None, today: date) -> Plain:
    """A kept value as the one that expressions know."""
    if value is None:
        return False if field.type is FieldType.BOOL else None
    if field.type in NUMBERS:
        return Fraction(int(value), 10 ** _digits(field))
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
        return int(Decimal(text).scaleb(_digits(field)))
    return text
