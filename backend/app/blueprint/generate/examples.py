"""Looks for records that keep the conditions of an app, and for some that break them, to try the app with.

Nothing is guessed from the words of a rule: values are tried out on the expressions themselves until one fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.expressions.nodes import Aggregate, Node, Path, Value
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import children, walk
from app.blueprint.generate.expressions import stated
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_expressions import catalogue_of
from app.blueprint.spec_queries import in_order

TODAY: Final = date(2031, 3, 4)
NOW: Final = datetime(2031, 3, 4, 9, 0)
_OFFSETS: Final = (7, 1, 0, 30, -1, -7, -30, 400, -400)
_CLOCKS: Final = ("10:30", "11:00", "10:00", "09:00", "12:00", "18:30")
_TRIES: Final = 4_000
_MOST_FIELDS: Final = 3
_MOST_COPIES: Final = 60
_DEPTH: Final = 3
"""So many figures that lean on each other are looked through for fields to vary."""

Slot = tuple[str, str]
"""A field that values are tried in: entity and name."""

Texts = dict[str, str]
"""Values as they are typed into a form; "@7 10:30" is a time seven days from today."""


@dataclass(frozen=True)
class Violation:
    """A record that a rule refuses: what differs from the good one, and how many like it are there before."""

    changes: Mapping[Slot, str]
    copies: int = 0


@dataclass
class Examples:
    """One good record of each kind, which belong to each other, as texts by entity."""

    spec: AppSpec
    texts: dict[str, Texts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._catalogue = catalogue_of(self.spec)
        for entity in in_order(self.spec):
            self.texts[entity.name] = {one.name: _usual(one) for one in entity.fields}
        for entity in in_order(self.spec):
            for rule in [*_orders(self.spec, entity), *conditions_of(self.spec, entity)]:
                self._repair(entity, rule)

    def is_good(self, entity: EntitySpec) -> bool:
        """Whether the example record keeps every condition of its kind."""
        return all(self._holds(entity, rule, self.texts, 0) for rule in conditions_of(self.spec, entity))

    def violation(self, entity: EntitySpec, rule: RuleSpec) -> Violation | None:
        """A record that breaks this condition and no other of its kind, or None when none was found."""
        others = [other for other in conditions_of(self.spec, entity) if other != rule]
        most = int(rule.limit or 0)
        for copies in (0, 1, *([most] if 1 < most <= _MOST_COPIES else [])):
            for changes in itertools.chain([{}], self._variants(entity, rule)):
                texts = _changed(self.texts, changes)
                if not self._holds(entity, rule, texts, copies) and all(
                    self._holds(entity, other, texts, copies) for other in others
                ):
                    return Violation(changes, copies)
        return None

    def _repair(self, entity: EntitySpec, rule: RuleSpec) -> None:
        if self._holds(entity, rule, self.texts, 0):
            return
        for changes in self._variants(entity, rule):
            texts = _changed(self.texts, changes)
            kept = all(
                self._holds(other, known, texts, 0)
                for other in self.spec.entities
                for known in conditions_of(self.spec, other)
                if known == rule or self._holds(other, known, self.texts, 0)
            )
            if kept:
                self.texts = texts
                return

    def _holds(self, entity: EntitySpec, rule: RuleSpec, texts: dict[str, Texts], copies: int) -> bool:
        evaluator = Evaluator(self._catalogue, self._world(texts, entity, copies))
        condition, when = stated(entity, rule)
        number = 1 + copies
        if when and evaluator.holds(when, entity.name, number) is not True:
            return True
        return evaluator.holds(condition, entity.name, number) is not False

    def _world(self, texts: dict[str, Texts], entity: EntitySpec, copies: int) -> World:
        records = {name: {1: self._record(name, values)} for name, values in texts.items()}
        for number in range(2, 2 + copies):
            records[entity.name][number] = records[entity.name][1]
        return World(records, NOW)

    def _record(self, name: str, texts: Texts) -> dict[str, Plain]:
        entity = self.spec.entity(name)
        fields = entity.fields if entity else ()
        return {one.name: plain(one, texts[one.name]) for one in fields}

    def _variants(self, entity: EntitySpec, rule: RuleSpec) -> Iterator[dict[Slot, str]]:
        """Changes of one field that the rule speaks of, then of two, then of three."""
        condition, when = stated(entity, rule)
        nodes = [parse(text) for text in (condition, when or "") if text]
        numbers = [node.value for text in nodes for node in walk(text) if isinstance(node, Value)]
        known = [number for number in numbers if isinstance(number, Decimal)]
        slots = list(dict.fromkeys(slot for text in nodes for slot in self._slots(entity, text)))
        options = {slot: list(self._options(slot, known)) for slot in slots}
        tried = 0
        for size in range(1, min(_MOST_FIELDS, len(slots)) + 1):
            for chosen in itertools.combinations(slots, size):
                for values in itertools.product(*(options[slot] for slot in chosen)):
                    tried += 1
                    if tried > _TRIES:
                        return
                    yield dict(zip(chosen, values, strict=True))

    def _slots(self, entity: EntitySpec, node: Node, depth: int = 0) -> Iterator[Slot]:
        """The kept fields that an expression looks at, of its record and of those it leads to."""
        if isinstance(node, Path):
            yield from self._slots_of_path(entity, node.steps, depth)
            return
        inner = self.spec.entity(node.entity) if isinstance(node, Aggregate) else entity
        for part in children(node):
            if inner is not None and depth <= _DEPTH:
                yield from self._slots(inner, part, depth + isinstance(node, Aggregate))

    def _slots_of_path(self, entity: EntitySpec, steps: tuple[str, ...], depth: int) -> Iterator[Slot]:
        here: EntitySpec | None = entity
        for step in steps[1:] if steps[0] in ("this", "me") else steps:
            if here is None:
                return
            figure, kept = here.figure(step), here.field(step)
            if figure is not None and depth < _DEPTH:
                yield from self._slots(here, parse(figure.expression), depth + 1)
            if kept is None:
                return
            if kept.type is not FieldType.REF:
                yield here.name, step
            here = self.spec.entity(kept.ref) if kept.ref else None

    def _options(self, slot: Slot, numbers: list[Decimal]) -> Iterator[str]:
        entity = self.spec.entity(slot[0])
        kept = entity.field(slot[1]) if entity else None
        if kept is None:
            return
        if not kept.required and kept.type is not FieldType.BOOL:
            yield ""
        yield from _values(kept, numbers)


def conditions_of(spec: AppSpec, entity: EntitySpec) -> list[RuleSpec]:
    """The rules of a kind of record that are conditions on it."""
    own = [rule for rule in spec.rules if rule.entity == entity.name]
    return [
        rule
        for rule in own
        if rule.kind in (RuleKind.ENSURE, RuleKind.ONE_OPEN)
        or (rule.kind is RuleKind.CAPACITY and rule.limit is not None)
    ]


def _orders(spec: AppSpec, entity: EntitySpec) -> list[RuleSpec]:
    """The rules that one field is never before another."""
    return [rule for rule in spec.rules if rule.entity == entity.name and rule.kind is RuleKind.IN_ORDER]


def _changed(texts: dict[str, Texts], changes: Mapping[Slot, str]) -> dict[str, Texts]:
    result = {name: dict(values) for name, values in texts.items()}
    for (name, slot), value in changes.items():
        result[name][slot] = value
    return result


def _usual(kept: FieldSpec) -> str:
    """The value that a field of the example record begins with."""
    return next(_values(kept, []), "")


def _values(kept: FieldSpec, numbers: list[Decimal]) -> Iterator[str]:
    match kept.type:
        case FieldType.BOOL:
            yield from ("1", "")
        case FieldType.CHOICE:
            yield from kept.choices
        case FieldType.DATE:
            yield from (f"@{offset}" for offset in _OFFSETS)
        case FieldType.DATETIME:
            yield from (f"@{offset} {clock}" for clock in _CLOCKS for offset in _OFFSETS[:5])
        case FieldType.REF:
            yield "1"
        case _ if kept.type in NUMBERS:
            yield from _amounts(kept, numbers)
        case _:
            yield _TEXTS.get(kept.type, "Zebra crossing")


_TEXTS: Final = {
    FieldType.EMAIL: "zoe@example.com",
    FieldType.CODE: "demo2345",
    FieldType.PHONE: "+44 20 7946 0000",
    FieldType.URL: "https://example.com/a",
    FieldType.LONGTEXT: "First line",
}


def _amounts(kept: FieldSpec, numbers: list[Decimal]) -> Iterator[str]:
    """Numbers within the limits of the field, those beside the numbers of the rule included."""
    beside = [number + step for number in numbers for step in (0, 1, -1)]
    tried = [Decimal(3), Decimal(1), *beside, *map(Decimal, (0, 2, 5, 10, 100, 1000, 100_000))]
    # The first lies between the limits even where no usual number does.
    tried = (
        [bound for bound in (kept.lowest, kept.highest) if bound is not None] + tried if _is_tight(kept) else tried
    )
    for number in dict.fromkeys(tried):
        is_low = number < (0 if kept.lowest is None else kept.lowest)
        if not is_low and not (kept.highest is not None and number > kept.highest):
            yield str(int(number)) if number == int(number) else str(number)


def _is_tight(kept: FieldSpec) -> bool:
    return not (kept.lowest or 0) <= 3 <= (kept.highest if kept.highest is not None else 3)


def plain(kept: FieldSpec, text: str) -> Plain:
    """A typed text as the value that expressions know; None for nothing."""
    if kept.type is FieldType.BOOL:
        return bool(text)
    if not text:
        return None
    if kept.type in NUMBERS or kept.type is FieldType.REF:
        return Fraction(text)
    if text.startswith("@"):
        day, _, clock = text[1:].partition(" ")
        when = TODAY + timedelta(days=int(day))
        return datetime.fromisoformat(f"{when.isoformat()}T{clock}") if clock else when
    return text
