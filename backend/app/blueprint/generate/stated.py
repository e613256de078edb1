"""States the rules of a kind of record as conditions that each record must keep, as expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

from app.blueprint.expressions.nodes import Call
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths, walk
from app.blueprint.field_types import DATES, ONE_LINE
from app.blueprint.rule_kinds import COUNTING
from app.blueprint.spans import orders_of, takes_time
from app.blueprint.spec import (
    NUMBERS,
    STATED,
    AppSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    MoveSpec,
    RuleKind,
    RuleSpec,
)
from app.blueprint.spec_queries import CALLED_OFF, FINISHED, counted_stock, finished, space_limit, status_field

Statement = tuple[str, str | None]
"""A condition, and the one under which it is judged."""

_NAMES: Final = re.compile(r"[a-z_][a-z0-9_]*")
_NO: Final = frozenset({"no", "not", "cannot", "can't"})
DIFFERING: Final = ONE_LINE | {FieldType.INT}
"""The types whose values the tests of an app make different for each record, where a rule wants them to be."""


def off_field(entity: EntitySpec) -> FieldSpec | None:
    """The choice by which a record can be called off."""
    choices = [field for field in entity.fields if field.type is FieldType.CHOICE and _off_words(field)]
    status = status_field(entity)
    return status if status in choices else next(iter(choices), None)


def _off_words(field: FieldSpec) -> tuple[str, ...]:
    finished_words = finished(field, CALLED_OFF)
    refusals = (choice for choice in field.choices if choice.casefold().split()[0] in _NO)
    # A list of kinds may hold such a word too; a record begins with its first choice, which keeps it alive.
    return tuple(choice for choice in dict.fromkeys((*finished_words, *refusals)) if choice != field.choices[0])


def called_off(entity: EntitySpec) -> tuple[str, ...]:
    """The words of a record that stands in nobody's way any more."""
    field = off_field(entity)
    return _off_words(field) if field else ()


def is_condition(rule: RuleSpec) -> bool:
    """True if an app judges the rule as a condition, since its fields alone do not say it."""
    if rule.kind is RuleKind.LOCKED:
        return False
    if rule.kind in (RuleKind.ENSURE, RuleKind.ONE_OPEN) or rule.condition is not None:
        return True
    return rule.kind in STATED and (rule.when is not None or _has_number(rule))


def _has_number(rule: RuleSpec) -> bool:
    return rule.kind is RuleKind.CAPACITY and rule.limit is not None


def conditions_of(spec: AppSpec, entity: EntitySpec) -> list[RuleSpec]:
    """The rules of a kind of record that are conditions on it."""
    return [rule for rule in spec.rules if rule.entity == entity.name and is_condition(rule)]


def is_tangled(spec: AppSpec, entity: EntitySpec) -> bool:
    """True if the rules of a kind stand beside others that a record must keep while one of them is broken."""
    orders = [rule for rule in spec.rules if rule.entity == entity.name and rule.kind is RuleKind.IN_ORDER]
    return bool(conditions_of(spec, entity)) or len(orders) > 1


def differing_fields(spec: AppSpec, entity: EntitySpec) -> list[str]:
    """The fields of conditions that no two records share, whose values can always be made different."""
    names: list[str] = []
    for rule in conditions_of(spec, entity):
        fields = [field for field in map(entity.field, rule.fields) if field is not None]
        if rule.kind is RuleKind.UNIQUE:
            days = (
                []
                if any(field.ref for field in fields)
                else [field for field in fields if field.type in DATES][:1]
            )
            names += [field.name for field in [field for field in fields if field.type in DIFFERING] or days]
    return names


def judged_rules(spec: AppSpec, entity: EntitySpec) -> list[RuleSpec]:
    """The rules of a kind of record that can be stated and that its examples do not keep by themselves."""
    rules = [*(rule for rule in spec.rules if rule.entity == entity.name), *orders_of(spec, entity)]
    return [
        rule
        for rule in rules
        if not _differs_by_itself(entity, rule) and statement(spec, entity, rule) is not None
    ]


def _differs_by_itself(entity: EntitySpec, rule: RuleSpec) -> bool:
    fields = [field for field in map(entity.field, rule.fields) if field is not None]
    is_plain = rule.kind is RuleKind.UNIQUE and not is_condition(rule)
    return is_plain and any(field.type in DIFFERING for field in fields)


