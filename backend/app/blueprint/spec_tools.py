"""Tools of one screen: inputs that are typed in, and results that are worked out without any record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.blueprint.expressions.arithmetic import Sql
from app.blueprint.expressions.catalogue import Catalogue, EntityShape, FieldShape
from app.blueprint.expressions.compiler import Compiler
from app.blueprint.expressions.faults import Fault
from app.blueprint.field_types import COUNTED, DATES, NUMBERS
from app.blueprint.spec_expressions import MONEY_DIGITS, catalogue_of, check_unit, field_type

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec, ToolSpec

TYPED: Final = NUMBERS | COUNTED | DATES
TYPED_IN: Final = "what is typed"
"""Stands where the name of a kind of record would: none is called so."""


def tool_catalogue(spec: AppSpec, tool: ToolSpec) -> Catalogue:
    """Everything that the results of a tool may speak of: its inputs, its other results, and the records."""
    records = catalogue_of(spec)
    fields = {field.name: FieldShape(field.name, field_type(field, MONEY_DIGITS)) for field in tool.inputs}
    for result in tool.results:
        shape = EntityShape(TYPED_IN, TYPED_IN, fields)
        catalogue = replace(records, entities={**records.entities, TYPED_IN: shape})
        value = Compiler(catalogue).value(result.expression, TYPED_IN, digits=result.digits)
        check_unit(result, value.type, result.name)
        fields = {**fields, result.name: FieldShape(result.name, value.type, result.expression)}
    shape = EntityShape(TYPED_IN, TYPED_IN, fields)
    return replace(records, entities={**records.entities, TYPED_IN: shape})


def result_sql(spec: AppSpec, tool: ToolSpec, name: str) -> Sql:
    """The SQL of a result about the row `r` of what was typed in."""
    result = next(candidate for candidate in tool.results if candidate.name == name)
    return Compiler(tool_catalogue(spec, tool)).value(result.expression, TYPED_IN, digits=result.digits)


def check_tools(spec: AppSpec) -> None:
    """ValueError when a tool asks for what cannot be typed, or a result cannot be worked out."""
    for tool in spec.tools:
        for field in tool.inputs:
            if field.type not in TYPED:
                raise ValueError(
                    f"{tool.title!r} asks for {field.label!r}: {field.type} cannot be calculated with"
                )
        try:
            tool_catalogue(spec, tool)
        except Fault as fault:
            raise ValueError(f"{tool.title!r}: {fault}") from fault
