"""The expressions of a specification: the parts they may speak of, and the places where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.blueprint.currencies import currency_of
from app.blueprint.expressions.catalogue import Catalogue, EntityShape, FieldShape, Kind, Type
from app.blueprint.expressions.compiler import MAX_DEPTH, Compiler
from app.blueprint.expressions.faults import Fault
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.spec_kinds import FieldType
from app.blueprint.spec_messages import APP, LINK

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec, ComputedSpec, EntitySpec, FieldSpec, MessageSpec, MoveSpec

MONEY_DIGITS: Final = 2
"""Amounts of every currency are kept in hundredths, also of those that are written without cents."""

UNREAD: Final = Type(Kind.NUMBER, 2)
"""A figure until its expression is read."""

_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Place:
    """One expression of a specification: its place, its kind of record, and whether it is a condition.

    `link` is the kind that the field leads to which its value is written into. `is_moment` is true where a date is
    expected.
    """

    where: str
    entity: str
    text: str
    is_condition: bool
    link: str | None = None
    is_moment: bool = False


def catalogue_of(spec: AppSpec) -> Catalogue:
    """Everything that expressions of the app may speak of; Fault when a computed field cannot be worked out."""
    digits = MONEY_DIGITS
    plain = {entity.name: _untyped_shape(entity, digits) for entity in spec.entities}
    people = tuple(role.entity for role in spec.roles if role.entity)
    roles = tuple(role.name for role in spec.roles)
    catalogue = Catalogue(plain, people, digits, roles, currency_of(spec.currency).is_whole)
    leaning = _leaning_figures(spec)
    # Figures that lean on figures have their digits once these have theirs, in as many rounds as they lean deep.
    for _ in range(MAX_DEPTH if leaning else 1):
        typed = {entity.name: _typed_shape(catalogue, entity, leaning) for entity in spec.entities}
        if typed == catalogue.entities:
            break
        catalogue = replace(catalogue, entities=typed)
    return catalogue


def _leaning_figures(spec: AppSpec) -> frozenset[str]:
    """The expressions of figures that speak of something called as a figure is."""
    names = {figure.name for entity in spec.entities for figure in entity.computed}
    words = {
        figure.expression: _WORD.findall(figure.expression) for one in spec.entities for figure in one.computed
    }
    return frozenset(expression for expression, named in words.items() if names.intersection(named))


def _untyped_shape(entity: EntitySpec, digits: int) -> EntityShape:
    fields = {field.name: FieldShape(field.name, field_type(field, digits)) for field in entity.fields}
    figures = {figure.name: FieldShape(figure.name, UNREAD, figure.expression) for figure in entity.computed}
    return EntityShape(entity.name, entity.table, fields | figures)


def _typed_shape(catalogue: Catalogue, entity: EntitySpec, leaning: frozenset[str]) -> EntityShape:
    """The kind of record with the types of its figures; those that lean on none are read once."""
    shape = catalogue.entity(entity.name)
    fields = dict(shape.fields)
    for figure in entity.computed:
        is_known = fields[figure.name].type is not UNREAD
        if is_known and figure.expression not in leaning:
            continue
        try:
            value = Compiler(catalogue).value(figure.expression, entity.name, digits=figure.digits)
        except Fault as fault:
            raise Fault(f"{entity.name}.{figure.name}: {fault}") from fault
        fields[figure.name] = FieldShape(figure.name, value.type, figure.expression)
    return EntityShape(shape.name, shape.table, fields)


def field_type(field: FieldSpec, digits: int) -> Type:
    """The type of a field in expressions."""
    kind = FIELD_TYPES[field.type].value
    scale = {FieldType.MONEY: digits, FieldType.DECIMAL: field.digits}.get(field.type, 0)
    return Type(kind, scale, field.ref or "", field.choices)


def expressions_of(spec: AppSpec) -> Iterator[Place]:
    """Every expression of the specification but the computed fields themselves."""
    for entity in spec.entities:
        yield from _entity_expressions(entity)
        for move in entity.moves:
            yield from _move_expressions(spec, entity, move)
    for form in spec.forms:
        asked = spec.entity(form.entity)
        for offer in form.offers:
            field = asked.field(offer.field) if asked is not None else None
            if field is not None and field.ref:
                where = f"form {form.action!r}, offers {offer.field}"
                yield Place(where, field.ref, offer.only_if, True)
    for message in spec.messages:
        yield from _message_expressions(message)
    for rule in spec.rules:
        for text in (rule.condition, rule.when):
            if text:
                yield Place(f"rule {rule.about!r}", rule.entity, text, True)


def _message_expressions(message: MessageSpec) -> Iterator[Place]:
    where = f"message {message.name!r}"
    if message.only_if:
        yield Place(f"{where}, only_if", message.entity, message.only_if, True)
    if message.date:
        yield Place(f"{where}, date", message.entity, message.date, False, is_moment=True)
    for place in message.places:
        if place not in (LINK, APP):
            yield Place(f"{where}, {{{place}}}", message.entity, place, False)


def _entity_expressions(entity: EntitySpec) -> Iterator[Place]:
    for field in entity.fields:
        if field.starts_as:
            yield Place(f"{entity.name}.{field.name}, starts_as", entity.name, field.starts_as, False, field.ref)
    if entity.public_if:
        yield Place(f"{entity.name}, public_if", entity.name, entity.public_if, True)
    for right in entity.rights:
        if right.only_if:
            yield Place(f"right of {right.role} on {entity.name}, only_if", entity.name, right.only_if, True)


def _move_expressions(spec: AppSpec, entity: EntitySpec, move: MoveSpec) -> Iterator[Place]:
    if move.only_if:
        yield Place(f"move {move.label!r} of {entity.name}, only_if", entity.name, move.only_if, True)
    for assignment in move.sets:
        where = f"move {move.label!r} of {entity.name}, sets {assignment.field}"
        by_link = entity.field(assignment.link) if assignment.link else None
        holder = spec.entity(by_link.ref or "") if by_link is not None else entity
        field = holder.field(assignment.name) if holder is not None else None
        yield Place(where, entity.name, assignment.value, False, field.ref if field is not None else None)


def check_unit(figure: ComputedSpec, worked_out: Type, where: str) -> None:
    """Fault when a unit is said of what is no number."""
    if figure.unit and worked_out.kind is not Kind.NUMBER:
        what = (
            "money has the currency of the app" if worked_out.kind is Kind.MONEY else f"this is {worked_out.kind}"
        )
        raise Fault(f"{where}: only a number has a unit, and {what}")


def check_expressions(spec: AppSpec) -> None:
    """ValueError with the place and the fault when an expression cannot be used."""
    try:
        compiler = Compiler(catalogue_of(spec))
        # A second pass: figures that lean on figures know their types only now.
        for entity in spec.entities:
            for figure in entity.computed:
                value = compiler.value(figure.expression, entity.name, digits=figure.digits)
                check_unit(figure, value.type, f"{entity.name}.{figure.name}")
    except Fault as fault:
        raise ValueError(str(fault)) from fault
    for place in expressions_of(spec):
        try:
            if place.is_condition:
                compiler.condition(place.text, place.entity)
            else:
                value = compiler.value(place.text, place.entity, link=place.link)
                if place.is_moment and not value.type.is_moment:
                    raise Fault(
                        f"{place.text!r} is {value.type.kind.value}, and must be a date, with a time or not"
                    )
        except Fault as fault:
            raise ValueError(f"{place.where}: {fault}") from fault


# The generator asks for every expression of an app; working the catalogue out each time read them all again.
@lru_cache(maxsize=64)
def _cached_catalogue(spec: AppSpec) -> Catalogue:
    return catalogue_of(spec)


def compiler_of(spec: AppSpec) -> Compiler:
    """A compiler of the app's expressions; each numbers from 1, so that an app is written the same twice."""
    return Compiler(_cached_catalogue(spec))
