"""What an earlier version kept and what this one keeps: which part continues which, and what to say about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any

from .conversion import default
from .model import Entity, Field
from .schema import ENTITIES, ROLES

Shape = list[dict[str, Any]]
Ways = Sequence[Callable[[Any, Any], bool]]


def shape() -> Shape:
    """What this version keeps, in a form that a later version can read."""
    return [_entity_shape(entity) for entity in ENTITIES]


def _entity_shape(entity: Entity) -> dict[str, Any]:
    return {
        "name": entity.name, "was": entity.was, "table": entity.table, "plural": entity.plural,
        "title": list(entity.title), "fields": json.loads(json.dumps([asdict(field) for field in entity.fields])),
        "rules": [repr(rule) for rule in entity.rules],
    }  # fmt: skip


def roles() -> list[dict[str, str]]:
    """The roles of people who see what is their own, with the kind of record that describes such people."""
    by_table = {entity.table: entity for entity in ENTITIES}
    owners = [(role.name, by_table[role.own]) for role in ROLES if role.own]
    return [{"name": name, "own": entity.name, "was": entity.was} for name, entity in owners]


def parts(shapes: Shape) -> list[Any]:
    """Of a shape, what the tables are made of."""
    told = ("name", "type", "required", "choices", "ref", "on_delete")
    return [(one["table"], [[field[key] for key in told] for field in one["fields"]]) for one in shapes]


def continued(old: Shape) -> dict[str, dict[str, Any]]:
    """Which earlier kind of record each of today's continues: by what it was called, by name, by table."""
    ways: Sequence[Callable[[Entity, dict[str, Any]], bool]] = (
        lambda new, one: bool(new.was) and new.was == one["name"],
        lambda new, one: bool(new.name) and new.name == one["name"],
        lambda new, one: new.table == one["table"],
        lambda new, one: bool(one["was"]) and one["was"] == new.name,
    )
    return {new.table: one for new, one in matched(ENTITIES, old, ways)}


def paired(entity: Entity, source: dict[str, Any]) -> dict[str, Field]:
    """Which earlier field each of today's continues."""
    ways: Sequence[Callable[[Field, Field], bool]] = (
        lambda new, one: bool(new.was) and new.was == one.name,
        lambda new, one: new.name == one.name,
        lambda new, one: bool(one.was) and one.was == new.name,
    )
    return {new.name: one for new, one in matched(entity.fields, fields(source), ways)}


def matched(new: Sequence[Any], old: Sequence[Any], ways: Ways) -> list[tuple[Any, Any]]:
    """Pairs, each part used once, the surest way first."""
    pairs: list[tuple[Any, Any]] = []
    for way in ways:
        for one in new:
            free = [other for other in old if not any(other is taken for _, taken in pairs)]
            found = next((other for other in free if way(one, other)), None)
            if found is not None and not any(one is taken for taken, _ in pairs):
                pairs.append((one, found))
    return pairs


def fields(source: dict[str, Any]) -> list[Field]:
    """The fields that an earlier kind of record had."""
    names = [field.name for field in dataclass_fields(Field)]
    made = [{name: one[name] for name in names if name in one} for one in source["fields"]]
    return [Field(**{**one, **{name: _tuples(one[name]) for name in LISTS if name in one}}) for one in made]


LISTS = ("choices", "choices_were")


def _tuples(value: Any) -> Any:
    """Lists, as JSON keeps them, as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


class Tally:
    """What did not fit while the records of one kind were brought over, counted by field."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self.lost: dict[str, int] = {}
        self.empty: dict[str, int] = {}
        self.removed: dict[str, int] = {}
        self.refused = 0

    def lines(self, source: dict[str, Any], pairs: dict[str, Field]) -> list[str]:
        """The same in sentences."""
        entity, found = self._entity, []
        if source["plural"] != entity.plural:
            found.append(f"{source['plural']} are called {entity.plural} now.")
        labels = {old.name: old.label for old in fields(source)}
        for name, count in self.removed.items():
            found.append(
                f"{labels[name]} was taken out of {entity.plural}; {many(count, 'value')} {are(count)} kept in "
                "the table app_kept."
            )
        for name, count in self.lost.items():
            old = pairs[name].label
            found.append(
                f"{old} of {entity.plural} became {entity.field(name).label} of another kind; {many(count, 'value')} "
                f"did not fit as it was and {are(count)} kept in the table app_kept."
            )
        for name, count in self.empty.items():
            found.append(self._empty_line(entity.field(name), count))
        if self.refused:
            found.append(f"{many(self.refused, 'record')} of {entity.plural} did not fit at all, and are put aside in the file of the app (app_kept).")
        return found

    def _empty_line(self, field: Field, count: int) -> str:
        value = default(field)
        start = f"{many(count, 'record')} of {self._entity.plural} had no {field.label}"
        if value is None:
            return f"{start}, which is required now: it is asked for when one of them is changed."
        shown = {"bool": "No", "money": "0.00"}.get(field.type, value)
        return f"{start}, which is required now: {shown} was filled in."


def many(count: int, word: str) -> str:
    """Such as "1 value" and "3 values"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """Is, or are."""
    return "is" if count == 1 else "are"
