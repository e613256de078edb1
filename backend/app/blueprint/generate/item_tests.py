"""Writes the test of an app's plan: each move, figure and right of the specification is tried in the app."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from app.blueprint.generate.example_records import Json, scene_py
from app.blueprint.generate.expressions import write_sql, written_entity
from app.blueprint.generate.item_scenes import (
    figure_scene,
    move_scenes,
    person_of,
    right_scenes,
    role_named,
)
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import VISITOR, AppSpec, ComputedSpec, EntitySpec, MoveSpec, RightSpec

_HEAD = '''"""The moves, figures and rights of this app do what its plan says."""

from __future__ import annotations

from . import item_tries
from .client import Browser
from .scenes import SCENES
'''


def item_tests_py(spec: AppSpec) -> str:
    """The module's text: a test for each item, which stays red when the item is taken out of the app."""
    return _HEAD + "".join(
        f"\n\ndef test_{name.replace(' ', '_')}(client: Browser) -> None:\n"
        # In the comment are the words of the plan, as the checks tell them to the founder when this test fails.
        f"    # {scene['about']!a}\n    item_tries.{scene['kind']}(client, SCENES[{name!r}])\n"
        for name, scene in item_scenes_json(spec).items()
    )


@lru_cache(maxsize=8)
def item_scenes_json(spec: AppSpec) -> dict[str, Json]:
    """The scenes of all items by their names."""
    scenes: dict[str, Json] = {}
    for entity in spec.entities:
        for number, scene in enumerate(_item_scenes(spec, entity), start=1):
            scenes[f"{scene['kind']} {number} of {entity.table}"] = scene
    return scenes


def has_items(spec: AppSpec) -> bool:
    """True if an app has a move, a figure or a right to try."""
    return any(entity.moves or entity.computed or entity.rights for entity in spec.entities)


def _item_scenes(spec: AppSpec, entity: EntitySpec) -> Iterator[Json]:
    for move in entity.moves:
        yield _move_scene(spec, entity, move)
    for figure in entity.computed:
        yield _figure_scene(spec, entity, figure)
    for right in entity.rights:
        scene = _right_scene(spec, entity, right)
        if scene is not None:
            yield scene


def _scene_json(spec: AppSpec, scene: Scene | None) -> Json | None:
    return scene_py(spec, scene) if scene is not None else None


def _person_table(spec: AppSpec, role: str) -> str:
    role_spec = role_named(spec, role)
    person = spec.entity(role_spec.entity) if role_spec is not None and role_spec.entity else None
    return person.table if person is not None else ""


def _move_scene(spec: AppSpec, entity: EntitySpec, move: MoveSpec) -> Json:
    tried = move_scenes(spec, entity, move)
    allowed = {*move.by} if move.by else {role.name for role in spec.roles if not person_of(spec, role.name)}
    return {
        "kind": "automatic_move" if move.is_automatic else "move",
        "about": move.about,
        "table": entity.table,
        "label": move.label,
        "source": tried.source,
        "target": move.target,
        "asks": list(move.asks),
        "sets": [assignment.name for assignment in move.sets if not assignment.link],
        "writes": [
            [one.link, written_entity(spec, entity, one).table, one.name, write_sql(spec, entity, one)]
            for one in move.sets
            if one.link
        ],
        "role": tried.role if role_named(spec, tried.role) else "",
        "person": _person_table(spec, tried.role),
        "not_by": [[role.name, _person_table(spec, role.name)] for role in spec.roles if role.name not in allowed],
        "goes": _scene_json(spec, tried.goes),
        "refused": _scene_json(spec, tried.refused or tried.others),
        "goes_after": tried.goes_after,
        "refused_after": tried.refused_after,
    }


def _figure_scene(spec: AppSpec, entity: EntitySpec, figure: ComputedSpec) -> Json:
    tried = figure_scene(spec, entity, figure)
    return {
        "kind": "figure",
        "about": figure.about,
        "table": entity.table,
        "name": figure.name,
        "label": figure.label,
        "unit": figure.unit or "",
        "is_known": tried.is_known,
        "is_there": tried.is_there,
        "value": tried.value,
        "days": tried.days,
        "scene": scene_py(spec, tried.scene),
    }


def _right_scene(spec: AppSpec, entity: EntitySpec, right: RightSpec) -> Json | None:
    tried = right_scenes(spec, entity, right)
    if tried is None:
        return None
    return {
        "kind": "right_by_link" if right.role == VISITOR else "right",
        "about": f"What {right.role} may do with {entity.plural.lower()}.",
        "table": entity.table,
        "role": right.role,
        "person": _person_table(spec, right.role),
        "own": bool(person_of(spec, right.role)),
        "is_self": entity.name == person_of(spec, right.role),
        "sees": right.sees.value,
        "adds": right.adds,
        "changes": right.changes.value,
        "deletes": right.deletes,
        "fields": list(right.fields),
        "hides": list(right.hides),
        "mine": scene_py(spec, tried.mine),
        "others": _scene_json(spec, tried.others),
        "hidden": _scene_json(spec, tried.hidden),
    }
