"""Writes the example records that an app's own tests fill its forms with, and the scenes that they try."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from app.blueprint.generate.examples import Examples
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.generate.stated import conditions_of, differing_fields
from app.blueprint.generate.violations import Violation
from app.blueprint.spec import AppSpec, EntitySpec

Json = dict[str, Any]  # Any: what JSON can hold


@lru_cache(maxsize=16)
def examples_of(spec: AppSpec) -> Examples:
    """The example records of an app."""
    return Examples(spec)


def has_conditions(spec: AppSpec) -> bool:
    """True if an app has a condition that example records must keep."""
    return any(conditions_of(spec, entity) for entity in spec.entities)


def _kinds_above(spec: AppSpec, entity: EntitySpec, visited: frozenset[str] = frozenset()) -> set[str]:
    """The kind of record and every kind that it belongs to, directly or by way of another."""
    names = {entity.name}
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref else None
        if target is not None and target.name not in visited | names:
            names |= _kinds_above(spec, target, visited | names)
    return names


def examples_json(spec: AppSpec) -> str:
    """The values by table and number, and what is beside them; empty where an app has no condition to keep."""
    # Without conditions any value goes, and the app's own tests fill their forms by themselves.
    if not has_conditions(spec):
        return "{}\n"
    examples = examples_of(spec)
    cast = examples.cast
    names = {
        name for entity in spec.entities if conditions_of(spec, entity) for name in _kinds_above(spec, entity)
    }
    # A payment that a rule about its member looks at is made as the example says too.
    names |= {
        name
        for entity in spec.entities
        for stated in examples.judge.stated[entity.name]
        for counted in examples.kinds_read(entity, stated)
        for name in _kinds_above(spec, cast.entity(counted))
    }
    for keys_needed in list(cast.needs.values()):
        names |= {name for key in keys_needed for name in _kinds_above(spec, cast.entity(key[0]))}
    document = {
        "records": {
            # Two, since rules such as "no two alike" need another to be tried with.
            entity.table: {str(number): cast.record((entity.name, number)) for number in (1, 2)}
            for entity in spec.entities
            if entity.name in names
        },
        "differ": {entity.table: differing_fields(spec, entity) for entity in spec.entities},
        "beside": {
            cast.entity(name).table: [_key_json(spec, key) for key in keys_needed]
            for name, keys_needed in cast.needs.items()
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def scene_py(spec: AppSpec, scene: Scene) -> Json:
    """A scene as the tests of an app read it: its records in the order in which they are added."""
    return {
        "subject": _key_json(spec, scene.subject),
        "records": [[*_key_json(spec, key), _filled_in(texts)] for key, texts in scene.records.items()],
    }


def violation_py(spec: AppSpec, violation: Violation) -> Json:
    """A violation as the tests of an app read it."""
    entity = spec.entity(violation.scene.subject[0])
    role = next((role for role in spec.roles if role.name == violation.role), None)
    person = spec.entity(role.entity) if role is not None and role.entity else None
    numbers = [at for at, move in enumerate(entity.moves) if move.label == violation.move] if entity else []
    return {
        **scene_py(spec, violation.scene),
        "last": _key_json(spec, violation.last),
        "before": None if violation.before is None else _filled_in(violation.before),
        "move": numbers[0] if numbers else None,
        "copies": violation.copies,
        "role": violation.role,
        "person": person.table if person is not None else "",
    }


def _filled_in(texts: Texts) -> Texts:
    return {name: text for name, text in texts.items() if text}


def _key_json(spec: AppSpec, key: Key) -> list[str | int]:
    entity = spec.entity(key[0])
    return [entity.table if entity else "", key[1]]
