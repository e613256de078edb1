"""Writes `schema.py` of an app: what it keeps, as Python that a person can read and edit."""

from __future__ import annotations

from collections.abc import Sequence

from app.blueprint.field_types import DATES, FIELD_TYPES
from app.blueprint.generate.customer_words import customer_lead, customer_name
from app.blueprint.generate.expressions import figure_py, first_sql, in_smallest_unit, moves_py, rights_py
from app.blueprint.generate.messages import messages_py
from app.blueprint.generate.public_side import public_py, site_py, tool_py
from app.blueprint.generate.reach import looked_up
from app.blueprint.generate.rules import rules_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, FormSpec, RoleScope, RoleSpec, ViewKind
from app.blueprint.spec_expressions import compiler_of
from app.blueprint.spec_lines import lines_of
from app.blueprint.spec_queries import (
    PAST_DATES,
    cancelling,
    columns,
    may_add,
    monogram,
    person_of,
    staff_roles,
    status_field,
    still_open,
    title_fields,
)
from app.blueprint.spec_site import counted_fields

_DOCSTRING = '"""What this app is about: its words, its kinds of records and its rules."""'
_MODEL_WORDS = (
    "About",
    "Capacity",
    "Ensure",
    "Entity",
    "Field",
    "Form",
    "InOrder",
    "Locked",
    "Message",
    "Move",
    "NoOverlap",
    "Overdue",
    "Right",
    "Role",
    "Section",
    "Stock",
    "Sum",
    "Tool",
    "Unique",
)
# The day on which somebody asked for something, which is the day on which the form is sent.
_OF_SENDING = (
    "added", "applied", "asked", "booked", "created", "enrolled", "joined", "ordered", "posted", "registered",
    "reported", "requested", "submitted",
)  # fmt: skip
_OF_COMING = frozenset(
    "starts start from comes leaves arrives arrival departure pickup pick collect collected delivery visit "
    "appointment slot wanted needed until ends return returns checkin checkout".split()
)
_OF_A_DAY = frozenset("date day on at time when".split())
_ASKED_FOR = frozenset(
    "appointment book booking hire lesson order rent rental request reservation reserve table trip visit".split()
)
_BY_FIELD = frozenset(view for described in FIELD_TYPES.values() for view in described.views)


def schema_py(spec: AppSpec, *, made_by: str, can_do: Sequence[str], look: str = "") -> str:
    """The module's text; every text of the spec enters it as a Python literal."""
    blocks = [_entity_py(spec, entity) for entity in spec.entities]
    body = "\n\n".join([_about_py(spec, made_by, can_do, look), *blocks, _registers_py(spec)])
    # A text that holds one of them imports a word too many, which does no harm.
    used = [word for word in _MODEL_WORDS if f"{word}(" in body]
    imports = f"from .model import {', '.join(used)}"
    return f"{_DOCSTRING}\n\n{imports}\n\n{body}\n"


def _about_py(spec: AppSpec, made_by: str, can_do: Sequence[str], look: str) -> str:
    lines = [
        f"    title={spec.title!r},",
        f"    tagline={spec.tagline!r},",
        f"    goal={spec.goal!r},",
        f"    made_by={made_by!r},",
        f"    monogram={monogram(spec.title)!r},",
        f"    currency={spec.currency!r},",
        _tuple_py("can_do", can_do, "    "),
        _tuple_py("assumptions", spec.assumptions, "    "),
        _tuple_py("left_out", spec.not_understood, "    "),
        f"    look={look!r},",
        f"    timezone={spec.timezone!r},",
        f"    name={customer_name(spec)!r},",
        f"    lead={customer_lead(spec)!r},",
    ]
    return "ABOUT = About(\n" + "\n".join(lines) + "\n)"


def _tuple_py(name: str, values: Sequence[str], indent: str) -> str:
    if not values:
        return f"{indent}{name}=(),"
    inner = "".join(f"{indent}    {value!r},\n" for value in values)
    return f"{indent}{name}=(\n{inner}{indent}),"


