"""Values that a person could type, and values that no app should take, for each type of field."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from app.acceptance.once_only import OnceOnly
from app.blueprint.currencies import currency_of
from app.blueprint.field_types import DATES, FIELD_TYPES, TYPED
from app.blueprint.generate.example_records import examples_of, has_conditions
from app.blueprint.generate.scenes import relative_day
from app.blueprint.generate.stated import conditions_of, measured_fields
from app.blueprint.rule_kinds import COUNTING
from app.blueprint.spans import orders_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec

# Years after the example records, which lie around today; a Monday, from which samples go on by whole weeks.
_FIRST_DAY: Final = date(2031, 3, 3)
_PLENTY: Final = 40


class Samples:
    """Good values, each set unlike those before, so that one record never stands in another's way."""

    def __init__(self, spec: AppSpec) -> None:
        self._spec = spec
        self._numbers = itertools.count(1)
        self.once_only = OnceOnly(spec)

    def values(self, entity: EntitySpec) -> dict[str, str]:
        """A value for every field that points at no other record."""
        number = next(self._numbers)
        drawn = {
            field.name: self._value_of(entity, field, number, place)
            for place, field in enumerate(entity.fields)
            if field.type is not FieldType.REF
        }
        filled = (
            drawn | self._later_values(entity, drawn) | self._amounts_taken(entity) | self._example_values(entity)
        )
        filled |= {name: dated(text) for name, text in self.once_only.values(entity).items()}
        return filled | self._moved_later(entity, filled)

    def _example_values(self, entity: EntitySpec) -> dict[str, str]:
        """The values of the example record that keeps every condition, but for texts, which must differ."""
        if not has_conditions(self._spec):
            return {}
        texts = examples_of(self._spec).cast.texts[entity.name]
        # What the app fills in is left to it only where a condition may want it so.
        is_free = not conditions_of(self._spec, entity)
        left_out = {field.name for field in entity.fields if is_free and field.starts_as and not texts[field.name]}
        measured = measured_fields(self._spec, entity)
        taken = {
            name: text
            for name, text in texts.items()
            if name not in left_out and (name in measured or _is_taken(entity.field(name)))
        }
        return {name: dated(text) for name, text in taken.items()}

    def long_ago(self, entity: EntitySpec) -> dict[str, str]:
        """A value for every field with a day, long past and in the order that the rules want."""
        past = {field.name: FIELD_TYPES[field.type].past for field in entity.fields if field.type in DATES}
        return past | self._later_values(entity, past)

    def mark(self) -> str:
        """Words that stand nowhere else in the app."""
        return f"Zephyr {next(self._numbers)} Quill"

    def _value_of(self, entity: EntitySpec, field: FieldSpec, number: int, place: int) -> str:
        if field.type is FieldType.CHOICE:
            return field.choices[0]
        if field.lowest is not None or field.highest is not None:
            return _number_within(field)
        if field.type is FieldType.INT:
            return str(1000 + number if self._is_unique(entity, field) else _PLENTY)
        if field.type is FieldType.MONEY and currency_of(self._spec.currency).is_whole:
            return str(number % 90 + 10)
        day = _FIRST_DAY + timedelta(days=7 * number + place // 4)
        hour = 9 + place % 10
        return FIELD_TYPES[field.type].sample.format(
            number=number, letter=chr(97 + place), day=day.isoformat(), hour=hour, amount=number % 90 + 10
        )

    def _is_unique(self, entity: EntitySpec, field: FieldSpec) -> bool:
        return any(
            rule.kind is RuleKind.UNIQUE and rule.entity == entity.name and field.name in rule.fields
            for rule in self._spec.rules
        )

    def _later_values(self, entity: EntitySpec, values: Mapping[str, str]) -> dict[str, str]:
        """The values of fields that have to be later than another: one hour, or one day, after it."""
        later = {}
        for rule in (*self._spec.rules, *orders_of(self._spec, entity)):
            if rule.entity != entity.name:
                continue
            if rule.kind is RuleKind.IN_ORDER and rule.fields[0] in values:
                later[rule.fields[1]] = after(values[rule.fields[0]])
            if rule.kind is RuleKind.NO_OVERLAP and len(rule.fields) == 3 and minutes_of(entity, rule) is None:
                later[rule.fields[1]] = after(values[rule.fields[0]])
        return later

    def _moved_later(self, entity: EntitySpec, values: Mapping[str, str]) -> dict[str, str]:
        """New values for those that would come before what they follow."""
        of_kind = (rule for rule in self._spec.rules if rule.entity == entity.name)
        rules = [*(rule for rule in of_kind if rule.kind is RuleKind.IN_ORDER), *orders_of(self._spec, entity)]
        pairs = ((values.get(rule.fields[0], ""), rule.fields[1]) for rule in rules)
        return {
            later: after(earlier)
            for earlier, later in pairs
            if earlier and (values.get(later) == earlier or _is_before(values.get(later, ""), earlier))
        }

    def _amounts_taken(self, entity: EntitySpec) -> dict[str, str]:
        """One, for each field that takes from a stock or a capacity."""
        counted = COUNTING
        rules = (rule for rule in self._spec.rules if rule.entity == entity.name and rule.kind in counted)
        return {rule.fields[1]: "1" for rule in rules if len(rule.fields) > 1}


def _is_before(moment: str, earlier: str) -> bool:
    if "-" in earlier:
        return bool(moment) and moment < earlier
    return bool(moment) and float(moment) < float(earlier)


def _is_taken(field: FieldSpec | None) -> bool:
    """True if the value of the example record is used: a text of it would repeat those before."""
    return field is not None and field.type not in TYPED and not field.ref


def _number_within(field: FieldSpec) -> str:
    """A number between the limits of its field."""
    limit = next((limit for limit in (field.lowest, field.highest) if limit is not None), Decimal(0))
    within = [number for number in (Decimal(3), limit) if _is_between(field, number)]
    return str(within[0])


def _is_between(field: FieldSpec, number: Decimal) -> bool:
    is_low = field.lowest is not None and number < field.lowest
    return not is_low and not (field.highest is not None and number > field.highest)


def dated(text: str) -> str:
    """ "@7 10:30" as the time that it stands for, seven days from today."""
    if not text.startswith("@"):
        return text
    day, clock = relative_day(text, date.today())
    return f"{day.isoformat()}T{clock}" if clock else day.isoformat()


def minutes_of(entity: EntitySpec, rule: RuleSpec) -> str | None:
    """The field of how many minutes a record lasts, where a rule against overlaps counts them."""
    if rule.kind is not RuleKind.NO_OVERLAP:
        return None
    fields = (entity.field(name) for name in rule.fields)
    return next((field.name for field in fields if field is not None and field.type is FieldType.INT), None)


def conflicting_values(entity: EntitySpec, rule: RuleSpec, existing: Mapping[str, str]) -> dict[str, str]:
    """Values that the rule refuses beside the kept ones: the same, or beginning while what is kept lasts."""
    conflicting = {name: existing[name] for name in rule.fields}
    minutes = minutes_of(entity, rule)
    if minutes is not None:
        half = timedelta(minutes=int(existing[minutes]) // 2)
        begins = datetime.fromisoformat(existing[rule.fields[0]]) + half
        conflicting[rule.fields[0]] = begins.isoformat(timespec="minutes")
    return conflicting


def after(moment: str) -> str:
    """A little later than a value of a date, time or number field."""
    return _shift(moment, 1)


def before(moment: str) -> str:
    """Well before a value of a date, time or number field."""
    return _shift(moment, -1)


def _shift(moment: str, by: int) -> str:
    if "T" in moment:
        return (datetime.fromisoformat(moment) + timedelta(hours=by)).isoformat(timespec="minutes")
    if "-" in moment:
        return (date.fromisoformat(moment) + timedelta(days=by)).isoformat()
    return str(int(float(moment)) + by)
