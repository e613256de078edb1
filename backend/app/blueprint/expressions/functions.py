"""The functions of the language: what each takes, gives and is in SQL, with an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.expressions.arithmetic import Sql, align, rescale
from app.blueprint.expressions.catalogue import Kind, Type
from app.blueprint.expressions.faults import Fault

NUMBER: Final = Type(Kind.NUMBER)
TEXT: Final = Type(Kind.TEXT)
DATE: Final = Type(Kind.DATE)
DATETIME: Final = Type(Kind.DATETIME)

Compile = Callable[[Sequence[Sql]], Sql]


@dataclass(frozen=True)
class Function:
    """A function; `takes` are groups of kinds, the last one repeated when `many`."""

    takes: tuple[frozenset[Kind], ...]
    compile: Compile
    about: str
    many: bool = False


_MOMENT: Final = frozenset({Kind.DATE, Kind.DATETIME})
_DAY: Final = frozenset({Kind.DATE})
_NUMERIC: Final = frozenset({Kind.NUMBER, Kind.MONEY, Kind.BOOL})
_WHOLE: Final = frozenset({Kind.NUMBER})
_TEXT: Final = frozenset({Kind.TEXT})
_BOOL: Final = frozenset({Kind.BOOL})
_ANY: Final = frozenset(Kind)


def _template(text: str, result: Type) -> Compile:
    return lambda values: Sql(text.format(*(value.text for value in values)), result)


def _whole_number(value: Sql) -> str:
    return rescale(value, 0).text


def _add_days(values: Sequence[Sql]) -> Sql:
    moment, days = values
    shape = "%Y-%m-%dT%H:%M" if moment.type.kind is Kind.DATETIME else "%Y-%m-%d"
    return Sql(f"strftime('{shape}', {moment.text}, ({_whole_number(days)}) || ' days')", moment.type)


def _add_minutes(values: Sequence[Sql]) -> Sql:
    moment, minutes = values
    return Sql(f"strftime('%Y-%m-%dT%H:%M', {moment.text}, ({_whole_number(minutes)}) || ' minutes')", DATETIME)


def _add_months(values: Sequence[Sql]) -> Sql:
    moment, months = values
    return Sql(f"app_add_months({moment.text}, {_whole_number(months)})", moment.type)


def _same_type(values: Sequence[Sql]) -> tuple[Sql, Sql]:
    left, right = values
    if left.type.kind is Kind.EMPTY:
        return Sql(left.text, right.type), right
    if right.type.kind is Kind.EMPTY:
        return left, Sql(right.text, left.type)
    if left.type.is_numeric and right.type.is_numeric:
        left, right = align(left, right)
        kind = Kind.MONEY if Kind.MONEY in (left.type.kind, right.type.kind) else left.type.kind
        return Sql(left.text, Type(kind, left.type.scale)), right
    if left.type.kind is not right.type.kind:
        raise Fault(f"one of the two is {left.type.kind.value} and the other {right.type.kind.value}")
    return Sql(left.text, Type(left.type.kind, 0, left.type.entity)), right


def _if_sql(values: Sequence[Sql]) -> Sql:
    condition, *both = values
    left, right = _same_type(both)
    return Sql(f"CASE WHEN {condition.text} THEN {left.text} ELSE {right.text} END", left.type)


def _or_else_sql(values: Sequence[Sql]) -> Sql:
    left, right = _same_type(values)
    return Sql(f"coalesce({left.text}, {right.text})", left.type)


def _extreme_sql(name: str) -> Compile:
    def extreme(values: Sequence[Sql]) -> Sql:
        result = values[0]
        for value in values[1:]:
            left, right = _same_type((result, value))
            # Two by two, since each pair may have to be brought to one scale.
            result = Sql(f"{name}({left.text}, {right.text})", left.type)
        return result

    return extreme


def _round_sql(values: Sequence[Sql]) -> Sql:
    return rescale(values[0], 0)


def _step_sql(name: str) -> Compile:
    def step(values: Sequence[Sql]) -> Sql:
        value = values[0]
        return Sql(f"{name}({value.text}, {10**value.type.scale})", Type(value.type.kind, 0))

    return step


FUNCTIONS: Final[dict[str, Function]] = {
    "today": Function((), _template("app_today()", DATE), "the day of the business's clock"),
    "now": Function((), _template("app_now()", DATETIME), "its time, to the minute"),
    "day": Function((_MOMENT,), _template("substr({0}, 1, 10)", DATE), "the day of a time"),
    "at": Function(
        (_MOMENT, _TEXT),
        _template("(substr({0}, 1, 10) || 'T' || {1})", DATETIME),
        'a time of a day: at(date, "18:00")',
    ),
    "days": Function(
        (_MOMENT, _MOMENT),
        _template("CAST(julianday(substr({1}, 1, 10)) - julianday(substr({0}, 1, 10)) AS INTEGER)", NUMBER),
        "days from the first to the second",
    ),
    "minutes": Function(
        (_MOMENT, _MOMENT),
        # Julian days are fractions, which come out a hair below the minute as often as above it.
        _template("CAST(round((julianday({1}) - julianday({0})) * 1440) AS INTEGER)", NUMBER),
        "minutes from the first to the second",
    ),
    "hours": Function(
        (_MOMENT, _MOMENT),
        _template(
            "app_divide(CAST(round((julianday({1}) - julianday({0})) * 1440) AS INTEGER) * 100, 60)",
            # In hundredths, since half an hour is no whole number.
            Type(Kind.NUMBER, 2),
        ),
        "hours from the first to the second, with two decimals",
    ),
    "years": Function((_MOMENT, _MOMENT), _template("app_years({0}, {1})", NUMBER), "full years between two days"),
    "age": Function((_MOMENT,), _template("app_years({0}, app_today())", NUMBER), "full years up to today"),
    "year": Function((_MOMENT,), _template("CAST(substr({0}, 1, 4) AS INTEGER)", NUMBER), "the year of a day"),
    "month": Function((_MOMENT,), _template("substr({0}, 1, 7)", TEXT), 'the month of a day, such as "2030-05"'),
    "week": Function(
        (_MOMENT,),
        # 'weekday 0' goes on to a Sunday, or stays on one; its Monday is six days before.
        _template("date(substr({0}, 1, 10), 'weekday 0', '-6 days')", DATE),
        "the Monday of a day's week",
    ),
    "weekday": Function(
        (_MOMENT,),
        _template("(1 + (CAST(strftime('%w', {0}) AS INTEGER) + 6) % 7)", NUMBER),
        "1 for Monday to 7 for Sunday",
    ),
    "add_days": Function((_MOMENT, _WHOLE), _add_days, "so many days later"),
    "add_minutes": Function((_MOMENT, _WHOLE), _add_minutes, "so many minutes later"),
    "add_months": Function(
        (_MOMENT, _WHOLE), _add_months, "so many months later, at the latest the month's last day"
    ),
    "if": Function((_BOOL, _ANY, _ANY), _if_sql, "if(condition, this, else that), such as if(paid, 0, price)"),
    "or_else": Function((_ANY, _ANY), _or_else_sql, "the first, or the second where the first is empty"),
    "min": Function((_ANY, _ANY), _extreme_sql("min"), "the smallest of several values", many=True),
    "max": Function((_ANY, _ANY), _extreme_sql("max"), "the largest of several values", many=True),
    "money": Function(
        (_WHOLE,),
        lambda v: Sql(v[0].text, Type(Kind.MONEY, v[0].type.scale)),
        "a number as money: money(count(Seat) * 12)",
    ),
    "round": Function((_NUMERIC,), _round_sql, "the nearest whole number, halves away from zero"),
    "floor": Function((_NUMERIC,), _step_sql("app_floor"), "the whole number below"),
    "ceil": Function((_NUMERIC,), _step_sql("app_ceil"), "the whole number above, such as ceil(children / 6)"),
    "abs": Function((_NUMERIC,), lambda v: Sql(f"abs({v[0].text})", v[0].type), "without its sign"),
    "length": Function((_TEXT,), _template("length({0})", NUMBER), "how many characters a text has"),
}

AGGREGATES: Final[dict[str, str]] = {
    "sum": "added up: sum(amount of Payment)",
    "count": 'how many there are: count(Booking where status = "Booked")',
    "average": "on average: average(score of Rating)",
    "min": "the smallest: min(price of Offer)",
    "max": "the largest: max(date of Inspection)",
    "distinct": "how many different ones: distinct(player of Seat)",
    "latest": "that of the newest record: latest(mark of SkillMark by date)",
    "exists": 'whether there is one: exists(Report where status = "Open")',
    "streak": "days in a row up to today or yesterday: streak(date of CheckIn)",
}
