"""Reads the rules that keep a record as it is: when they hold, what they leave open, and how they are tried."""

from __future__ import annotations

from collections.abc import Iterator

from app.blueprint.expressions.nodes import Node, Path
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.field_types import COUNTED
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import AppSpec, EntitySpec, RuleSpec
from app.blueprint.spec_expressions import compiler_of
from app.blueprint.spec_queries import status_field


def lock_condition(rule: RuleSpec) -> str:
    """The condition for as long as which a record stays as it is."""
    return f"({rule.condition}) and ({rule.when})" if rule.when else str(rule.condition)


def lock_parts(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> dict[str, str | tuple[str, ...]]:
    """The parts of a `Locked` of the starter."""
    condition = lock_condition(rule)
    return {
        "condition": compiler_of(spec).condition(condition, entity.name),
        "opens": _left_open(entity, condition),
        "links": tuple(dict.fromkeys(_links_followed(entity, parse(condition)))),
    }


def _left_open(entity: EntitySpec, condition: str) -> tuple[str, ...]:
    """The fields that can still be changed by themselves: the state, where it does not change by moves.

    Else a slip of the finger would lock a record for good.
    """
    if entity.moves:
        return ()
    named = {path.steps[0] for path in paths(parse(condition)) if len(path.steps) == 1}
    state = status_field(entity)
    if state is not None and state.name in named:
        return (state.name,)
    return tuple(field.name for field in entity.fields if field.name in named and field.type in COUNTED)


def _links_followed(entity: EntitySpec, node: Node) -> Iterator[str]:
    """The links by which a condition about a record looks at another one, by its figures too."""
    for path in paths(node):
        yield from _links_of_path(entity, path)


def _links_of_path(entity: EntitySpec, path: Path) -> Iterator[str]:
    first = path.steps[1:] if path.steps[0] == "this" else path.steps
    field = entity.field(first[0]) if first else None
    figure = entity.figure(first[0]) if first else None
    if figure is not None:
        yield from _links_followed(entity, parse(figure.expression))
    elif field is not None and field.ref and len(first) > 1:
        yield field.name


def locked_scene(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Scene | None:
    """A record that the rule keeps as it is, with all that it belongs to."""
    return examples_of(spec).scene_where(entity, lock_condition(rule), True)
