"""Writes the worked-out values, conditions, moves and rights of a specification as lines of `schema.py`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from app.blueprint.expressions.catalogue import Kind, Type
from app.blueprint.expressions.tables import watched_tables
from app.blueprint.generate.reach import reach_of
from app.blueprint.generate.stated import left_over, statement
from app.blueprint.spec import (
    AppSpec,
    AssignmentSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    MoveSpec,
    RightSpec,
    RuleSpec,
)
from app.blueprint.spec_expressions import MONEY_DIGITS, compiler_of

_SHOWN_AS: Final = {
    Kind.MONEY: "money",
    Kind.BOOL: "bool",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.TEXT: "text",
}


def figure_py(spec: AppSpec, entity: EntitySpec, figure: ComputedSpec) -> str:
    """A computed field as a `Field` with its SQL."""
    value = compiler_of(spec).value(figure.expression, entity.name, digits=figure.digits)
    kind = shown_as(value.type)
    target = spec.entity(value.type.entity) if value.type.kind is Kind.LINK else None
    parts = [repr(figure.name), repr(figure.label), repr("ref" if target else kind)]
    if target:
        parts.append(f"ref={target.table!r}")
    if kind == "decimal":
        parts.append(f"digits={value.type.scale}")
    if figure.unit:
        parts.append(f"unit={figure.unit!r}")
    return f"Field({', '.join(parts)}, sql={value.text!r}, about={figure.about!r})"


def shown_as(value: Type) -> str:
    """The type of field that a worked-out value is shown as."""
    return _SHOWN_AS.get(value.kind, "decimal" if value.scale else "int")


def first_sql(spec: AppSpec, entity: EntitySpec, field: FieldSpec) -> str:
    """The SQL of the value with which a new record begins in the field."""
    return _assigned_sql(spec, entity, field.starts_as or "empty", field)


def _assigned_sql(spec: AppSpec, entity: EntitySpec, expression: str, field: FieldSpec) -> str:
    """The SQL of a value in the unit that the field is kept in."""
    digits = {FieldType.DECIMAL: field.digits, FieldType.MONEY: MONEY_DIGITS}.get(field.type, 0)
    return compiler_of(spec).value(expression, entity.name, digits=digits, link=field.ref).text


def in_smallest_unit(field: FieldSpec, bound: Decimal) -> int:
    """A limit in the unit that the field is kept in, such as cents."""
    digits = {FieldType.DECIMAL: field.digits, FieldType.MONEY: MONEY_DIGITS}.get(field.type, 0)
    # As the database keeps it, so that a limit is compared exactly.
    return int(bound.scaleb(digits))


def moves_py(spec: AppSpec, entity: EntitySpec) -> list[str]:
    """The moves of a kind of record, one `Move` a line."""
    return [_move_py(spec, entity, move) for move in entity.moves]


def _move_py(spec: AppSpec, entity: EntitySpec, move: MoveSpec) -> str:
    parts = [repr(move.label), repr(move.sources), repr(move.target), repr(move.about)]
    # The app itself is no role: `automatic` says it.
    if move.by and not move.is_automatic:
        parts.append(f"by={move.by!r}")
    if move.asks:
        parts.append(f"asks={move.asks!r}")
    own = tuple((one.name, write_sql(spec, entity, one)) for one in move.sets if not one.link)
    if own:
        parts.append(f"sets={own!r}")
    elsewhere = tuple((one.link, one.name, write_sql(spec, entity, one)) for one in move.sets if one.link)
    if elsewhere:
        parts.append(f"writes={elsewhere!r}")
    if move.only_if:
        parts.append(f"only_if={compiler_of(spec).condition(move.only_if, entity.name)!r}")
    if move.is_automatic:
        parts.append("automatic=True")
    return f"Move({', '.join(parts)})"


def write_sql(spec: AppSpec, entity: EntitySpec, assignment: AssignmentSpec) -> str:
    """The SQL about a record of the move of what it writes, in the unit of the field that it is written into."""
    field = written_entity(spec, entity, assignment).field(assignment.name)
    return _assigned_sql(spec, entity, assignment.value, field) if field else "NULL"


def written_entity(spec: AppSpec, entity: EntitySpec, assignment: AssignmentSpec) -> EntitySpec:
    """The kind of record that a move writes into: its own, or the one that a link leads to."""
    link = entity.field(assignment.link) if assignment.link else None
    return (spec.entity(link.ref) if link is not None and link.ref else None) or entity


def rights_py(spec: AppSpec, entity: EntitySpec) -> list[str]:
    """The rights on a kind of record, one `Right` a line."""
    return [_right_py(spec, entity, right) for right in entity.rights]


def _right_py(spec: AppSpec, entity: EntitySpec, right: RightSpec) -> str:
    parts = [repr(right.role), f"sees={right.sees.value!r}"]
    if right.only_if:
        parts.append(f"only_if={compiler_of(spec).condition(right.only_if, entity.name)!r}")
    parts += [f"adds={right.adds}", f"changes={right.changes.value!r}", f"deletes={right.deletes}"]
    if right.fields:
        parts.append(f"fields={right.fields!r}")
    if right.hides:
        parts.append(f"hides={right.hides!r}")
    if right.label:
        parts.append(f"label={right.label!r}")
    return f"Right({', '.join(parts)})"


def ensure_parts(
    spec: AppSpec, entity: EntitySpec, rule: RuleSpec
) -> Iterator[tuple[str, str | tuple[str, ...] | tuple[tuple[str, str], ...]]]:
    """The parts of an `Ensure`: what the rule refuses, as SQL."""
    condition, when = statement(spec, entity, rule) or ("", None)
    compiler = compiler_of(spec)
    yield "condition", compiler.condition(condition, entity.name)
    yield "fields", rule.fields
    if when:
        yield "when", compiler.condition(when, entity.name)
    if rule.on_entry:
        # Nothing that changes later is looked at.
        yield "judged", "on_entry"
        return
    watched = watched_tables(spec, entity.name, condition, when or "")
    if watched:
        yield "watches", watched
        reach = reach_of(spec, entity.name, condition, when or "")
        yield "reached", tuple((table, reach.sql(table)) for table in watched)
    counted = left_over(spec, entity, rule)
    if counted:
        link, target, expression = counted
        yield "ref", link
        yield "left", compiler.value(expression, target, digits=0).text
