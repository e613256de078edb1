"""The tables that an expression looks at beside the one of its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.blueprint.expressions.catalogue import Catalogue
from app.blueprint.expressions.nodes import Aggregate, Node, Path
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import children
from app.blueprint.spec_expressions import catalogue_of

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec


def tables_of(spec: AppSpec, entity: str, *texts: str) -> tuple[str, ...]:
    """The tables whose records decide what the expressions about a record of `entity` say, its own left out."""
    catalogue = catalogue_of(spec)
    names: set[str] = set()
    for text in filter(None, texts):
        _collect(catalogue, parse(text), entity, entity, names)
    names.discard(entity)
    return tuple(sorted(catalogue.entity(name).table for name in names))


def _collect(catalogue: Catalogue, node: Node, root: str, here: str, names: set[str]) -> None:
    if isinstance(node, Path):
        _follow(catalogue, node.steps, root, here, names)
        return
    inside = here
    if isinstance(node, Aggregate):
        inside = node.entity
        names.add(inside)
    for child in children(node):
        _collect(catalogue, child, root, inside, names)


def _follow(catalogue: Catalogue, steps: tuple[str, ...], root: str, here: str, names: set[str]) -> None:
    current = root if steps[0] == "this" else here
    for step in steps[1:] if steps[0] == "this" else steps:
        shape = catalogue.entity(current).fields.get(step)
        if shape is None:
            return
        if shape.expression:
            before = len(names)
            _collect(catalogue, parse(shape.expression), current, current, names)
            if len(names) > before:
                names.add(current)
        if not shape.type.entity:
            return
        if step is not steps[-1]:
            names.add(shape.type.entity)
        current = shape.type.entity
