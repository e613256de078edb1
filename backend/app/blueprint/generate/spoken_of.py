"""What the expressions of an app speak of: figures, days of the week, times of day, today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.blueprint.expressions.nodes import Binary, Call, Node, Path, Value
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import speaks_of_today, walk
from app.blueprint.generate.stated import Statement
from app.blueprint.spec import AppSpec


def figures(spec: AppSpec, name: str) -> list[Node]:
    """The figures of a kind of record."""
    entity = spec.entity(name)
    return [parse(figure.expression) for figure in entity.computed] if entity else []


def goes_by_weekday(texts: Iterable[str]) -> bool:
    """True if what an expression says of a day may turn out differently so many days from another day."""
    return calls(texts, "weekday")


def clocks_named(texts: Iterable[str]) -> Iterator[str]:
    """The times of day that expressions name, such as at(day, "18:00")."""
    at_calls = (
        part for text in texts for part in walk(parse(text)) if isinstance(part, Call) and part.name == "at"
    )
    for call in at_calls:
        yield from (
            part.value for part in call.arguments if isinstance(part, Value) and isinstance(part.value, str)
        )


def texts_of(spec: AppSpec) -> Iterator[str]:
    """The expressions by which records are judged: figures, rules and moves."""
    for entity in spec.entities:
        yield from (figure.expression for figure in entity.computed)
        yield from (move.only_if for move in entity.moves if move.only_if)
    for rule in spec.rules:
        yield from (text for text in (rule.condition, rule.when) if text)


def mentions_today(spec: AppSpec, stated: Statement) -> bool:
    """True if a condition may turn out differently another day, by itself or by a figure of the app."""
    figure_names = {figure.name for entity in spec.entities for figure in entity.computed}
    by_time = {
        figure.name
        for entity in spec.entities
        for figure in entity.computed
        if speaks_of_today(parse(figure.expression))
    }
    nodes = [parse(text) for text in stated if text]
    steps = {step for node in nodes for part in walk(node) if isinstance(part, Path) for step in part.steps}
    # A figure may lean on another one that goes by the day.
    return any(map(speaks_of_today, nodes)) or bool(steps & figure_names and by_time)


def calls(texts: Iterable[str], *names: str) -> bool:
    """True if an expression calls one of these functions."""
    return any(isinstance(part, Call) and part.name in names for text in texts for part in walk(parse(text)))


def equal_texts(node: Node) -> Iterator[tuple[str, str]]:
    """The fields that a condition wants to have a text in any case, and the first of the texts."""
    match node:
        case Binary("and", left, right):
            yield from equal_texts(left)
            yield from equal_texts(right)
        case Binary("=", Path((name,)), Value(str(text))):
            yield name, text
