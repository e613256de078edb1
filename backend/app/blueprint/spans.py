"""Spans of time: a kind with a start and an end refuses an end before it, by a rule or without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.blueprint.expressions.nodes import Binary, Call, Node, Path
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import walk
from app.blueprint.field_types import DATES
from app.blueprint.shape_rules import times_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first

_ENDS: Final = ("end", "until", "to_", "back", "leaves", "check_out", "checkout", "departure", "finish")
_NIGHTS: Final = re.compile(r"\bnights?\b|\bovernight\b", re.IGNORECASE)
_COMPARED: Final = frozenset({"<", "<=", ">", ">="})
_LASTS: Final = frozenset({"=", ">", ">="})

Span = tuple[FieldSpec, FieldSpec]


def orders_of(spec: AppSpec, entity: EntitySpec) -> list[RuleSpec]:
    """The orders that follow from the spans of a kind of record and that no rule of the specification states."""
    return [_order_of(spec, entity, span) for span in _spans(spec, entity) if not _is_stated(spec, entity, span)]


def takes_time(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> bool:
    """True if the end that a rule puts in order comes after the start: a booking from four to four is none.

    One that begins and ends on a day takes that day, unless the words say that nights are counted.
    """
    fields = [field for field in map(entity.field, rule.fields) if field is not None]
    if len(fields) != 2 or any(field.type not in DATES for field in fields):
        return False
    span = (fields[0], fields[1])
    written = {assignment.name for move in entity.moves for assignment in move.sets}
    if written & {field.name for field in span}:
        # What a step writes down happened when it did: a machine may stop and run again within a minute.
        return False
    is_span = span in _spans(spec, entity) or span[1].name.startswith(_ENDS)
    is_timed = span[0].type is span[1].type is FieldType.DATETIME
    return is_span and (is_timed or _counts_nights(spec, entity))


def _spans(spec: AppSpec, entity: EntitySpec) -> list[Span]:
    rules = [rule for rule in spec.rules if rule.entity == entity.name and rule.kind is RuleKind.NO_OVERLAP]
    pairs = [rule.fields[:2] for rule in rules if len(rule.fields) == 3] + [times_of(entity)]
    spans = [tuple(field for field in map(entity.field, pair) if field is not None) for pair in pairs]
    return list(dict.fromkeys((span[0], span[1]) for span in spans if _is_span(span)))


def _is_span(fields: tuple[FieldSpec, ...]) -> bool:
    return len(fields) == 2 and fields[0].type is fields[1].type and fields[0].type in DATES


def _is_stated(spec: AppSpec, entity: EntitySpec, span: Span) -> bool:
    names = {field.name for field in span}
    return any(
        names == set(rule.fields)
        if rule.kind is RuleKind.IN_ORDER
        else any(names == compared for compared in _compared_in(rule))
        for rule in spec.rules
        if rule.entity == entity.name
    )


def _compared_in(rule: RuleSpec) -> Iterator[set[str]]:
    """The pairs of fields that a condition of a rule compares, or between which it wants some time."""
    for node in walk(parse(rule.condition)) if rule.condition and rule.kind is RuleKind.ENSURE else ():
        if isinstance(node, Binary) and node.operator in _COMPARED:
            yield _names_among(node.left, node.right)
        if isinstance(node, Binary) and node.operator in _LASTS and isinstance(node.left, Call):
            yield _names_among(*node.left.arguments)


def _names_among(*nodes: Node) -> set[str]:
    return {node.steps[0] for node in nodes if isinstance(node, Path) and len(node.steps) == 1}


def _order_of(spec: AppSpec, entity: EntitySpec, span: Span) -> RuleSpec:
    start, end = span
    rule = RuleSpec(kind=RuleKind.IN_ORDER, entity=entity.name, fields=(start.name, end.name), about="-")
    word = "must be after" if takes_time(spec, entity, rule) else "must not be before"
    return rule.model_copy(update={"about": f"{end.label} {word} {lower_first(start.label)}."})


def _counts_nights(spec: AppSpec, entity: EntitySpec) -> bool:
    texts = [entity.label, entity.about]
    for field in entity.fields:
        texts += [field.label, field.name.replace("_", " ")]
    for figure in entity.computed:
        texts += [figure.label, figure.about, figure.name.replace("_", " ")]
    texts += [rule.about for rule in spec.rules if rule.entity == entity.name]
    return any(_NIGHTS.search(text) for text in texts)
