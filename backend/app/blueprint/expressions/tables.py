"""The tables that decide whether a condition about a record goes on to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.blueprint.expressions.catalogue import Catalogue
from app.blueprint.expressions.nodes import Aggregate, Node, Path
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import children
from app.blueprint.spec_expressions import catalogue_of

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec


def watched_tables(spec: AppSpec, entity: str, *texts: str) -> tuple[str, ...]:
    """The tables whose changes may make a condition about a record of `entity` false that was judged before.

    There are none for a condition without a figure over records: "lines are added while the order is a draft" is
    judged when a line is written, and says nothing about later.
    """
    catalogue = catalogue_of(spec)
    counted: set[str] = set()
    linked: set[str] = set()
    for text in filter(None, texts):
        _collect_tables(catalogue, parse(text), entity, entity, counted, linked)
    # Without its own table, unless it is counted there too: the record itself is judged when it is written.
    names = counted | (linked - {entity}) if counted else set()
    return tuple(sorted(catalogue.entity(name).table for name in names))


def _collect_tables(
    catalogue: Catalogue, node: Node, root: str, here: str, counted: set[str], linked: set[str]
) -> None:
    if isinstance(node, Path):
        _follow_path(catalogue, node.steps, root, here, counted, linked)
        return
    inside = here
    if isinstance(node, Aggregate):
        inside = node.entity
        counted.add(inside)
    for child in children(node):
        _collect_tables(catalogue, child, root, inside, counted, linked)


def _follow_path(
    catalogue: Catalogue, steps: tuple[str, ...], root: str, here: str, counted: set[str], linked: set[str]
) -> None:
    current = root if steps[0] == "this" else here
    for step in steps[1:] if steps[0] == "this" else steps:
        shape = catalogue.entity(current).fields.get(step)
        # `me`, `today` and what does not exist lead to no table.
        if shape is None:
            return
        linked.add(current)
        if shape.expression:
            _collect_tables(catalogue, parse(shape.expression), current, current, counted, linked)
        if not shape.type.entity:
            return
        current = shape.type.entity
