"""Writes `schema.py` of an app: what it keeps, as Python that a person can read and edit."""

from __future__ import annotations

from collections.abc import Sequence

from app.blueprint.generate.words import (
    CALLED_OFF,
    columns,
    finished,
    monogram,
    space_limit,
    status_field,
    title_fields,
)
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec, ViewKind

_DOCSTRING = '"""What this app is about: its words, its kinds of records and its rules."""'
_MODEL_WORDS = ("About", "Capacity", "Entity", "Field", "NoOverlap", "Overdue", "Unique")


def schema_py(spec: AppSpec, *, made_by: str, can_do: Sequence[str]) -> str:
    """The module's text; every text of the spec enters it as a Python literal."""
    blocks = [_entity(spec, entity) for entity in spec.entities]
    body = "\n\n".join([_about(spec, made_by, can_do), *blocks, _register(spec)])
    used = [word for word in _MODEL_WORDS if f"{word}(" in body]
    imports = f"from .model import {', '.join(used)}"
    return f"{_DOCSTRING}\n\n{imports}\n\n{body}\n"


def _about(spec: AppSpec, made_by: str, can_do: Sequence[str]) -> str:
    lines = [
        f"    title={spec.title!r},",
        f"    tagline={spec.tagline!r},",
        f"    goal={spec.goal!r},",
        f"    made_by={made_by!r},",
        f"    monogram={monogram(spec.title)!r},",
        f"    currency={spec.currency!r},",
        _tuple("can_do", can_do, "    "),
        _tuple("assumptions", spec.assumptions, "    "),
    ]
    return "ABOUT = About(\n" + "\n".join(lines) + "\n)"


def _tuple(name: str, values: Sequence[str], indent: str) -> str:
    if not values:
        return f"{indent}{name}=(),"
    inner = "".join(f"{indent}    {value!r},\n" for value in values)
    return f"{indent}{name}=(\n{inner}{indent}),"


def _entity(spec: AppSpec, entity: EntitySpec) -> str:
    lines = [
        f"    name={entity.name!r},",
        *([f"    was={entity.was!r},"] if entity.was else []),
        f"    table={entity.table!r},",
        f"    label={entity.label!r},",
        f"    plural={entity.plural!r},",
        f"    about={entity.about!r},",
        f"    title={title_fields(entity)!r},",
        "    fields=(",
        *(f"        {_field(spec, field)}," for field in entity.fields),
        "    ),",
        f"    columns={columns(entity)!r},",
        *_views(spec, entity),
        *_rules(spec, entity),
    ]
    return f"{entity.table.upper()} = Entity(\n" + "\n".join(lines) + "\n)"


def _field(spec: AppSpec, field: FieldSpec) -> str:
    parts = [repr(field.name), repr(field.label)]
    if field.type is not FieldType.TEXT:
        parts.append(repr(field.type.value))
    if field.required:
        parts.append("required=True")
    if field.choices:
        parts.append(f"choices={field.choices!r}")
    target = spec.entity(field.ref) if field.ref else None
    if target is not None:
        parts += [f"ref={target.table!r}", f"on_delete={field.on_delete.value!r}"]
    if field.was:
        parts.append(f"was={field.was!r}")
    return f"Field({', '.join(parts)})"


def _views(spec: AppSpec, entity: EntitySpec) -> list[str]:
    fits = {
        ViewKind.CALENDAR: (FieldType.DATE, FieldType.DATETIME),
        ViewKind.BOARD: (FieldType.CHOICE,),
        ViewKind.TOTALS: (FieldType.MONEY,),
    }
    lines: dict[ViewKind, str] = {}
    for view in spec.views:
        field = entity.field(view.field) if view.entity == entity.name and view.field else None
        if field is not None and field.type in fits.get(view.kind, ()):
            lines.setdefault(view.kind, f"    {view.kind.value}={field.name!r},")
    return list(lines.values())


def _rules(spec: AppSpec, entity: EntitySpec) -> list[str]:
    rules = [_rule(spec, entity, rule) for rule in spec.rules if rule.entity == entity.name]
    lines = [f"        {rule}," for rule in rules if rule]
    return ["    rules=(", *lines, "    ),"] if lines else []


def _rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> str:
    fields = [field for field in map(entity.field, rule.fields) if field is not None]
    match rule.kind:
        case RuleKind.UNIQUE:
            return f"Unique({rule.fields!r}, {rule.about!r})"
        case RuleKind.NO_OVERLAP:
            return _no_overlap(entity, rule, fields)
        case RuleKind.CAPACITY:
            return _capacity(spec, entity, rule, fields)
        case RuleKind.OVERDUE:
            return _overdue(rule, fields)
        case RuleKind.SUM | RuleKind.IN_ORDER | RuleKind.STOCK:
            return ""


def _no_overlap(entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> str:
    dates = [field.name for field in fields if field.type in (FieldType.DATE, FieldType.DATETIME)]
    refs = [field.name for field in fields if field.ref]
    if not dates or not refs:
        return ""
    end = dates[1] if len(dates) > 1 else ""
    return f"NoOverlap({dates[0]!r}, {end!r}, {refs[0]!r}, {rule.about!r}, ignore={_called_off(entity)!r})"


def _capacity(spec: AppSpec, entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> str:
    for field in fields:
        parent = spec.entity(field.ref) if field.ref else None
        limit = space_limit(parent) if parent else None
        if limit:
            return f"Capacity({field.name!r}, {limit!r}, {rule.about!r}, ignore={_called_off(entity)!r})"
    return ""


def _overdue(rule: RuleSpec, fields: Sequence[FieldSpec]) -> str:
    dates = [field.name for field in fields if field.type in (FieldType.DATE, FieldType.DATETIME)]
    status = next((field for field in fields if field.type is FieldType.CHOICE), None)
    if not dates or (status is not None and not finished(status)):
        return ""
    name, done = (status.name, finished(status)) if status else ("", ())
    return f"Overdue({dates[0]!r}, {name!r}, {done!r}, {rule.about!r})"


def _called_off(entity: EntitySpec) -> tuple[str, ...]:
    status = status_field(entity)
    return finished(status, CALLED_OFF) if status else ()


def _register(spec: AppSpec) -> str:
    names = "".join(f"    {entity.table.upper()},\n" for entity in spec.entities)
    return f"ENTITIES = (\n{names})"
