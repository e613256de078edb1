"""The example records of an app, and the scenes with them as its own tests read them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from app.blueprint.generate.examples import Examples
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.generate.stated import conditions_of
from app.blueprint.generate.violations import Violation
from app.blueprint.spec import AppSpec, EntitySpec, RuleSpec

Json = dict[str, Any]  # Any: what JSON can hold


@lru_cache(maxsize=16)
def examples_of(spec: AppSpec) -> Examples:
    """The example records of an app."""
    return Examples(spec)


def violation_of(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> Violation | None:
    """A record that breaks this rule and no other, in a way that an app judges; None when none was found."""
    found = examples_of(spec).violation(entity, rule)
    is_new = found is not None and found.before is None and found.last == found.scene.subject
    return found if is_new or not rule.on_entry else None


def breaks_alone(spec: AppSpec, entity: EntitySpec, violation: Violation) -> bool:
    """True if a record breaks its rule by what it says, and not by what else is there or who sends it."""
    usual = examples_of(spec).good(entity).records.keys()
    return not (violation.copies or violation.role) and violation.scene.records.keys() == usual


def has_conditions(spec: AppSpec) -> bool:
    """True if an app has a condition that example records must keep."""
    return any(conditions_of(spec, entity) for entity in spec.entities)


def scene_py(spec: AppSpec, scene: Scene) -> Json:
    """A scene as the tests of an app read it: its records in the order in which they are added."""
    return {
        "subject": key_json(spec, scene.subject),
        "records": [[*key_json(spec, key), _filled_in(texts)] for key, texts in scene.records.items()],
    }


def violation_py(spec: AppSpec, violation: Violation) -> Json:
    """A violation as the tests of an app read it."""
    entity = spec.entity(violation.scene.subject[0])
    role = next((role for role in spec.roles if role.name == violation.role), None)
    person = spec.entity(role.entity) if role is not None and role.entity else None
    numbers = [at for at, move in enumerate(entity.moves) if move.label == violation.move] if entity else []
    return {
        **scene_py(spec, violation.scene),
        "last": key_json(spec, violation.last),
        "before": None if violation.before is None else _filled_in(violation.before),
        "move": numbers[0] if numbers else None,
        "copies": violation.copies,
        "role": violation.role,
        "person": person.table if person is not None else "",
    }


def _filled_in(texts: Texts) -> Texts:
    return {name: text for name, text in texts.items() if text}


def key_json(spec: AppSpec, key: Key) -> list[str | int]:
    entity = spec.entity(key[0])
    return [entity.table if entity else "", key[1]]