def _entity_py(spec: AppSpec, entity: EntitySpec) -> str:
    lines = [
        f"    name={entity.name!r},",
        *([f"    was={entity.was!r},"] if entity.was else []),
        f"    table={entity.table!r},",
        f"    label={entity.label!r},",
        f"    plural={entity.plural!r},",
        f"    about={entity.about!r},",
        f"    title={title_fields(entity)!r},",
        "    fields=(",
        *(f"        {_field_py(spec, entity, field)}," for field in entity.fields),
        "    ),",
        *_tuple_lines("figures", [figure_py(spec, entity, figure) for figure in entity.computed]),
        f"    columns={columns(entity)!r},",
        *([f"    state={entity.state!r},"] if entity.state else []),
        *([f"    order={entity.order!r},"] if entity.order else []),
        *([f"    looked_up={names!r},"] if (names := looked_up(spec, entity)) else []),
        *([f"    line_of={link.name!r},"] if (link := lines_of(spec, entity)) else []),
        *public_py(spec, entity),
        *_tuple_lines("moves", moves_py(spec, entity)),
        *_tuple_lines("rights", rights_py(spec, entity)),
        *_view_lines(spec, entity),
        *_rule_lines(spec, entity),
    ]
    return f"{entity.table.upper()} = Entity(\n" + "\n".join(lines) + "\n)"


def _tuple_lines(name: str, lines: Sequence[str]) -> list[str]:
    return [f"    {name}=(", *(f"        {line}," for line in lines), "    ),"] if lines else []


def _field_py(spec: AppSpec, entity: EntitySpec, field: FieldSpec) -> str:
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
    if field.choices_were:
        parts.append(f"choices_were={tuple((choice.name, choice.was) for choice in field.choices_were)!r}")
    return f"Field({', '.join([*parts, *_number_arguments(spec, entity, field)])})"


def _number_arguments(spec: AppSpec, entity: EntitySpec, field: FieldSpec) -> list[str]:
    """The parts of a field that say how its number is written, bounded and begun with."""
    parts = [f"digits={field.digits}"] if field.type is FieldType.DECIMAL else []
    if field.unit:
        parts.append(f"unit={field.unit!r}")
    for name, bound in (("lowest", field.lowest), ("highest", field.highest)):
        if bound is not None:
            parts.append(f"{name}={in_smallest_unit(field, bound)}")
    if field.starts_as:
        parts.append(f"starts_as={first_sql(spec, entity, field)!r}")
    return parts


def _view_lines(spec: AppSpec, entity: EntitySpec) -> list[str]:
    lines: dict[ViewKind, str] = {}
    for view in spec.views:
        if view.entity == entity.name and (value := _view_value(entity, view.kind, view.field)):
            # A kind of record has one page for each kind of view.
            lines.setdefault(view.kind, f"    {view.kind.value}={value},")
    return list(lines.values())


def shows_view(entity: EntitySpec, kind: ViewKind, name: str | None) -> bool:
    """True if a view of this kind by that field is in the app."""
    return kind is ViewKind.LIST or bool(_view_value(entity, kind, name))


def is_built_view(kind: ViewKind) -> bool:
    """True if apps have views of this kind at all."""
    return kind in (ViewKind.LIST, ViewKind.GALLERY, ViewKind.DOCUMENT, ViewKind.RESULTS, *_BY_FIELD)


def _view_value(entity: EntitySpec, kind: ViewKind, name: str | None) -> str:
    """The argument of the entity for the view; empty when its field does not fit."""
    if kind is ViewKind.DOCUMENT:
        return "True"
    if kind is ViewKind.RESULTS:
        return "True" if counted_fields(entity) else ""
    if kind in (ViewKind.RANKING, ViewKind.TOTALS) and name and entity.figure(name):
        return repr(name)
    field = entity.field(name) if name else None
    if kind is ViewKind.GALLERY:
        return repr(field.name if field else title_fields(entity)[0])
    return repr(field.name) if field is not None and kind in FIELD_TYPES[field.type].views else ""


def _rule_lines(spec: AppSpec, entity: EntitySpec) -> list[str]:
    lines = [f"        {rule.py()}," for rule in rules_of(spec, entity)]
    return ["    rules=(", *lines, "    ),"] if lines else []


