"""Writes the values that an app's own tests fill its forms with."""

from __future__ import annotations

import json

from app.blueprint.generate.example_records import examples_of, has_conditions, key_json
from app.blueprint.generate.locks import lock_condition
from app.blueprint.generate.scenes import Texts
from app.blueprint.generate.stated import conditions_of, differing_fields
from app.blueprint.spec import AppSpec, EntitySpec, RuleKind


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
    if not has_conditions(spec) and not _locked_kinds(spec):
        return "{}\n"
    examples = examples_of(spec)
    freeing = {entity.name: _freeing_changes(spec, entity) for entity in _locked_kinds(spec)}
    cast = examples.cast
    judged = [entity for entity in spec.entities if conditions_of(spec, entity) or entity.name in freeing]
    names = {name for entity in judged for name in _kinds_above(spec, entity)}
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
            entity.table: {
                str(number): cast.record((entity.name, number)) | (freeing.get(entity.name) or {})
                for number in (1, 2)
            }
            for entity in spec.entities
            if entity.name in names
        },
        "differ": {entity.table: differing_fields(spec, entity) for entity in spec.entities},
        "beside": {
            cast.entity(name).table: [key_json(spec, key) for key in keys_needed]
            for name, keys_needed in cast.needs.items()
        },
        "locked": sorted(cast.entity(name).table for name, changes in freeing.items() if changes is None),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _locked_kinds(spec: AppSpec) -> list[EntitySpec]:
    """The kinds of record that a rule keeps as they are while its condition holds."""
    names = {rule.entity for rule in spec.rules if rule.kind is RuleKind.LOCKED}
    return [entity for entity in spec.entities if entity.name in names]


def _freeing_changes(spec: AppSpec, entity: EntitySpec) -> Texts | None:
    """The values with which the example of a kind is not locked at once; None where no such example was found."""
    locks = [rule for rule in spec.rules if rule.kind is RuleKind.LOCKED and rule.entity == entity.name]
    locked = " or ".join(f"({lock_condition(rule)})" for rule in locks)
    if _is_free(spec, entity, locked, {}):
        return {}
    examples = examples_of(spec)
    scene, usual = examples.scene_where(entity, locked, False), examples.cast.record((entity.name, 1))
    own = {} if scene is None else scene.records[scene.subject]
    # What it belongs to is shared with other kinds, so its own values alone are changed.
    changes = {name: text for name, text in own.items() if text != usual[name]}
    return changes if examples.fits(entity, changes) and _is_free(spec, entity, locked, changes) else None


def _is_free(spec: AppSpec, entity: EntitySpec, locked: str, changes: Texts) -> bool:
    examples, subject = examples_of(spec), (entity.name, 1)
    scene = examples.cast.scene(subject, {(subject, name): text for name, text in changes.items()})
    return examples.judge.breaks(scene, subject, (locked, None), strictly=True)
