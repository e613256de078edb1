"""Values of their own for what an app lets be used once: days, numbers and choices that no record has yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.blueprint.field_types import DATES, types_that
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.spec import NUMBERS, OWNER, AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind

_MADE_ANEW: Final = types_that(lambda described: described.is_typed or described.is_made_up)
_FAR: Final = 200
_NEAR: Final = 60
"""Days from today beyond which no example record lies."""
_TURNS: Final = 40


def once_only(spec: AppSpec, entity: EntitySpec) -> list[FieldSpec]:
    """One field for each rule against twins whose fields are days, numbers and choices alone."""
    fields_once = []
    for rule in spec.rules:
        if rule.entity != entity.name or rule.kind is not RuleKind.UNIQUE or rule.condition is not None:
            continue
        fields = [field for field in map(entity.field, rule.fields) if field is not None]
        # Texts are made anew each time and links lead to new records, so such a rule is never in the way.
        if not any(field.ref or field.type in _MADE_ANEW for field in fields):
            free = [field for field in fields if field.type is not FieldType.CHOICE]
            fields_once.append((free or fields)[0])
    return fields_once


def _numbered_within(spec: AppSpec, entity: EntitySpec) -> list[FieldSpec]:
    """The number by which a rule keeps records of one link apart, where no more such links can be made."""
    rules = [rule for rule in spec.rules if rule.entity == entity.name and rule.kind is RuleKind.UNIQUE]
    by_rule = [[field for field in map(entity.field, rule.fields) if field is not None] for rule in rules]
    linked = [fields for fields in by_rule if any(field.ref for field in fields)]
    return [field for fields in linked for field in fields if field.type is FieldType.INT][:1]


class OnceOnly:
    """Hands out values that no record of an app has got from here before."""

    def __init__(self, spec: AppSpec) -> None:
        self._spec = spec
        self._used: set[tuple[str, str, str]] = set()

    def values(self, entity: EntitySpec) -> Texts:
        """A value for each field that must have its own, which the example record keeps its rules with."""
        chosen: Texts = {}
        like = examples_of(self._spec).cast.texts[entity.name]
        for field in (*once_only(self._spec, entity), *_numbered_within(self._spec, entity)):
            fitting = (
                text
                for text in self._unused_values(entity, field, like[field.name])
                if self._keeps_rules(entity, {**chosen, field.name: text})
            )
            text = next(fitting, None)
            if text is not None:
                chosen[field.name] = text
                self._used.add((entity.name, field.name, text))
        return chosen

    def scene(self, scene: Scene, speaks_of: str = "") -> Scene:
        """The scene with unused values: its rules hold and fail as before, and `speaks_of` keeps its value."""
        for key in scene.records:
            entity = next(entity for entity in self._spec.entities if entity.name == key[0])
            for field in once_only(self._spec, entity):
                scene = self._renew(scene, key, field, speaks_of)
        return scene

    def _renew(self, scene: Scene, key: Key, field: FieldSpec, speaks_of: str) -> Scene:
        text_now = scene.records[key].get(field.name, "")
        if not text_now or field.type is FieldType.CHOICE:
            return scene
        verdicts = self._verdicts(scene, speaks_of)
        clock = text_now.partition(" ")[2]
        entity = next(entity for entity in self._spec.entities if entity.name == key[0])
        for text in self._unused_values(entity, field, text_now):
            typed = f"{text.partition(' ')[0]} {clock}" if clock else text
            changed = Scene(scene.subject, {**scene.records, key: {**scene.records[key], field.name: typed}})
            if self._verdicts(changed, speaks_of) == verdicts:
                self._used.add((key[0], field.name, text))
                return changed
        return scene

    def _verdicts(self, scene: Scene, speaks_of: str) -> list[object]:
        judge = examples_of(self._spec).judge
        rules = [(key, rule) for key in scene.records for rule in judge.stated[key[0]]]
        held: list[object] = [look(scene, *stated) for stated in rules for look in (judge.keeps, judge.breaks)]
        return [*held, *(self._values_for_each(scene, speaks_of) if speaks_of else ())]

    def _values_for_each(self, scene: Scene, expression: str) -> Iterator[object]:
        """What an expression comes to for the owner and for each role: it may say whose a record is."""
        judge = examples_of(self._spec).judge
        for role in (OWNER, *(role.name for role in self._spec.roles)):
            judge.role = role
            try:
                yield from judge.values(scene, expression)
            finally:
                judge.role = OWNER

    def _keeps_rules(self, entity: EntitySpec, changes: Texts) -> bool:
        examples = examples_of(self._spec)
        return not examples.is_good(entity) or examples.fits(entity, changes)

    def _unused_values(self, entity: EntitySpec, field: FieldSpec, like: str) -> Iterator[str]:
        return (text for text in _options(field, like) if (entity.name, field.name, text) not in self._used)


def _options(field: FieldSpec, like: str) -> Iterator[str]:
    """Values that differ from each other, first those that no example record has."""
    if field.type in DATES:
        clock = " 10:30" if field.type is FieldType.DATETIME else ""
        weekday = like.partition(" ")[0].partition("~")[2]
        if weekday:
            # Where rules go by the day of the week, others of that day are tried before any day.
            yield from (f"@{_FAR + 7 * turn}~{weekday}{clock}" for turn in range(_TURNS))
        for start, step in ((_FAR, 1), (-_FAR, -1), (_NEAR, 1), (-_NEAR, -1), (0, 1), (-1, -1)):
            yield from (f"@{start + step * turn}{clock}" for turn in range(_TURNS))
    elif field.type is FieldType.CHOICE:
        yield from field.choices
    elif field.type in NUMBERS:
        for start in (1_000, 50, 0):
            yield from (str(number) for number in range(start, start + _TURNS) if _is_within(field, number))


def _is_within(field: FieldSpec, number: int) -> bool:
    is_low = number < (0 if field.lowest is None else field.lowest)
    return not is_low and (field.highest is None or number <= field.highest)
