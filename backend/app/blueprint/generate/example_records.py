"""Writes the example records that an app's own tests fill its forms with."""

from __future__ import annotations

import json
from functools import lru_cache

from app.blueprint.generate.examples import Examples, conditions_of
from app.blueprint.spec import AppSpec, EntitySpec


@lru_cache(maxsize=16)
def examples_of(spec: AppSpec) -> Examples:
    """The example records of an app."""
    return Examples(spec)


def has_conditions(spec: AppSpec) -> bool:
    """Whether an app has a condition that example records must keep."""
    return any(conditions_of(spec, entity) for entity in spec.entities)


def _family(spec: AppSpec, entity: EntitySpec, known: frozenset[str] = frozenset()) -> set[str]:
    """The kind of record and every kind that it belongs to, directly or by way of another."""
    names = {entity.name}
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref else None
        if target is not None and target.name not in known | names:
            names |= _family(spec, target, known | names)
    return names


def examples_json(spec: AppSpec) -> str:
    """The values by table and field; empty where an app has no condition that they must keep."""
    if not has_conditions(spec):
        return "{}\n"
    texts = examples_of(spec).texts
    names = {name for entity in spec.entities if conditions_of(spec, entity) for name in _family(spec, entity)}
    by_table = {entity.table: texts[entity.name] for entity in spec.entities if entity.name in names}
    return json.dumps(by_table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