def _registers_py(spec: AppSpec) -> str:
    names = "".join(f"    {entity.table.upper()},\n" for entity in spec.entities)
    sections = "".join(f"    {line},\n" for line in site_py(spec))
    tools = "".join(f"    {tool_py(spec, tool)},\n" for tool in spec.tools)
    forms = "".join(f"    {_form_py(spec, form)},\n" for form in spec.forms if spec.entity(form.entity))
    roles_shown = [role for role in spec.roles if role.scope is RoleScope.OWN or role in staff_roles(spec)]
    roles = "".join(f"    {line},\n" for role in roles_shown if (line := _role_py(spec, role)))
    messages = "".join(f"    {line},\n" for line in messages_py(spec))
    registers = [_register_py("ENTITIES", names), _register_py("FORMS", forms), _register_py("ROLES", roles)]
    further = [_register_py("SITE", sections), _register_py("TOOLS", tools), _register_py("MESSAGES", messages)]
    return "\n\n".join([*registers, *further])


def _register_py(name: str, lines: str) -> str:
    return f"{name} = (\n{lines})" if lines else f"{name} = ()"


def _date_arguments(entity: EntitySpec, form: FormSpec) -> str:
    """The dates that nobody is asked for: those that a record needs, and the day it came."""
    days = [field for field in entity.fields if field.type in DATES and not field.starts_as]
    unasked = [field for field in days if field.name not in form.fields]
    dated = tuple(field.name for field in unasked if field.required or field.name.startswith(_OF_SENDING))
    coming = tuple(
        field.name for field in entity.fields if field.name in form.fields and _is_to_come(field, entity, form)
    )
    return (f", dated={dated!r}" if dated else "") + (f", coming={coming!r}" if coming else "")


def _is_to_come(field: FieldSpec, entity: EntitySpec, form: FormSpec) -> bool:
    """True if the form asks for a day or time that somebody comes at, which no past one can be."""
    if field.type not in DATES or field.name.startswith(PAST_DATES):
        return False
    words, about = set(field.name.split("_")), f"{entity.label} {form.action}".lower().split()
    return bool(words & _OF_COMING) or (bool(words & _OF_A_DAY) and bool(_ASKED_FOR.intersection(about)))


def _form_py(spec: AppSpec, form: FormSpec) -> str:
    entity = spec.entity(form.entity)
    table = entity.table if entity else ""
    person = f", person={form.person!r}" if form.person else ""
    lines = f", lines={form.lines!r}" if form.lines else ""
    arguments = person + lines + (f", shows={form.shows!r}" if form.shows else "")
    arguments += f", invited_by={form.invited_by!r}" if form.invited_by else ""
    arguments += _offers_argument(spec, entity, form) if entity else ""
    arguments += _calling_off_arguments(entity) + _date_arguments(entity, form) if entity else ""
    return f"Form({table!r}, {form.action!r}, {form.about!r}, {form.thanks!r}, {form.fields!r}{arguments})"


def _offers_argument(spec: AppSpec, entity: EntitySpec, form: FormSpec) -> str:
    """The conditions of the records that its links can be chosen from, as SQL about these."""
    fields, compiler = {field.name: field.ref or "" for field in entity.fields}, compiler_of(spec)
    offers = tuple((one.field, compiler.condition(one.only_if, fields[one.field])) for one in form.offers)
    return f", offers={offers!r}" if offers else ""


def _calling_off_arguments(entity: EntitySpec) -> str:
    """The status of a record, and the choices by which its sender calls it off."""
    status = status_field(entity)
    if status is None:
        return ""
    return f", state={status.name!r}, cancels={cancelling(entity)!r}, open={still_open(entity)!r}"


def _role_py(spec: AppSpec, role: RoleSpec) -> str:
    if role.scope is RoleScope.ALL:
        return f"Role({role.name!r}, {role.about!r})"
    person = person_of(spec, role)
    if person is None:
        return ""
    adds = tuple(entity.table for entity in spec.entities if may_add(spec, entity, role, person))
    return f"Role({role.name!r}, {role.about!r}, own={person.table!r}, adds={adds!r})"