def statement(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Statement | None:
    """A rule as the condition that it upholds; None for one that refuses nothing by itself."""
    if rule.condition is not None and rule.kind is not RuleKind.LOCKED:
        return rule.condition, rule.when
    match rule.kind:
        case RuleKind.ONE_OPEN:
            return _limited_statement(entity, rule)
        case RuleKind.CAPACITY:
            if rule.limit is not None:
                return _limited_statement(entity, rule)
            return _counted_statement(spec, entity, rule)
        case RuleKind.STOCK:
            return _counted_statement(spec, entity, rule)
        case RuleKind.IN_ORDER:
            after = ">" if takes_time(spec, entity, rule) else ">="
            return f"{rule.fields[1]} {after} {rule.fields[0]}", rule.when
        case RuleKind.UNIQUE:
            return _unique_statement(entity, rule, rule.when or _not_called_off(entity))
        case RuleKind.NO_OVERLAP:
            return _overlap_statement(entity, rule)
        case RuleKind.OVERDUE | RuleKind.SUM | RuleKind.ENSURE | RuleKind.LOCKED:
            return None
        case _:
            assert_never(rule.kind)


def measured_fields(spec: AppSpec, entity: EntitySpec) -> frozenset[str]:
    """The texts whose length a rule of their kind looks at."""
    nodes = [
        part
        for rule in judged_rules(spec, entity)
        for text in statement(spec, entity, rule) or ()
        if text
        for part in walk(parse(text))
    ]
    calls = [node for node in nodes if isinstance(node, Call) and node.name == "length"]
    steps = [path.steps for call in calls for path in paths(call)]
    return frozenset(names[-1] for names in steps if len(names) == 1 or names[0] == "this")


def filled_asks(entity: EntitySpec, move: MoveSpec, stated: Sequence[Statement]) -> list[Statement]:
    """That a step has been given the numbers and days it asks for which the rules of its records look at."""
    names = set(_NAMES.findall(" ".join(text for pair in stated for text in pair if text)))
    asked = [field for field in map(entity.field, move.asks) if field is not None and field.name in names]
    return [(f"{field.name} is not empty", None) for field in asked if field.type in {*NUMBERS, *DATES}]


def left_over(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> tuple[str, str, str] | None:
    """The remainder of a condition that counts.

    It is told by its link, the entity that this points at, and the expression about one.
    """
    ref = next((field for field in map(entity.field, rule.fields) if field is not None and field.ref), None)
    target = spec.entity(ref.ref or "") if ref else None
    if rule.condition is not None or rule.kind not in COUNTING or ref is None or target is None:
        return None
    limit = space_limit(target) if rule.kind is RuleKind.CAPACITY else counted_stock(target)
    live = rule.when or (_is_live(entity, rule) if _has_number(rule) else _not_called_off(entity))
    amounts = [name for name in rule.fields if (field := entity.field(name)) and field.type is FieldType.INT]
    counted = f"sum(or_else({amounts[0]}, 1) of {entity.name}" if amounts else f"count({entity.name}"
    taken = f"{counted} via {ref.name}" + (f" where {live})" if live else ")")
    most = rule.limit if rule.limit is not None else limit
    return (ref.name, target.name, f"{most} - {taken}") if most is not None else None


def _limited_statement(entity: EntitySpec, rule: RuleSpec) -> Statement:
    """A capacity with the founder's number, or what is out until it is back."""
    is_live = rule.when or _is_live(entity, rule)
    ref = rule.fields[0]
    others = f"{ref} = this.{ref}" + (f" and {is_live}" if is_live else "")
    if rule.kind is RuleKind.ONE_OPEN:
        # Without a link, since it is those of the same kind that are counted.
        return f"count({entity.name} via none where id != this.id and {others}) = 0", is_live
    return f"{_sum_taken(entity, rule.fields[1:], others)} <= {rule.limit}", is_live


def _sum_taken(entity: EntitySpec, amount: tuple[str, ...], others: str) -> str:
    counted = f"sum(or_else({amount[0]}, 1) of {entity.name}" if amount else f"count({entity.name}"
    return f"{counted} via none where {others})"


def _is_live(entity: EntitySpec, rule: RuleSpec) -> str | None:
    """The condition under which a record counts: for one_open until it is finished, else unless called off."""
    status = status_field(entity)
    if status is None:
        return None
    over = finished(status, FINISHED if rule.kind is RuleKind.ONE_OPEN else CALLED_OFF)
    words = ", ".join(f'"{choice}"' for choice in over)
    return f"{status.name} not in ({words})" if words else None


def _not_called_off(entity: EntitySpec) -> str | None:
    field, words = off_field(entity), called_off(entity)
    # What has no state yet stands in the way as well.
    return (
        f"({field.name} is empty or {field.name} not in ({', '.join(map(_quote, words))}))"
        if field and words
        else None
    )


def _quote(word: str) -> str:
    return f'"{word}"'


def _counted_statement(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Statement | None:
    """No more may be taken than the linked record says there is."""
    ref = next((field for field in map(entity.field, rule.fields) if field is not None and field.ref), None)
    target = spec.entity(ref.ref or "") if ref else None
    limit = None
    if target is not None:
        limit = space_limit(target) if rule.kind is RuleKind.CAPACITY else counted_stock(target)
    if ref is None or limit is None:
        return None
    live = rule.when or _not_called_off(entity)
    others = f"{ref.name} = this.{ref.name}" + (f" and {live}" if live else "")
    amounts = tuple(name for name in rule.fields if (field := entity.field(name)) and field.type is FieldType.INT)
    return f"{_sum_taken(entity, amounts[:1], others)} <= {ref.name}.{limit}", live


def _unique_statement(entity: EntitySpec, rule: RuleSpec, live: str | None) -> Statement:
    same_fields = " and ".join(f"{name} = this.{name}" for name in rule.fields) + (f" and {live}" if live else "")
    return f"count({entity.name} via none where id != this.id and {same_fields}) = 0", live


def _overlap_statement(entity: EntitySpec, rule: RuleSpec) -> Statement | None:
    fields = [field for field in map(entity.field, rule.fields) if field is not None]
    dates = [field for field in fields if field.type in DATES]
    refs = [field for field in fields if field.ref]
    if not dates or not refs:
        return None
    start, ref, live = dates[0].name, refs[0].name, rule.when or _not_called_off(entity)
    minutes = [] if len(dates) > 1 else [field for field in fields if field.type is FieldType.INT]
    # What ends at ten makes room for what begins at ten; a day is taken as a whole.
    under = "<" if dates[-1].type is FieldType.DATETIME else "<="

    def over(record: str) -> str:
        if minutes:
            return f"add_minutes({record}{start}, or_else({record}{minutes[0].name}, 0))"
        return f"or_else({record}{dates[1].name}, {record}{start})" if len(dates) > 1 else f"{record}{start}"

    meets = f"({start} {under} {over('this.')} and this.{start} {under} {over('')}) or {start} = this.{start}"
    same_span = f"{ref} = this.{ref} and ({meets})" + (f" and {live}" if live else "")
    return f"count({entity.name} via none where id != this.id and {same_span}) = 0", live
