"""The figures that an app works out, as its plan tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.blueprint.expressions.nodes import Aggregate, Binary, Call, Node, Rank
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import walk
from app.blueprint.field_types import DATES
from app.blueprint.plan_parts import Computed
from app.blueprint.spec import (
    NUMBERS,
    AppSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    RuleKind,
    RuleSpec,
    ToolSpec,
    ViewKind,
)
from app.blueprint.spec_queries import lower_first

_OPERATIONS: Final = {"*": "product", "/": "share", "+": "sum", "-": "difference"}


def _computed_figure(entity: EntitySpec, figure: ComputedSpec) -> Computed:
    node = parse(figure.expression)
    return Computed(
        entity=entity.name,
        label=figure.label,
        op=_operation_name(node),
        of=figure.expression,
        per=_period(figure.expression),
        about=figure.about,
    )


def _tool_result(tool: ToolSpec, result: ComputedSpec) -> Computed:
    """A result of a calculator; it belongs to no record, so the calculator stands in the place of one."""
    node = parse(result.expression)
    return Computed(
        entity=tool.title,
        label=result.label,
        op=_operation_name(node),
        of=result.expression,
        per=None,
        about=result.about,
    )


def _operation_name(node: Node) -> str:
    """The operation of a figure on its parts, in a word."""
    match node:
        case Aggregate():
            # A plan has fewer words than the language: both count, and what is latest is the largest date.
            return {"distinct": "count", "exists": "count", "latest": "max"}.get(node.function, node.function)
        case Rank():
            return "rank"
        case Binary() if node.operator == "-" and any(isinstance(part, Aggregate) for part in walk(node)):
            return "balance"
        case Binary() if node.operator in _OPERATIONS:
            return _OPERATIONS[node.operator]
        case Call() if node.name in ("days", "hours", "minutes", "years", "age"):
            return "difference"
        case Call() if node.arguments:
            # The last argument is what is worked out: of `if` the
            # case without a condition, of `or_else` the stand-in.
            return _operation_name(node.arguments[-1])
        case _:
            return "value"


def _period(expression: str) -> str | None:
    """The period that a figure is about, where it compares one with today's."""
    return next((word for word in ("week", "month", "year") if f"{word}(today" in expression), None)


def figures_of(spec: AppSpec) -> Iterator[Computed]:
    """The computed fields, results, sums, totals and charts."""
    for record_kind in spec.entities:
        yield from (_computed_figure(record_kind, figure) for figure in record_kind.computed)
    for tool in spec.tools:
        yield from (_tool_result(tool, result) for result in tool.results)
    for rule in spec.rules:
        if rule.kind is RuleKind.SUM:
            yield _sum_figure(spec, rule)
    for view in spec.views:
        entity = spec.entity(view.entity)
        amount = entity.field(view.field) if entity is not None and view.field else None
        if view.kind is ViewKind.TOTALS and entity is not None and view.field:
            figure = amount or entity.figure(view.field)
            yield from (_total_figure(entity, figure, per) for per in _total_groups(entity) if figure)
        if view.kind is ViewKind.CHART and entity is not None and amount is not None:
            yield _chart_figure(entity, amount)


def _chart_figure(entity: EntitySpec, field: FieldSpec) -> Computed:
    """The figures that a chart draws: how many there are, or how the number goes over time."""
    plural_label = lower_first(entity.plural)
    if field.type in NUMBERS:
        about = f"Draws the {lower_first(field.label)} of {plural_label}."
        return Computed(
            entity=entity.name,
            label=field.label,
            op="sum",
            of=f"{entity.name}.{field.name}",
            per=None,
            about=about,
        )
    per = "month" if field.type in DATES else lower_first(field.label)
    label = f"{entity.plural} by {per}"
    return Computed(
        entity=entity.name,
        label=label,
        op="count",
        of=entity.name,
        per=per,
        about=f"Counts {plural_label} by {per}.",
    )


def _sum_figure(spec: AppSpec, rule: RuleSpec) -> Computed:
    entity = spec.entity(rule.entity)
    into = entity.field(rule.fields[1]) if entity is not None and len(rule.fields) > 1 else None
    target = into.ref if into is not None and into.ref else rule.entity
    field = entity.field(rule.fields[0]) if entity is not None else None
    label = f"Total {lower_first(field.label)}" if field is not None else "Total"
    per = target if target != rule.entity else None
    return Computed(
        entity=target, label=label, op="sum", of=f"{rule.entity}.{rule.fields[0]}", per=per, about=rule.about
    )


def _total_groups(entity: EntitySpec) -> Iterator[str]:
    """The ways in which a page of totals groups its sums."""
    for field in entity.fields:
        if field.type in (FieldType.CHOICE, FieldType.REF):
            yield lower_first(field.label)
    if any(field.type in DATES for field in entity.fields):
        yield "month"


def _total_figure(entity: EntitySpec, amount: FieldSpec | ComputedSpec, per: str) -> Computed:
    about = f"Adds up the {lower_first(amount.label)} of {lower_first(entity.plural)} by {per}."
    label = f"{amount.label} by {per}"
    return Computed(
        entity=entity.name, label=label, op="sum", of=f"{entity.name}.{amount.name}", per=per, about=about
    )
