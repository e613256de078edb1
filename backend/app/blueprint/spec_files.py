"""The limits on uploaded fields: a specification may only say that a file is there, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.blueprint.expressions.nodes import Path
from app.blueprint.expressions.parser import parse
from app.blueprint.field_types import UPLOADED
from app.blueprint.spec_kinds import RuleKind

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec, EntitySpec


def has_files(spec: AppSpec) -> bool:
    """True if records of the app hold pictures or files."""
    return any(field.type in UPLOADED for entity in spec.entities for field in entity.fields)


def check_files(spec: AppSpec) -> None:
    """ValueError when an uploaded field is used as if it were a word or a number."""
    uploaded = {
        entity.name: {field.name for field in entity.fields if field.type in UPLOADED} for entity in spec.entities
    }
    for rule in spec.rules:
        for name in uploaded.get(rule.entity, set()) & set(rule.fields):
            if rule.kind is not RuleKind.ENSURE:
                raise ValueError(f"the rule {rule.about!r}: {name!r} is uploaded, so it cannot be compared")
    for entity in spec.entities:
        _check_entity(entity, uploaded[entity.name])


def _check_entity(entity: EntitySpec, uploaded: set[str]) -> None:
    for move in entity.moves:
        for assignment in move.sets:
            if assignment.field in uploaded:
                raise ValueError(
                    f"move {move.label!r} of {entity.name!r}: {assignment.field!r} is uploaded; "
                    "let the move ask for it"
                )
    for figure in entity.computed:
        node = parse(figure.expression)
        if isinstance(node, Path) and node.steps[-1] in uploaded:
            raise ValueError(f"{entity.name}.{figure.name} would only say the name of a file")
