"""Finds the scenes on which the moves, the figures and the rights of an app are tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from app.blueprint.expressions.evaluator import Plain
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.examples import Examples
from app.blueprint.generate.judging import MOMENTS
from app.blueprint.generate.scenes import Key, Scene, Slot
from app.blueprint.generate.spoken_of import mentions_today
from app.blueprint.spec import (
    OWNER,
    AppSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    MoveSpec,
    Reach,
    RightSpec,
    RoleScope,
    RoleSpec,
)
from app.blueprint.spec_expressions import compiler_of

_MOST_SCENES: Final = 100
"""So many scenes are looked at for one in which a figure is neither nought nor empty."""
_DAYS_LATER: Final = (1, 2, 8, 31, 62, 401, 4_001)
"""The days that are let pass before a move that goes by the clock."""
_DULL: Final = (None, 0, False, "")
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class MoveScenes:
    """A move that goes and, where it has a condition, one that is refused.

    Somebody of the `role` takes it from the state `source`. Where the condition only says whose a record is,
    `others` is one of somebody else that whoever takes it sees.
    """

    role: str
    source: str
    goes: Scene | None
    refused: Scene | None
    others: Scene | None = None
    goes_after: int = 0
    """The days that pass between the scene and the move that goes, where it does not go before."""
    refused_after: int = 0

    @property
    def is_refused_somewhere(self) -> bool:
        return self.refused is not None or self.others is not None

    @property
    def goes_at_once(self) -> Scene | None:
        """The scene of the move that goes, where no days have to pass: nobody turns a running app's clock."""
        return None if self.goes_after else self.goes

    @property
    def refused_at_once(self) -> Scene | None:
        """The scene of the move that is refused, where no days have to pass."""
        return None if self.refused_after else self.refused


@dataclass(frozen=True)
class FigureScene:
    """A scene and the value of the figure about its subject.

    The value is in its smallest unit; a date is said in `days` from today. `is_known` is false where the value
    depends on the day on which it is looked at; `is_there` is true where there is one on any day.
    """

    scene: Scene
    value: int | str | None = None
    days: int | None = None
    is_known: bool = False
    is_there: bool = False


@dataclass(frozen=True)
class RightScenes:
    """A record that the right covers, one that it does not, and which of them are somebody else's."""

    mine: Scene
    others: Scene | None
    hidden: Scene | None


def role_named(spec: AppSpec, name: str) -> RoleSpec | None:
    """The role of that name; None for the owner."""
    return next((role for role in spec.roles if role.name == name), None)


def person_of(spec: AppSpec, name: str) -> str:
    """The kind of record that describes people of a role who work with their own records; empty for others."""
    role = role_named(spec, name)
    return role.entity or "" if role is not None and role.scope is RoleScope.OWN else ""


def move_scenes(spec: AppSpec, entity: EntitySpec, move: MoveSpec) -> MoveScenes:
    """The scenes of a move, taken by the first role that may, from the state in which most of it can be tried."""
    left = {state for other in entity.moves if other.is_automatic for state in other.sources}
    best: MoveScenes | None = None
    # What the app leaves by itself meanwhile says little of what else leads on from there.
    for source in sorted(move.sources, key=lambda state: state in left and not move.is_automatic):
        tried = _scenes_from(spec, entity, move, source)
        if tried.goes is not None and (tried.is_refused_somewhere or not move.only_if):
            return tried
        if best is None or (tried.goes is not None, tried.is_refused_somewhere) > (
            best.goes is not None,
            best.is_refused_somewhere,
        ):
            best = tried
    assert best is not None, "a move leads from a state"
    return best


def _scenes_from(spec: AppSpec, entity: EntitySpec, move: MoveSpec, source: str) -> MoveScenes:
    examples = examples_of(spec)
    role = OWNER if move.is_automatic or not move.by else move.by[0]
    fixed: dict[Slot, str] = {((entity.name, 1), entity.state or ""): source}
    slot = owner_slot(spec, entity, person_of(spec, role))
    for name in move.asks:
        asked = entity.field(name)
        if asked is not None and asked.ref:
            # Of its own kind it is another one, since no record leads to itself.
            fixed[(entity.name, 1), name] = "2" if asked.ref == entity.name else "1"
    takers = list(_takers(spec, entity, person_of(spec, role))) or [{}]
    tried = [{**taker, **fixed} for taker in takers]
    candidates = ((slots, examples.scene_to_move(entity, move, slots, role=role)) for slots in tried)
    fixed, goes = next(((slots, scene) for slots, scene in candidates if scene is not None), (tried[0], None))
    if not move.only_if:
        return MoveScenes(role, source, goes, None)
    refused = examples.scene_where(entity, move.only_if, False, fixed, role=role)
    if mentions_today(spec, (move.only_if, None)):
        later = _later_scenes(spec, entity, move, MoveScenes(role, source, goes, refused))
        if later is not None:
            return later
    right = next((right for right in entity.rights if right.role == role), None)
    others = None
    if refused is None and slot is not None and right is not None and right.sees is Reach.ALL:
        hidden_or_refused = f"not ({move.only_if}) and ({right.only_if or 'yes'})"
        others = examples.scene_where(entity, hidden_or_refused, True, {**fixed, slot: "2"}, role=role)
    return MoveScenes(role, source, goes, refused, others)


