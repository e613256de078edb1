"""Reads the rules of a specification as the words of `schema.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from app.blueprint.field_types import DATES
from app.blueprint.generate.expressions import ensure_parts
from app.blueprint.generate.locks import lock_parts
from app.blueprint.generate.stated import called_off, is_condition, statement
from app.blueprint.spans import orders_of, takes_time
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, FieldType, OnDelete, RuleKind, RuleSpec
from app.blueprint.spec_queries import counted_stock, finished, space_limit, sum_field, times_field

RuleWord = Literal["Unique", "NoOverlap", "Capacity", "Overdue", "Sum", "InOrder", "Stock", "Ensure", "Locked"]
"""The classes of rules in the starter's `model.py`."""

_ALWAYS_GIVEN: Final[Mapping[RuleWord, tuple[str, ...]]] = {
    "NoOverlap": ("start", "end", "ref"),
    "Overdue": ("date", "status", "done"),
    "Sum": ("money", "ref", "into"),
    "Stock": ("ref", "counted", "quantity"),
}

Values = Mapping[str, str | tuple[str, ...] | tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Rule:
    """A rule as the app says it: the word of `model.py` and its arguments."""

    word: RuleWord
    entity: EntitySpec
    about: str
    values: Values

    def py(self) -> str:
        """The rule as a line of `schema.py`."""
        values_given = {**{name: value for name, value in self.values.items() if value}, "about": self.about}
        # These have no default in the app's own classes, so an empty one is written out.
        always = {name: self.values.get(name, "") for name in _ALWAYS_GIVEN.get(self.word, ())}
        return (
            f"{self.word}({', '.join(f'{name}={value!r}' for name, value in {**always, **values_given}.items())})"
        )

    def text(self, name: str) -> str:
        """One of its values that is a single word."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def words(self, name: str) -> tuple[str, ...]:
        """One of its values that is several words."""
        return tuple(value for value in self.values.get(name, ()) if isinstance(value, str))


def rules_of(spec: AppSpec, entity: EntitySpec) -> list[Rule]:
    """The rules of one kind of record; one whose fields do not fit its kind is left out."""
    stated = [rule for rule in spec.rules if rule.entity == entity.name]
    translated = [_translate(spec, entity, rule) for rule in (*stated, *orders_of(spec, entity))]
    return [rule for rule in translated if rule is not None]


def _translate(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Rule | None:
    fields = [field for field in map(entity.field, rule.fields) if field is not None]
    if is_condition(rule) or rule.kind is RuleKind.LOCKED:
        return _condition_rule(spec, entity, rule)
    match rule.kind:
        case RuleKind.UNIQUE:
            return Rule("Unique", entity, rule.about, {"fields": rule.fields, "ignore": called_off(entity)})
        case RuleKind.NO_OVERLAP:
            return _overlap_rule(entity, rule, fields)
        case RuleKind.CAPACITY:
            return _capacity_rule(spec, entity, rule, fields)
        case RuleKind.OVERDUE:
            return _overdue_rule(entity, rule, fields)
        case RuleKind.IN_ORDER:
            return _order_rule(spec, entity, rule, fields)
        case RuleKind.STOCK:
            return _stock_rule(spec, entity, rule, fields)
        case RuleKind.SUM:
            return _sum_rule(spec, entity, rule, fields)
        case RuleKind.ENSURE | RuleKind.ONE_OPEN | RuleKind.LOCKED:
            return None  # all of them are always conditions
        case _:
            assert_never(rule.kind)


def _condition_rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Rule | None:
    if rule.kind is RuleKind.LOCKED:
        return Rule("Locked", entity, rule.about, lock_parts(spec, entity, rule))
    stands = statement(spec, entity, rule) is not None
    return Rule("Ensure", entity, rule.about, dict(ensure_parts(spec, entity, rule))) if stands else None


def _links_among(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    return [field for field in fields if field.ref]


def _integers_among(fields: Sequence[FieldSpec]) -> list[str]:
    return [field.name for field in fields if field.type is FieldType.INT]


def _dates_among(fields: Sequence[FieldSpec]) -> list[str]:
    return [field.name for field in fields if field.type in DATES]


def _overlap_rule(entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    dates, refs = _dates_among(fields), _links_among(fields)
    if not dates or not refs:
        return None
    start, end = dates[0], dates[1] if len(dates) > 1 else ""
    # An end says more than a duration, so the minutes count only without one.
    lasts = "" if end else next(iter(_integers_among(fields)), "")
    values: Values = {
        "start": start, "end": end, "ref": refs[0].name, "lasts": lasts, "ignore": called_off(entity)
    }  # fmt: skip
    return Rule("NoOverlap", entity, rule.about, values)


def _capacity_rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    for field in _links_among(fields):
        parent = spec.entity(field.ref or "")
        limit = space_limit(parent) if parent else None
        if limit:
            takes = next(iter(_integers_among(fields)), "")
            values: Values = {"ref": field.name, "limit": limit, "takes": takes, "ignore": called_off(entity)}
            return Rule("Capacity", entity, rule.about, values)
    return None


def _overdue_rule(entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    dates = _dates_among(fields)
    status = next((field for field in fields if field.type is FieldType.CHOICE), None)
    # With no finished state a record would be late for ever.
    if not dates or (status is not None and not finished(status)):
        return None
    name, done = (status.name, finished(status)) if status else ("", ())
    return Rule("Overdue", entity, rule.about, {"date": dates[0], "status": name, "done": done})


def _order_rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    kinds = {field.type for field in fields}
    # Decimals are kept as whole numbers of their smallest part, so only those of the same parts compare.
    alike = len(kinds) == 1 and len({field.digits for field in fields}) == 1
    comparable = kinds <= set(DATES) or (alike and kinds <= NUMBERS)
    if len(fields) < 2 or not comparable:
        return None
    names = {"earlier": fields[0].name, "later": fields[1].name}
    return Rule(
        "InOrder", entity, rule.about, {**names, "takes": "time" if takes_time(spec, entity, rule) else ""}
    )


def _stock_rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    for field in _links_among(fields):
        product = spec.entity(field.ref or "")
        counted = counted_stock(product) if product else None
        if counted:
            quantity = next(iter(_integers_among(fields)), "")
            off = _calls_off(spec, entity, product_ref=field.name)
            values = {"ref": field.name, "counted": counted, "quantity": quantity, **off}
            return Rule("Stock", entity, rule.about, values)
    return None


def _calls_off(spec: AppSpec, entity: EntitySpec, *, product_ref: str) -> dict[str, str | tuple[str, ...]]:
    """The words that call a taking off: those of the order that it is a line of, or else of its own status."""
    for field in _links_among(entity.fields):
        order = spec.entity(field.ref or "")
        words = called_off(order) if order and field.name != product_ref else ()
        # Such a line goes when its order does, so what calls the order off calls the line off.
        if words and field.on_delete is OnDelete.CASCADE:
            return {"ignore": words, "through": field.name}
    return {"ignore": called_off(entity)}


def _sum_rule(spec: AppSpec, entity: EntitySpec, rule: RuleSpec, fields: Sequence[FieldSpec]) -> Rule | None:
    money = next((field for field in fields if field.type is FieldType.MONEY), None)
    ref = next(iter(_links_among(fields)), None)
    parent = spec.entity(ref.ref or "") if ref else None
    if money is None or ref is None or parent is None or parent.name == entity.name:
        return None
    values = {"money": money.name, "ref": ref.name, "into": sum_field(parent) or ""}
    return Rule("Sum", entity, rule.about, {**values, "times": times_field(entity, money) or ""})
