"""Walks through the changes of example records that may make a condition hold, or break it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

from app.blueprint.expressions.nodes import Aggregate, Node, Path, Value
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import children, walk
from app.blueprint.field_types import COUNTED
from app.blueprint.generate.companions import MOST_BESIDE, companion_sets, crowds
from app.blueprint.generate.scenes import (
    Cast,
    Key,
    Scene,
    Slot,
    births_of,
    clocks_beside,
    day_later,
    minutes_later,
    soon_after,
    texts_of_length,
    values_of,
    weekdays_of,
)
from app.blueprint.generate.spoken_of import calls, clocks_named, equal_texts, figures, goes_by_weekday, texts_of
from app.blueprint.generate.stated import Statement
from app.blueprint.spec import EntitySpec, FieldType

_TRIES: Final = 3_000
"""So many changes of one sort are tried before another sort is."""
_FEW: Final = 400
_MENDS: Final = 300
_DEPTH: Final = 6
"""So many figures that lean on each other are looked through for fields to vary."""

_STEPS_OF_A_DAY: Final = (30, 60)
"""So many minutes lie between records of which several are tried on one day."""

_SPARE: Final = 90
"""Records from this number on are ones that nothing else in a scene is linked to."""

Place = tuple[str, str]
"""A field of a kind of record."""


@dataclass(frozen=True)
class Candidate:
    """Changes of the example records, and others that are there beside them."""

    changes: Mapping[Slot, str] = field(default_factory=dict)
    beside: tuple[Key, ...] = ()
    bare: bool = False

    def scene(self, cast: Cast, name: str) -> Scene:
        """The scene that they make of the example of a kind."""
        return cast.scene((name, 1), self.changes, self.beside, bare=self.bare)

    def apply(self, cast: Cast, name: str) -> None:
        """Make them the example record of its kind."""
        for (key, field_name), text in self.changes.items():
            if key[1] == 1:
                cast.texts[key[0]][field_name] = text
            else:
                cast.others.setdefault(key, {})[field_name] = text
        cast.needs[name] = tuple(dict.fromkeys((*cast.needs.get(name, ()), *self.beside)))


@dataclass(frozen=True)
class _Group:
    """Fields to vary together, after what is fixed, with records that are there beside."""

    slots: Sequence[Slot]
    fixed: Mapping[Slot, str] = field(default_factory=dict)
    beside: tuple[Key, ...] = ()
    bare: bool = False


@dataclass(frozen=True)
class Search:
    """Looks for changes among the fields that a condition speaks of."""

    cast: Cast

    @cached_property
    def by_weekday(self) -> bool:
        """True if an expression of the app goes by the day of the week."""
        return goes_by_weekday(texts_of(self.cast.spec))

    @cached_property
    def clocks(self) -> list[str]:
        """Times of day beside those by which the app goes, such as its opening hours."""
        times = dict.fromkeys(clocks_named(texts_of(self.cast.spec)))
        return list(dict.fromkeys(clock for moment in times for clock in clocks_beside(moment)))

    @cached_property
    def by_age(self) -> bool:
        """True if an expression of the app counts years."""
        return calls(texts_of(self.cast.spec), "age", "years")

    @cached_property
    def by_length(self) -> bool:
        """True if an expression of the app counts letters."""
        return calls(texts_of(self.cast.spec), "length")

    def candidates(self, entity: EntitySpec, stated: Statement, *, lasting: bool = False) -> Iterator[Candidate]:
        """Changes of the first records, then records beside them, then links to second ones.

        `lasting` ones are to be the examples from now on: the states of what they belong to stay as they are.
        """
        nodes = [parse(text) for text in stated if text]
        places = list(dict.fromkeys(place for node in nodes for place in self.places(entity, node)))
        # The state of a record is the last thing to vary: it changes by moves alone.
        places.sort(key=lambda place: entity.moves and place == (entity.name, entity.state))
        kinds, numbers = self._counted(entity, nodes, followed=False)
        near = _Options(self, numbers)
        groups = list(self._slot_groups(entity, places, kinds, numbers))
        if lasting:
            groups = [replace(group, slots=self._without_states(group.slots)) for group in groups]
        further = [] if lasting else list(self._further_passes(entity, nodes, places))
        settled = [] if lasting else list(self._settled_groups(entity, stated, groups))
        # A few of every sort come before many of one.
        for varied, options, size, skipped, most in (
            (groups, near, 0, 0, 1),
            (groups, near, 1, 0, _TRIES),
            (list(self._moved_spans(places)), near, 0, 0, 1),
            (settled, near, 0, 0, 1),
            (settled, near, 1, 0, _FEW),
            *further,
            (groups, near, 2, 0, _FEW),
            (groups, near, 3, 0, _FEW),
            (groups, near, 2, _FEW, _TRIES),
            (groups, near, 3, _FEW, _TRIES),
        ):
            for group in varied:
                combined = options.combined(group.slots, size)
                for changes in itertools.islice(combined, skipped, most):
                    yield Candidate({**group.fixed, **changes}, group.beside, group.bare)

    def _moved_spans(self, places: Sequence[Place]) -> Iterator[_Group]:
        """The first records with a start and its end moved together, such as to another day of the week."""
        for name in dict.fromkeys(kind for kind, _ in places):
            for start, end in dict.fromkeys(self._spans_of(name, places)):
                slots = ((name, 1), start), ((name, 1), end)
                for text in filter(None, self.options(slots[0], ())):
                    yield _Group((), fixed=dict(zip(slots, (text, soon_after(text)), strict=True)))

    def _spans_of(self, name: str, places: Sequence[Place]) -> Iterator[tuple[str, str]]:
        """Starts and ends of a kind of which an expression speaks, two days in a row of it included."""
        entity = self.cast.entity(name)
        spoken_of = [spec_field for spec_field in entity.fields if (name, spec_field.name) in places]
        names = {spec_field.name for spec_field in spoken_of}
        yield from (span for span in self.cast.spans_of(entity) if names & {*span})
        for kind in (FieldType.DATE, FieldType.DATETIME):
            yield from itertools.pairwise(spec_field.name for spec_field in spoken_of if spec_field.type is kind)

    def _settled_groups(self, entity: EntitySpec, stated: Statement, groups: Sequence[_Group]) -> Iterator[_Group]:
        """The groups with what the rule is meant for settled: its `when`, the links it follows, and states."""
        meant = self._meant(entity, stated)
        for group in groups:
            if group.bare or group.fixed or len(group.beside) > 1:
                continue
            key = group.beside[0] if group.beside else None
            kind = self.cast.entity(key[0]) if key is not None else None
            states: list[dict[Slot, str]] = [{}]
            if key is not None and kind is not None and kind.moves and kind.state:
                states += [{(key, kind.state): state} for state in self.options((key, kind.state), ())]
            for state in states:
                fixed = {**meant, **state}
                if fixed:
                    slots = [slot for slot in group.slots if slot not in fixed]
                    yield replace(group, slots=slots, fixed=fixed)

    def _meant(self, entity: EntitySpec, stated: Statement) -> dict[Slot, str]:
        """The values for which a rule is meant: `status = "Out"` of its `when`, and links that may be empty."""
        condition, when = stated
        key, changes = (entity.name, 1), dict[Slot, str]()
        for node in walk(parse(condition)):
            if isinstance(node, Path) and len(node.steps) > 1 and self._target_of(entity.name, node.steps[0]):
                changes[key, node.steps[0]] = "1"
        for name, text in equal_texts(parse(when)) if when else ():
            if entity.field(name) is not None:
                changes[key, name] = text
        return changes

    def _further_passes(
        self, entity: EntitySpec, nodes: Sequence[Node], places: Sequence[Place]
    ) -> Iterator[tuple[list[_Group], _Options, int, int, int]]:
        """What comes after one change: records that only a figure counts which is followed, then several alike."""
        kinds, numbers = self._counted(entity, nodes, followed=True)
        far = _Options(self, numbers)
        if (kinds, numbers) != self._counted(entity, nodes, followed=False):
            groups = list(self._slot_groups(entity, places, kinds, numbers))
            yield groups, far, 0, 0, 1
            yield groups, far, 1, 0, _FEW
        yield list(self._alike_groups(entity, places, kinds, numbers)), far, 0, 0, 1

    def _counted(
        self, entity: EntitySpec, nodes: Sequence[Node], *, followed: bool
    ) -> tuple[list[str], list[Decimal]]:
        """The kinds of record that a condition counts, and the numbers that it names."""
        values = [
            node.value
            for text in self._with_figures(entity, nodes, followed=followed)
            for node in walk(text)
            if isinstance(node, Value)
        ]
        numbers = dict.fromkeys(value for value in values if isinstance(value, Decimal))
        return list(dict.fromkeys(self._kinds_counted(entity, nodes, followed=followed))), list(numbers)

    def mending(self, candidate: Candidate, scene: Scene, key: Key, stated: Statement) -> Iterator[Candidate]:
        """The candidate with one or two more changes, of what a statement about a record of it speaks of."""
        nodes = [parse(text) for text in stated if text]
        entity = self.cast.entity(key[0])
        places = list(dict.fromkeys(place for node in nodes for place in self.places(entity, node)))
        slots = [
            (record_key, field_name)
            for record_key in scene.records
            for name, field_name in places
            if record_key[0] == name
        ]
        free = [slot for slot in slots if slot not in candidate.changes]
        options = _Options(self, ())
        singles = itertools.islice(options.combined(free, 1), _MENDS)
        spare = ({slot: str(_SPARE)} for slot in free if self._target_of(slot[0][0], slot[1]))
        for changes in itertools.chain(singles, self._all_alike(free), spare, self._all_apart(scene, free)):
            yield replace(candidate, changes={**candidate.changes, **changes})
        for kind in dict.fromkeys(self._kinds_counted(entity, nodes)):
            number = 1 + sum(name == kind for name, _ in scene.records)
            for linked in self._linked_to_others(scene, (kind, number)):
                changes = {**candidate.changes, **linked}
                yield replace(candidate, changes=changes, beside=(*candidate.beside, (kind, number)))
            companions = [((kind, number), field_name) for name, field_name in places if name == kind]
            for size in (0, 1):
                for changes in options.combined([*companions, *free], size):
                    varied = {**candidate.changes, **changes}
                    yield replace(candidate, changes=varied, beside=(*candidate.beside, (kind, number)))
        for changes in itertools.islice(options.combined(free, 2), _MENDS):
            yield replace(candidate, changes={**candidate.changes, **changes})

    def _linked_to_others(self, scene: Scene, key: Key) -> Iterator[dict[Slot, str]]:
        """Links of a record to come to those of a scene that are not the first of their kind."""
        for link in self.cast.entity(key[0]).fields:
            others = [number for name, number in scene.records if name == link.ref and number > 1]
            yield from ({(key, link.name): str(number)} for number in others)

    def _without_states(self, slots: Sequence[Slot]) -> list[Slot]:
        states = {kind.name: kind.state for kind in self.cast.spec.entities if kind.moves}
        return [(key, field_name) for key, field_name in slots if key[1] > 1 or states.get(key[0]) != field_name]

    def _slot_groups(
        self, entity: EntitySpec, places: Sequence[Place], kinds: Sequence[str], numbers: Sequence[Decimal]
    ) -> Iterator[_Group]:
        """The first records; nothing that they need; others beside them; a link to the second of a kind."""
        first_slots = [((name, 1), slot_field) for name, slot_field in places]
        yield _Group(first_slots)
        yield _Group(first_slots, bare=True)
        for beside in companion_sets(entity, kinds, numbers):
            companion_slots = [
                (key, slot_field) for key in beside for name, slot_field in places if key[0] == name
            ]
            yield _Group(list(dict.fromkeys([*companion_slots, *first_slots])), beside=beside)
            for fixed in self._alike(beside, companion_slots) if len(beside) > 2 else ():
                yield _Group(first_slots, fixed=fixed, beside=beside)
            if elsewhere := self._linked_elsewhere(entity, beside):
                yield _Group(first_slots, fixed=dict.fromkeys(elsewhere, "1"), beside=beside)
        for name, slot_field in places:
            target = self._target_of(name, slot_field)
            if target:
                slots = [((target, 2), field_name) for kind, field_name in places if kind == target]
                yield _Group(slots, fixed={((name, 1), slot_field): "2"})

    def _linked_elsewhere(self, entity: EntitySpec, beside: Sequence[Key]) -> list[Slot]:
        """Links of those beside the subject to its kind that lead to another one, as their rules wanted it."""
        return [
            (key, link.name)
            for key in beside
            for link in self.cast.entity(key[0]).fields
            if link.ref == entity.name != key[0] and self.cast.record(key)[link.name] not in ("", "1")
        ]

    def _alike_groups(
        self, entity: EntitySpec, places: Sequence[Place], kinds: Sequence[str], numbers: Sequence[Decimal]
    ) -> Iterator[_Group]:
        """Several that are alike in up to two fields, the subject among them, and as many as a number asks for."""
        sets = [
            beside for beside in companion_sets(entity, kinds, numbers) if len({name for name, _ in beside}) == 1
        ]
        for beside in (*sets, *crowds(entity, kinds, numbers)):
            if len(beside) < 2:
                continue
            if len(beside) > MOST_BESIDE:
                yield _Group((), beside=beside)
            keys = [*beside, (entity.name, 1)] if beside[0][0] == entity.name else list(beside)
            slots = [(key, slot_field) for key in keys for name, slot_field in places if key[0] == name]
            yield from (_Group((), fixed=fixed, beside=beside) for fixed in self._alike(keys, slots, most=2))

    def _alike(self, keys: Sequence[Key], slots: Sequence[Slot], *, most: int = 1) -> Iterator[dict[Slot, str]]:
        """The same state, tick or link, or two of them, for all of many: three loans of one are six changes."""
        shared = {
            name: options
            for name in dict.fromkeys(field_name for _, field_name in slots)
            if (options := self._shared_values((keys[0], name)))
        }
        for size in range(1, most + 1):
            for chosen in itertools.combinations(shared, size):
                for values in itertools.product(*(shared[name] for name in chosen)):
                    yield {(key, name): text for key in keys for name, text in zip(chosen, values, strict=True)}

    def _all_alike(self, slots: Sequence[Slot]) -> Iterator[dict[Slot, str]]:
        """One value for a field of all records of a kind, where there are several."""
        for kind, name in dict.fromkeys((key[0], field_name) for key, field_name in slots):
            keys = [key for key, field_name in slots if key[0] == kind and field_name == name]
            if len(keys) > 1:
                yield from ({(key, name): value for key in keys} for value in self._shared_values((keys[0], name)))

    def _all_apart(self, scene: Scene, slots: Sequence[Slot]) -> Iterator[dict[Slot, str]]:
        """A link of its own for each record of a kind, or days of its own: three bookings of a member fit so."""
        for kind in dict.fromkeys(key[0] for key, _ in slots):
            keys = [key for key in dict.fromkeys(key for key, _ in slots) if key[0] == kind]
            names = list(dict.fromkeys(name for key, name in slots if key[0] == kind))
            if len(keys) < 2:
                continue
            for name in names:
                if self._target_of(kind, name):
                    free = (key for key in keys if (key, name) in slots)
                    yield {(key, name): str(_SPARE + number) for number, key in enumerate(free)}
            yield {
                (key, name): day_later(scene.records[key][name], number)
                for number, key in enumerate(keys)
                for name in names
                # The beginning and the end of a record move together.
                if (key, name) in slots and scene.records[key][name].startswith("@")
            }
            yield from self._one_after_the_other(scene, keys, slots)

    def _one_after_the_other(
        self, scene: Scene, keys: Sequence[Key], slots: Sequence[Slot]
    ) -> Iterator[dict[Slot, str]]:
        """Times of one day for the records of a kind, such that one ends when the next begins."""
        starts = {end: start for start, end in self.cast.spans_of(self.cast.entity(keys[0][0]))}
        names = [
            name
            for name in dict.fromkeys(name for _, name in slots)
            if " " in scene.records[keys[0]].get(name, "")
        ]
        for step in _STEPS_OF_A_DAY if names else ():
            leading = scene.records[keys[0]]
            yield {
                (key, name): minutes_later(
                    leading[starts.get(name, name)], step * (number + (starts.get(name) is not None))
                )
                for number, key in enumerate(keys)
                for name in names
                if (key, name) in slots
            }

    def _shared_values(self, slot: Slot) -> list[str]:
        """What several records mostly have in common in a field: a state, a tick, a link, or nothing yet."""
        spec_field = self.cast.entity(slot[0][0]).field(slot[1])
        if spec_field is None:
            return []
        if spec_field.type in COUNTED or spec_field.ref is not None:
            return list(self.options(slot, ()))
        return [] if spec_field.required or spec_field.starts_as else [""]

    def options(self, slot: Slot, numbers: Sequence[Decimal]) -> Iterator[str]:
        (name, number), field_name = slot
        entity = self.cast.entity(name)
        spec_field = entity.field(field_name)
        if spec_field is None:
            return
        # What moves lead on from begins in the first state, and is never empty.
        is_state = bool(entity.moves) and field_name == entity.state
        may_be_empty = not is_state and (not spec_field.required or spec_field.starts_as is not None)
        if may_be_empty and spec_field.type is not FieldType.BOOL:
            yield ""
        every = itertools.chain(
            values_of(spec_field, numbers, self.clocks),
            weekdays_of(spec_field, self.clocks) if self.by_weekday else (),
            births_of(spec_field, numbers) if self.by_age else (),
            texts_of_length(spec_field, numbers) if self.by_length else (),
        )
        for text in every:
            if not (spec_field.ref == name and text == str(number)):
                yield text

    def _target_of(self, name: str, field_name: str) -> str | None:
        spec_field = self.cast.entity(name).field(field_name)
        return spec_field.ref if spec_field else None

    def _with_figures(self, entity: EntitySpec, nodes: Sequence[Node], *, followed: bool) -> list[Node]:
        return [
            *nodes,
            *(
                node
                for name in self._kinds_named(entity, nodes, followed=followed)
                for node in figures(self.cast.spec, name)
            ),
        ]

    def _kinds_named(self, entity: EntitySpec, nodes: Sequence[Node], *, followed: bool) -> list[str]:
        """The kinds that an expression speaks of; `followed` also those of which it names nothing but a figure."""
        places = dict.fromkeys(place for node in nodes for place in self.places(entity, node))
        led_to = (self._target_of(*place) for place in places if followed)
        return list(dict.fromkeys([*(name for name, _ in places), *filter(None, led_to)]))

    def _kinds_counted(
        self, entity: EntitySpec, nodes: Sequence[Node], *, followed: bool = False
    ) -> Iterator[str]:
        """The kinds of record that a condition counts, those of figures that it leans on included."""
        for node in nodes:
            yield from (part.entity for part in walk(node) if isinstance(part, Aggregate))
        for name in self._kinds_named(entity, nodes, followed=followed):
            for node in figures(self.cast.spec, name):
                yield from (part.entity for part in walk(node) if isinstance(part, Aggregate))
        # An order's total counts its lines, though the rule names no field that is kept.
        for node in nodes:
            yield from self._kinds_behind(entity, node)

    def _kinds_behind(self, entity: EntitySpec, node: Node, depth: int = 0) -> Iterator[str]:
        """The kinds of record that the figures count which an expression names."""
        if isinstance(node, Path):
            for kind, figure in self._figures_on_path(entity, node.steps):
                if depth < _DEPTH:
                    yield from self._kinds_behind(kind, figure, depth + 1)
            return
        inner = self.cast.entity(node.entity) if isinstance(node, Aggregate) else entity
        if isinstance(node, Aggregate) and depth:
            yield node.entity
        for part in children(node):
            yield from self._kinds_behind(inner, part, depth)

    def _figures_on_path(self, entity: EntitySpec, steps: tuple[str, ...]) -> Iterator[tuple[EntitySpec, Node]]:
        """The figures that a path names, each with the kind of record that it is about."""
        here: EntitySpec | None = entity
        for step in steps[1:] if steps[0] == "this" else steps:
            figure, spec_field = (here.figure(step), here.field(step)) if here is not None else (None, None)
            if here is not None and figure is not None:
                yield here, parse(figure.expression)
            here = self.cast.entity(spec_field.ref) if spec_field is not None and spec_field.ref else None

    def places(self, entity: EntitySpec, node: Node, depth: int = 0) -> Iterator[Place]:
        """The kept fields that an expression looks at, of its record and of those it leads to."""
        if isinstance(node, Path):
            yield from self._places_of_path(entity, node.steps, depth)
            return
        inner = self.cast.entity(node.entity) if isinstance(node, Aggregate) else entity
        if isinstance(node, Aggregate) and node.order:
            yield inner.name, node.order
        for part in children(node):
            if depth <= _DEPTH:
                yield from self.places(inner, part, depth + isinstance(node, Aggregate))

    def _places_of_path(self, entity: EntitySpec, steps: tuple[str, ...], depth: int) -> Iterator[Place]:
        if steps[0] == "me" and len(steps) > 1:
            people = {role.entity for role in self.cast.spec.roles if role.entity}
            people_with = [
                kind for kind in self.cast.spec.entities if kind.name in people and kind.field(steps[1])
            ]
            entity = people_with[0] if people_with else entity
        here: EntitySpec | None = entity
        for step in steps[1:] if steps[0] in ("this", "me") else steps:
            if here is None:
                return
            figure, spec_field = here.figure(step), here.field(step)
            if figure is not None and depth < _DEPTH:
                yield from self.places(here, parse(figure.expression), depth + 1)
            if spec_field is None:
                return
            yield here.name, step
            here = self.cast.entity(spec_field.ref) if spec_field.ref else None


@dataclass
class _Options:
    """The values to try in each field, worked out once."""

    search: Search
    numbers: Sequence[Decimal]
    tried: dict[Slot, list[str]] = field(default_factory=dict)

    def combined(self, slots: Sequence[Slot], size: int) -> Iterator[dict[Slot, str]]:
        """Every change of so many of the fields."""
        for chosen in itertools.combinations(slots, size):
            for values in itertools.product(*map(self._values_of, chosen)):
                yield dict(zip(chosen, values, strict=True))

    def _values_of(self, slot: Slot) -> list[str]:
        if slot not in self.tried:
            self.tried[slot] = list(self.search.options(slot, self.numbers))
        return self.tried[slot]