def _later_scenes(spec: AppSpec, entity: EntitySpec, move: MoveSpec, at_once: MoveScenes) -> MoveScenes | None:
    """The scenes of a move that goes, or is refused, only once days have passed; None if none is needed or found.

    What lies in the past is seldom let in, such as a booking that is too late to be cancelled.
    """
    goes, refused, role = at_once.goes, at_once.refused, at_once.role
    if goes is not None and refused is None:
        days = _days_until(spec, entity, move, goes, role=role, goes=False)
        return replace(at_once, refused=goes, refused_after=days) if days else None
    if goes is None and refused is not None:
        days = _days_until(spec, entity, move, refused, role=role, goes=True)
        return replace(at_once, goes=refused, goes_after=days) if days else None
    return None


def _days_until(
    spec: AppSpec, entity: EntitySpec, move: MoveSpec, scene: Scene, *, role: str, goes: bool
) -> int | None:
    """The days after which the condition of a move holds, or does not any more; None where it stays as it is."""
    judge = examples_of(spec).judge
    moved_texts = {**scene.records[scene.subject], entity.state or "": move.target}
    moved = Scene(scene.subject, {**scene.records, scene.subject: moved_texts})
    of_states = [stated for stated in judge.stated[entity.name] if stated[1] and (entity.state or "") in stated[1]]
    judge.role = role
    try:
        for days in _DAYS_LATER:
            judge.later = timedelta(days=days)
            turn = judge.keeps if goes else judge.breaks
            turns = turn(scene, scene.subject, (move.only_if or "yes", None), strictly=True)
            is_allowed = not goes or all(judge.keeps(moved, moved.subject, stated) for stated in of_states)
            if turns and is_allowed and not _is_overtaken(spec, scene, move):
                return days
    finally:
        judge.later, judge.role = timedelta(0), OWNER
    return None


def _is_overtaken(spec: AppSpec, scene: Scene, move: MoveSpec) -> bool:
    """True if the app may by now have taken another step by itself with one of the records."""
    judge = examples_of(spec).judge
    return any(
        not judge.breaks(scene, key, (other.only_if or "yes", None))
        for key, texts in scene.records.items()
        for entity in [judge.cast.entity(key[0])]
        for other in entity.moves
        if other.is_automatic and other != move and texts.get(entity.state or "") in other.sources
    )


def figure_scene(spec: AppSpec, entity: EntitySpec, figure: ComputedSpec) -> FigureScene:
    """The first scene in which the figure is neither nought nor empty, or else the good example."""
    examples = examples_of(spec)
    compiler = compiler_of(spec)
    kind = compiler.value(figure.expression, entity.name, digits=figure.digits).type
    digits = compiler.catalogue.digits_of(kind)
    best: FigureScene | None = None
    for scene in _scenes_of(examples, entity, figure):
        values = examples.values(scene, figure.expression, digits=digits)
        candidate = _known_value(values, scene, kind.scale)
        if candidate.days is not None and _goes_by_months(spec, figure.expression):
            # Two months from one day are as many days as from another only by chance.
            candidate = FigureScene(scene, is_there=True)
        if candidate.is_known and (candidate.days is not None or candidate.value not in _DULL):
            return candidate
        if best is None or (candidate.is_there, candidate.is_known) > (best.is_there, best.is_known):
            best = candidate
    return best or FigureScene(examples.good(entity))


def _scenes_of(examples: Examples, entity: EntitySpec, figure: ComputedSpec) -> Iterator[Scene]:
    """Scenes that differ in what a figure speaks of, then in what the figures that it speaks of do."""
    yield from examples.scenes_for(entity, figure.expression, most=_MOST_SCENES)
    names = set(_NAME.findall(figure.expression)) - {figure.name}
    for leaned_on in entity.computed:
        if leaned_on.name in names:
            # An entry has no place before it has an average, and no average without a score.
            yield from examples.scenes_for(entity, leaned_on.expression, most=_MOST_SCENES)


