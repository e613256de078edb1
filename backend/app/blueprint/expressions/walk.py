"""Goes through the parts of an expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from app.blueprint.expressions.nodes import Aggregate, Call, Node, Path


def walk(node: Node) -> Iterator[Node]:
    """The expression and everything inside it."""
    yield node
    for child in children(node):
        yield from walk(child)


def paths(node: Node) -> list[Path]:
    """The fields and links that an expression names."""
    return [part for part in walk(node) if isinstance(part, Path)]


def speaks_of_today(node: Node) -> bool:
    """True if an expression may turn out differently another day."""
    return any(
        (isinstance(part, Path) and part.steps[0] in ("today", "now"))
        or (isinstance(part, Call) and part.name in ("age", "today", "now"))
        or (isinstance(part, Aggregate) and part.function == "streak")
        for part in walk(node)
    )


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below one."""
    for part in fields(node):
        yield from _nodes_in(getattr(node, part.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)
    elif is_dataclass(value):
        yield value  # type: ignore[misc]  # every dataclass in a node is a node
