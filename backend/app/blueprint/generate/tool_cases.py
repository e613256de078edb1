"""Works out the results of calculators without the app, for its own tests and the checks to compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.blueprint.currencies import currency_of
from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.generate.scenes import plain
from app.blueprint.spec import AppSpec, FieldSpec, FieldType, ToolSpec
from app.blueprint.spec_expressions import MONEY_DIGITS
from app.blueprint.spec_tools import TYPED_IN, result_sql, tool_catalogue

CASES: Final = 4
TODAY: Final = date(2031, 3, 4)
NOW: Final = datetime(2031, 3, 4, 9, 0)


@dataclass(frozen=True)
class Case:
    """The inputs of a calculator, and its results: numbers in whole units, by the name of the result."""

    given: Mapping[str, str]
    results: Mapping[str, Plain]


def cases_of(spec: AppSpec, tool: ToolSpec) -> list[Case]:
    """A few different inputs with their results; a result that depends on the day is not among them."""
    coins = 0 if currency_of(spec.currency).is_whole else MONEY_DIGITS
    typed = [{field.name: _typed_value(field, number, coins) for field in tool.inputs} for number in range(CASES)]
    # Limits may make two of them the same.
    return [_work_out(spec, tool, given) for number, given in enumerate(typed) if given not in typed[:number]]


def _work_out(spec: AppSpec, tool: ToolSpec, given: Mapping[str, str]) -> Case:
    record = {field.name: plain(field, given[field.name], TODAY) for field in tool.inputs}
    records: dict[str, Mapping[int, Mapping[str, Plain]]] = {entity.name: {} for entity in spec.entities}
    evaluator = Evaluator(tool_catalogue(spec, tool), World({**records, TYPED_IN: {1: record}}, NOW))
    results = {
        result.name: evaluator.value(result.expression, TYPED_IN, 1, digits=_digits_of(spec, tool, result.name))
        for result in tool.results
        # The app is asked on another day than this one.
        if not _is_of_today(tool, result.expression)
    }
    return Case(given, results)


def _is_of_today(tool: ToolSpec, expression: str) -> bool:
    """True if a result, or one that it leans on, depends on the day."""
    words = set(expression.replace("(", " ").replace(")", " ").replace(",", " ").split())
    leans_on = (result.expression for result in tool.results if result.name in words)
    return bool(words & {"today", "now", "age"}) or any(
        _is_of_today(tool, text) for text in leans_on if text != expression
    )


def _typed_value(field: FieldSpec, number: int, coins: int) -> str:
    """Another good value for each case."""
    match field.type:
        case FieldType.BOOL:
            return "1" if number % 2 else ""
        case FieldType.CHOICE:
            return field.choices[number % len(field.choices)]
        case FieldType.DATE:
            return (TODAY + timedelta(days=number * 17)).isoformat()
        case FieldType.DATETIME:
            return f"{(TODAY + timedelta(days=number * 17)).isoformat()}T{9 + number:02}:30"
        case _:
            return _amount_within(field, number, coins)


def _amount_within(field: FieldSpec, number: int, coins: int) -> str:
    start, step = map(Decimal, FIELD_TYPES[field.type].steps or ("0", "1"))
    unbounded = start + step * number
    low, high = field.lowest or Decimal(0), field.highest
    within = max(low, min(unbounded, high) if high is not None else unbounded)
    digits = {FieldType.INT: 0, FieldType.MONEY: coins}.get(field.type, field.digits)
    return str(round(within, digits) if digits else int(within))


def worked_out_json(spec: AppSpec) -> str:
    """The cases of every calculator, numbers in the unit that the app shows them from."""
    cases = {tool.name: [_case_json(spec, tool, case) for case in cases_of(spec, tool)] for tool in spec.tools}
    return json.dumps(cases, indent=1, ensure_ascii=False) + "\n"


def _case_json(spec: AppSpec, tool: ToolSpec, case: Case) -> dict[str, object]:
    results = {name: _in_smallest_unit(value, _scale_of(spec, tool, name)) for name, value in case.results.items()}
    return {"given": dict(case.given), "results": results}


def _scale_of(spec: AppSpec, tool: ToolSpec, name: str) -> int:
    return result_sql(spec, tool, name).type.scale


def _digits_of(spec: AppSpec, tool: ToolSpec, name: str) -> int:
    return tool_catalogue(spec, tool).digits_of(result_sql(spec, tool, name).type)


def _in_smallest_unit(value: Plain, scale: int) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Fraction):
        return int(value * 10**scale)
    if value is None or isinstance(value, str):
        return value
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
