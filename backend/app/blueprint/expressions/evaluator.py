"""Works out expressions on records in memory, without SQL: the second opinion that checks compare an app with.

Numbers are exact fractions. Empty values behave as in SQL: what is worked out from one is empty, and a condition
on one is neither true nor false.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final, assert_never

from app.blueprint.expressions.catalogue import Catalogue, Kind
from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.nodes import (
    Aggregate,
    Binary,
    Call,
    IsEmpty,
    Node,
    OneOf,
    Path,
    Rank,
    Unary,
    Value,
)
from app.blueprint.expressions.parser import parse

Plain = Fraction | str | bool | date | datetime | None
"""A value: links are the number of the record, numbers are in whole units (money in dollars, not cents)."""

Record = Mapping[str, Plain]


@dataclass(frozen=True)
class World:
    """The records of an app by kind and number, the moment, and the record and role of the person who acts."""

    records: Mapping[str, Mapping[int, Record]]
    now: datetime
    me: Mapping[str, int] = field(default_factory=dict)
    role: str = ""


@dataclass(frozen=True)
class Evaluator:
    """Works out expressions of one app."""

    catalogue: Catalogue
    world: World

    def value(self, text: str, entity: str, number: int, *, digits: int | None = None) -> Plain:
        """The figure about record `number` of `entity`, a number rounded half away from zero to `digits`."""
        row = _Row(entity, number)
        result = _Evaluation(self, row, row).node(parse(text))
        return _round_half_up(result, digits) if isinstance(result, Fraction) and digits is not None else result

    def holds(self, text: str, entity: str, number: int) -> bool | None:
        """True or false as the condition is for the record; None when an empty value leaves it open."""
        result = self.value(text, entity, number)
        return None if result is None else bool(result)


@dataclass(frozen=True)
class _Row:
    entity: str
    number: int


@dataclass(frozen=True)
class _Evaluation:
    evaluator: Evaluator
    root: _Row
    row: _Row

    def node(self, node: Node) -> Plain:
        match node:
            case Value():
                return Fraction(node.value) if isinstance(node.value, Decimal) else node.value
            case Path():
                return self._path_value(node.steps)
            case Unary():
                return self._unary_value(node)
            case Binary():
                return self._binary_value(node)
            case IsEmpty():
                return (self.node(node.operand) is None) is not node.negated
            case OneOf():
                return self._one_of_value(node)
            case Call():
                return self._call_value(node)
            case Aggregate():
                return self._aggregate_value(node)
            case Rank():
                return self._rank_value(node)
            case _:
                assert_never(node)

    def _path_value(self, steps: tuple[str, ...]) -> Plain:
        world = self.evaluator.world
        start, *steps_after = steps
        if start == "today" and not steps_after:
            return world.now.date()
        if start == "now" and not steps_after:
            return world.now
        if start == "me":
            return self._me_value(steps_after)
        if start == "this":
            return self._follow_links(self.root, steps_after)
        return self._follow_links(self.row, list(steps))

    def _me_value(self, steps: list[str]) -> Plain:
        world = self.evaluator.world
        if steps == ["role"]:
            return world.role
        for entity, number in world.me.items():
            if not steps:
                return Fraction(number)
            if steps[0] in self.evaluator.catalogue.entity(entity).fields:
                return self._follow_links(_Row(entity, number), steps)
        return None

    def _follow_links(self, row: _Row, steps: Sequence[str]) -> Plain:
        if not steps:
            return Fraction(row.number)
        value = self._field_value(row, steps[0])
        if len(steps) == 1 or value is None:
            return value
        target = self.evaluator.catalogue.field(row.entity, steps[0]).type.entity
        return self._follow_links(_Row(target, _whole_number(value)), steps[1:])

    def _field_value(self, row: _Row, name: str) -> Plain:
        if name == "id":
            return Fraction(row.number)
        shape = self.evaluator.catalogue.field(row.entity, name)
        if not shape.expression:
            record = self.evaluator.world.records.get(row.entity, {}).get(row.number, {})
            value = record.get(name)
            if value is None and shape.type.kind is Kind.BOOL:
                return False
            return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value
        # `this` of a figure is its own record, as in SQL.
        result = _Evaluation(self.evaluator, row, row).node(parse(shape.expression))
        numeric = isinstance(result, Fraction) and shape.type.kind in (Kind.NUMBER, Kind.MONEY)
        digits = self.evaluator.catalogue.digits_of(shape.type)
        return _round_half_up(result, digits) if numeric and isinstance(result, Fraction) else result

    def _unary_value(self, node: Unary) -> Plain:
        value = self.node(node.operand)
        if value is None:
            return None
        return not value if node.operator == "not" else -_as_fraction(value)

    def _binary_value(self, node: Binary) -> Plain:
        if node.operator in ("and", "or"):
            return self._and_or(node)
        left, right = self.node(node.left), self.node(node.right)
        if left is None or right is None:
            return None
        if node.operator in _COMPARISONS:
            return _COMPARISONS[node.operator](*_make_comparable(left, right))
        return _calculate(node.operator, left, right)

    def _and_or(self, node: Binary) -> Plain:
        # As in SQL: one no decides an `and`, whatever is empty beside it, and one yes an `or`.
        decisive = node.operator == "or"
        left = self.node(node.left)
        if left is not None and bool(left) is decisive:
            return decisive
        right = self.node(node.right)
        if right is not None and bool(right) is decisive:
            return decisive
        return None if left is None or right is None else not decisive

    def _one_of_value(self, node: OneOf) -> Plain:
        parts = [self.node(Binary("=", node.operand, option)) for option in node.options]
        # As `or` in SQL: one yes decides, whatever is empty beside it.
        is_one = True if True in parts else None if None in parts else False
        return None if is_one is None else is_one is not node.negated

    def _call_value(self, node: Call) -> Plain:
        values = [self.node(argument) for argument in node.arguments]
        # Before the rest, which is empty as soon as one value is: these are for what may be.
        if node.name == "if":
            return values[1] if values[0] else values[2]
        if node.name == "or_else":
            return values[1] if values[0] is None else values[0]
        if node.name in ("today", "now"):
            return self._path_value((node.name,))
        if node.name not in _FUNCTIONS:
            raise Fault(f"there is no function {node.name!r}")
        if None in values:
            return None
        if node.name == "age":
            values.append(self.evaluator.world.now.date())
        return _FUNCTIONS[node.name](*values)

    def _aggregate_value(self, node: Aggregate) -> Plain:
        rows = [row for row in self._linked_rows(node) if self._is_counted(row, node.where)]
        if node.function == "count":
            return Fraction(len(rows))
        if node.function == "exists":
            return bool(rows)
        if node.operand is None:
            raise Fault(f"{node.function} needs a value")
        if node.function == "latest":
            return self._latest_value(node, rows)
        values_by_row = [_Evaluation(self.evaluator, self.root, row).node(node.operand) for row in rows]
        values: list[Plain] = [value for value in values_by_row if value is not None]
        if node.function == "streak":
            return Fraction(_streak_length(values, self.evaluator.world.now.date()))
        return _FIGURES[node.function](values)

    def _linked_rows(self, node: Aggregate) -> list[_Row]:
        rows = [_Row(node.entity, number) for number in self.evaluator.world.records.get(node.entity, {})]
        links = self.evaluator.catalogue.entity(node.entity).links_to(self.row.entity)
        if node.via == "none" or (node.via is None and not links):
            return rows
        name = node.via or links[0]
        return [row for row in rows if self._field_value(row, name) == self.row.number]

    def _is_counted(self, row: _Row, where: Node | None) -> bool:
        return where is None or _Evaluation(self.evaluator, self.root, row).node(where) is True

    def _latest_value(self, node: Aggregate, rows: list[_Row]) -> Plain:
        dated = [(self._field_value(row, node.order or "id"), row) for row in rows]
        dated_rows = [(_as_sortable(when), row.number, row) for when, row in dated if when is not None]
        if not dated_rows or node.operand is None:
            return None
        newest = max(dated_rows, key=lambda entry: entry[:2])[2]
        return _Evaluation(self.evaluator, self.root, newest).node(node.operand)

    def _rank_value(self, node: Rank) -> Plain:
        if node.where is not None and not self._is_counted(self.row, node.where):
            return None
        mine = self._rank_keys(self.row, node)
        if mine[0] is None:
            return None
        others = [
            _Row(self.row.entity, number) for number in self.evaluator.world.records.get(self.row.entity, {})
        ]
        counted = [row for row in others if node.where is None or self._is_ranked(row, node.where)]
        return Fraction(1 + sum(_is_ahead(self._rank_keys(row, node), mine, node) for row in counted))

    def _is_ranked(self, row: _Row, where: Node) -> bool:
        return _Evaluation(self.evaluator, row, row).node(where) is True

    def _rank_keys(self, row: _Row, node: Rank) -> list[Plain]:
        return [_Evaluation(self.evaluator, row, row).node(key) for key, _ in node.keys]


def _is_ahead(theirs: list[Plain], mine: list[Plain], node: Rank) -> bool:
    for their, my, (_, descending) in zip(theirs, mine, node.keys, strict=True):
        if their == my:
            continue
        # Nothing is ahead of an empty value, or behind one: SQL compares neither.
        if their is None or my is None:
            return False
        left, right = _make_comparable(their, my)
        return bool(left > right) if descending else bool(left < right)  # type: ignore[operator]  # of one kind by _make_comparable
    return False


def _whole_number(value: Plain) -> int:
    return int(_as_fraction(value))


def _as_fraction(value: Plain) -> Fraction:
    if isinstance(value, bool | int | Fraction):
        return Fraction(value)
    raise Fault(f"{value!r} is no number")


def _round_half_up(value: Fraction, digits: int) -> Fraction:
    scaled = abs(value) * 10**digits
    whole = floor(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def _as_day(value: Plain) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise Fault(f"{value!r} is no day")


def _as_moment(value: Plain) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.combine(_as_day(value), datetime.min.time())


def _as_sortable(value: Plain) -> Plain:
    return _as_moment(value) if isinstance(value, date) else value


def _make_comparable(left: Plain, right: Plain) -> tuple[Plain, Plain]:
    """Both as they compare: numbers as numbers, and by day where one is a day without a time."""
    if isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) and isinstance(right, datetime):
            return left, right
        return _as_day(left), _as_day(right)
    if isinstance(left, bool | Fraction) and isinstance(right, bool | Fraction):
        return Fraction(left), Fraction(right)
    return left, right


def _calculate(operator: str, left: Plain, right: Plain) -> Plain:
    if isinstance(left, date):
        if isinstance(right, date):
            return Fraction((_as_day(left) - _as_day(right)).days)
        days = _whole_number(right)
        return left + timedelta(days=days if operator == "+" else -days)
    a, b = _as_fraction(left), _as_fraction(right)
    if operator == "/":
        # As SQLite does, and not an error that would end a check.
        return None if b == 0 else a / b
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def _years_between(earlier: Plain, later: Plain) -> Fraction:
    a, b = _as_day(earlier), _as_day(later)
    return Fraction(b.year - a.year - ((b.month, b.day) < (a.month, a.day)))


def _add_months(moment: Plain, months: Plain) -> Plain:
    when = _as_moment(moment)
    years, month = divmod(when.month - 1 + _whole_number(months), 12)
    year = when.year + years
    day = min(when.day, calendar.monthrange(year, month + 1)[1])
    later = when.replace(year=year, month=month + 1, day=day)
    return later if isinstance(moment, datetime) else later.date()


def _minutes_between(earlier: Plain, later: Plain) -> Fraction:
    return Fraction(round((_as_moment(later) - _as_moment(earlier)).total_seconds() / 60))


def _at_clock(moment: Plain, clock: Plain) -> datetime:
    hour, _, minute = str(clock).partition(":")
    return datetime.combine(_as_day(moment), datetime.min.time()).replace(hour=int(hour), minute=int(minute))


def _streak_length(values: Sequence[Plain], today: date) -> int:
    days = {_as_day(value) for value in values}
    # A streak is not broken before the day is over.
    current = today if today in days else today - timedelta(days=1)
    length = 0
    while current in days:
        length += 1
        current -= timedelta(days=1)
    return length


_COMPARISONS: Final[dict[str, Callable[[Plain, Plain], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]  # of one kind by _make_comparable
    "<=": lambda a, b: a <= b,  # type: ignore[operator]  # of one kind by _make_comparable
    ">": lambda a, b: a > b,  # type: ignore[operator]  # of one kind by _make_comparable
    ">=": lambda a, b: a >= b,  # type: ignore[operator]  # of one kind by _make_comparable
}

_FUNCTIONS: Final[dict[str, Callable[..., Plain]]] = {
    "day": _as_day,
    "at": _at_clock,
    "days": lambda a, b: Fraction((_as_day(b) - _as_day(a)).days),
    "minutes": _minutes_between,
    "hours": lambda a, b: _round_half_up(_minutes_between(a, b) / 60, 2),
    "years": _years_between,
    "age": _years_between,
    "year": lambda a: Fraction(_as_day(a).year),
    "month": lambda a: f"{_as_day(a):%Y-%m}",
    "week": lambda a: _as_day(a) - timedelta(days=_as_day(a).weekday()),
    "weekday": lambda a: Fraction(_as_day(a).isoweekday()),
    "add_days": lambda a, b: a + timedelta(days=_whole_number(b)),
    "add_minutes": lambda a, b: _as_moment(a) + timedelta(minutes=_whole_number(b)),
    "add_months": _add_months,
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "money": _as_fraction,
    "round": lambda a: _round_half_up(_as_fraction(a), 0),
    "floor": lambda a: Fraction(floor(_as_fraction(a))),
    "ceil": lambda a: Fraction(ceil(_as_fraction(a))),
    "abs": lambda a: abs(_as_fraction(a)),
    "length": lambda a: Fraction(len(str(a))),
}

_FIGURES: Final[dict[str, Callable[[list[Plain]], Plain]]] = {
    "sum": lambda values: sum(map(_as_fraction, values), Fraction(0)),
    "average": lambda values: sum(map(_as_fraction, values), Fraction(0)) / len(values) if values else None,
    "min": lambda values: min(values, default=None),  # type: ignore[type-var]  # of one kind
    "max": lambda values: max(values, default=None),  # type: ignore[type-var]  # of one kind
    "distinct": lambda values: Fraction(len(set(values))),
}