def _goes_by_months(spec: AppSpec, expression: str) -> bool:
    """True if months are counted in an expression, or in what it leans on."""
    figures = [figure for entity in spec.entities for figure in entity.computed]
    fields = [field for entity in spec.entities for field in entity.fields if field.starts_as]
    texts = {figure.name: figure.expression for figure in figures}
    texts |= {field.name: field.starts_as for field in fields if field.starts_as}
    waiting, followed = [expression], set[str]()
    while waiting:
        names = set(_NAME.findall(waiting.pop())) - followed
        followed |= names
        waiting += [texts[name] for name in names if name in texts]
    return "add_months" in followed


def _known_value(values: list[Plain], scene: Scene, digits: int) -> FigureScene:
    """The value where it is the same at any time, or as many days from today."""
    units = [_in_smallest_unit(value, digits) for value in values]
    if all(isinstance(value, date) and not isinstance(value, datetime) for value in values):
        days = {
            (value - moment.date()).days
            for value, moment in zip(values, MOMENTS, strict=True)
            if isinstance(value, date)
        }
        is_known = len(days) == 1
        return FigureScene(scene, days=days.pop() if is_known else None, is_known=is_known, is_there=True)
    is_there = all(value is not None for value in values)
    if any(isinstance(value, datetime) for value in values) or len(set(map(str, units))) != 1:
        return FigureScene(scene, is_there=is_there)
    return FigureScene(scene, value=units[0], is_known=True, is_there=is_there)


def _in_smallest_unit(value: Plain, digits: int) -> int | str | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Fraction):
        return int(value * 10**digits)
    return None if value is None else str(value)


def right_scenes(spec: AppSpec, entity: EntitySpec, right: RightSpec) -> RightScenes | None:
    """Records of a role's own and of others', and one that a condition of the right hides."""
    examples, person = examples_of(spec), person_of(spec, right.role)
    if entity.name == person:
        mine = examples.cast.scene((person, 1), beside=[(person, 2)])
        return RightScenes(mine, None, None)
    slot = owner_slot(spec, entity, person)
    own_slot: dict[Slot, str] = {slot: "1"} if slot else {}
    condition = right.only_if or "yes"
    covered = examples.scene_where(entity, condition, True, own_slot, role=right.role)
    if covered is None:
        return None
    theirs = {slot: "2"} if slot else {}
    others = examples.scene_where(entity, condition, True, theirs, role=right.role) if slot else None
    hidden = None
    if right.only_if and right.sees is not Reach.NONE:
        fixed = own_slot if right.sees is Reach.OWN else theirs
        hidden = examples.scene_where(entity, condition, False, fixed, role=right.role)
    return RightScenes(covered, others, hidden)


def owner_slot(spec: AppSpec, entity: EntitySpec, person: str) -> Slot | None:
    """The link to the owner of a record, its own or one of a record it belongs to."""
    for key, field in _owner_links(spec, entity, person, frozenset()):
        if field.ref == person:
            return key, field.name
    return None


def _takers(spec: AppSpec, entity: EntitySpec, person: str) -> Iterator[dict[Slot, str]]:
    """The ways in which the first person can have to do with a record: by its first link, or by another one."""
    slot = owner_slot(spec, entity, person)
    if slot is None:
        return
    yield {slot: "1"}
    direct = [field.name for field in entity.fields if field.ref == person]
    for name in direct[1:]:
        yield {((entity.name, 1), direct[0]): "2", ((entity.name, 1), name): "1"}
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref and field.required else None
        owner = next((part.name for part in target.fields if part.ref == person), "") if target is not None else ""
        earlier = [part.name for part in entity.fields[: entity.fields.index(field)] if part.ref == field.ref]
        if owner and earlier and target is not None:
            # Who is asked for a swap: their duty is the second one, and the first is somebody else's.
            links: dict[Slot, str] = {((entity.name, 1), earlier[0]): "1", ((entity.name, 1), field.name): "2"}
            yield {**links, ((target.name, 1), owner): "2", ((target.name, 2), owner): "1"}


def _owner_links(
    spec: AppSpec, entity: EntitySpec, person: str, visited: frozenset[str]
) -> Iterator[tuple[Key, FieldSpec]]:
    if not person or entity.name == person:
        return
    direct = [field for field in entity.fields if field.ref == person]
    if direct:
        yield (entity.name, 1), direct[0]
        return
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref and field.required else None
        if target is not None and target.name not in visited | {entity.name}:
            yield from _owner_links(spec, target, person, visited | {entity.name})
