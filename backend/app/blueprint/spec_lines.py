"""Lines: records that are entered inside the form of what they belong to, such as the lines of an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.blueprint.spec_kinds import OnDelete

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec


def line_kind(spec: AppSpec, entity: EntitySpec) -> tuple[EntitySpec, FieldSpec] | None:
    """The kind of record that is entered inside the form of this one, and the field that links it there."""
    child = spec.entity(entity.lines) if entity.lines else None
    link = _link_to(child, entity.name) if child is not None else None
    return (child, link) if child is not None and link is not None else None


def lines_of(spec: AppSpec, entity: EntitySpec) -> FieldSpec | None:
    """The field by which records of this kind are the lines of another, if they are."""
    parent = next((holder for holder in spec.entities if holder.lines == entity.name), None)
    return _link_to(entity, parent.name) if parent is not None else None


def _link_to(child: EntitySpec, parent: str) -> FieldSpec | None:
    return next((field for field in child.fields if field.ref == parent), None)


def check_lines(spec: AppSpec) -> None:
    """ValueError when lines cannot be entered inside the form that names them."""
    for entity in spec.entities:
        if entity.lines:
            _check_kind(spec, entity, entity.lines)
    for form in spec.forms:
        _check_form(spec, form.entity, form.lines)


def _check_kind(spec: AppSpec, entity: EntitySpec, name: str) -> None:
    child = spec.entity(name)
    if child is None or child.name == entity.name:
        raise ValueError(f"the lines of {entity.name!r} are {name!r}, which is no other entity of this app")
    link = _link_to(child, entity.name)
    if link is None or not link.required or link.on_delete is not OnDelete.CASCADE:
        raise ValueError(
            f"{name!r} are lines of {entity.name!r}, so they need a ref to it that is required "
            'and deleted with it: required = true, on_delete = "cascade"'
        )
    if child.lines:
        raise ValueError(f"{name!r} are lines of {entity.name!r}, so they have no lines of their own")
    parents = [holder.name for holder in spec.entities if holder.lines == name]
    if len(parents) > 1:
        raise ValueError(f"{name!r} are the lines of one entity, not of {' and '.join(parents)}")


def _check_form(spec: AppSpec, name: str, asked: tuple[str, ...]) -> None:
    entity = spec.entity(name)
    kind = line_kind(spec, entity) if entity is not None else None
    if asked and kind is None:
        raise ValueError(f"the form of {name!r} asks for lines, and {name!r} has none")
    if not asked or kind is None:
        return
    child, link = kind
    fields = {field.name for field in child.fields} - {link.name}
    for field in asked:
        if field not in fields:
            raise ValueError(f"the form of {name!r} asks for {child.name}.{field}, which does not exist")
    for needed in child.fields:
        is_left = needed.name != link.name and needed.name not in asked
        # A choice begins as its first, and what starts as something fills itself in.
        if is_left and needed.required and not needed.starts_as and not needed.choices:
            raise ValueError(f"the form of {name!r} must ask for {child.name}.{needed.name}, which is required")
