"""Looks for records that keep the rules of an app, and for some that break them, to try the app with.

Nothing is guessed from the words of a rule: values are tried out on the expressions themselves until one fits.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.generate.example_search import Candidate, Search, mentions_today
from app.blueprint.generate.scenes import Cast, Changes, Key, Scene, Texts, plain
from app.blueprint.generate.stated import Statement, judged_rules, statement
from app.blueprint.spec import AppSpec, EntitySpec, RuleSpec
from app.blueprint.spec_expressions import catalogue_of
from app.blueprint.spec_queries import in_order

MOMENTS: Final = (
    datetime(2031, 3, 4, 9, 0),
    datetime(2031, 3, 1, 0, 5),
    datetime(2028, 12, 31, 23, 55),
    datetime(2029, 1, 1, 0, 5),
    datetime(2028, 2, 29, 12, 0),
    datetime(2031, 4, 5, 18, 0),
)
"""When the examples are tried: early and late on ordinary days and at the turn of a week, a month and a year."""
_MOST_COPIES: Final = 60
_MOST_MENDED: Final = 8
"""So many scenes that break a second rule too are mended, for each such rule."""
_MOST_DEEP: Final = 2
_MOST_TRIES: Final = 4_000
"""So many scenes are tried to break one rule: a second or two."""
_COPY: Final = 1_000
"""Copies of a record have numbers from here on."""


@dataclass(frozen=True)
class Violation:
    """Records of which the last one sent is refused by a rule.

    `before` is how the subject stands until it is changed to what the scene says, by its form or by the move of
    that label; None when it is new. `copies` like it are there before.
    """

    scene: Scene
    last: Key
    before: Texts | None = None
    move: str | None = None
    copies: int = 0


@dataclass(frozen=True)
class Obstacle:
    """A statement that a record of a scene does not keep; `violation` is what the scene would be without it."""

    scene: Scene
    key: Key
    said: Statement
    violation: Violation | None = None


class Examples:
    """Good records of each kind, which belong to each other, and scenes that keep or break a condition."""

    def __init__(self, spec: AppSpec) -> None:
        self.spec = spec
        self.cast = Cast(spec)
        self._catalogue = catalogue_of(spec)
        self._stated = {
            entity.name: [said for rule in judged_rules(spec, entity) if (said := statement(spec, entity, rule))]
            for entity in spec.entities
        }
        self._search = Search(self.cast)
        self._by_time: dict[tuple[str, Statement], bool] = {}
        self._tries_left = 0
        self._found: dict[tuple[str, Statement], Violation | None] = {}
        so_far: list[EntitySpec] = []
        for entity in in_order(spec):
            so_far.append(entity)
            for said in self._stated[entity.name]:
                self._repair(entity, said, so_far)

    def good(self, entity: EntitySpec) -> Scene:
        """The example record of a kind with all that it belongs to and needs."""
        return self.cast.scene((entity.name, 1))

    def is_good(self, entity: EntitySpec) -> bool:
        """Whether the example record keeps every rule of its kind."""
        scene = self.good(entity)
        return all(self.keeps(scene, scene.subject, said) for said in self._stated[entity.name])

    def violation(self, entity: EntitySpec, rule: RuleSpec) -> Violation | None:
        """A record that breaks this rule and no other, or None when none was found."""
        said = statement(self.spec, entity, rule)
        if said is None:
            return None
        if (entity.name, said) not in self._found:
            self._found[entity.name, said] = self._find(entity, rule, said)
        return self._found[entity.name, said]

    def _find(self, entity: EntitySpec, rule: RuleSpec, said: Statement) -> Violation | None:
        second_best: Violation | None = None
        self._tries_left = _MOST_TRIES
        stuck: Counter[object] = Counter()
        for candidate in itertools.takewhile(self._goes_on, self._search.candidates(entity, said)):
            for copies in self._copies(entity, rule, candidate):
                found = self._attempt(entity, said, candidate, copies)
                if isinstance(found, Obstacle):
                    second_best = second_best or found.violation
                    kind = (found.said, candidate.beside, copies)
                    stuck[kind] += 1
                    is_worth_it = stuck[kind] <= _MOST_MENDED
                    found = self._mended(entity, said, candidate, found, copies) if is_worth_it else None
                if found is not None:
                    return found
        return second_best

    def _mended(
        self,
        entity: EntitySpec,
        said: Statement,
        candidate: Candidate,
        obstacle: Obstacle,
        copies: int,
        depth: int = 0,
    ) -> Violation | None:
        """The violation with more changes, such that it breaks no second rule, nor a third."""
        tried = 0
        found = self._search.mending(candidate, obstacle.scene, obstacle.key, obstacle.said)
        for other in itertools.takewhile(self._goes_on, found):
            better = self._attempt(entity, said, other, copies)
            is_another = isinstance(better, Obstacle) and better.said != obstacle.said
            if isinstance(better, Obstacle) and is_another and depth < _MOST_DEEP and tried < _MOST_MENDED:
                tried += 1
                better = self._mended(entity, said, other, better, copies, depth + 1)
            if isinstance(better, Violation):
                return better
        return None

    def _goes_on(self, _: Candidate) -> bool:
        return self._tries_left > 0

    def _attempt(
        self, entity: EntitySpec, said: Statement, candidate: Candidate, copies: int
    ) -> Violation | Obstacle | None:
        """The violation that a candidate is; None where it keeps the rule, an obstacle where it breaks another."""
        self._tries_left -= 1
        scene = candidate.scene(self.cast, entity.name)
        crowd = self._with_copies(scene, copies)
        if not self._breaks(crowd, scene.subject, said):
            return None
        for other in self._stated[entity.name]:
            if other != said and not self.keeps(crowd, scene.subject, other):
                return Obstacle(scene, scene.subject, other)
        found = self._as_violation(entity, said, scene, copies)
        if found is None:
            return None
        return self._obstacle(found) or found

    def scene_where(
        self, entity: EntitySpec, condition: str, wanted: bool, changes: Changes | None = None
    ) -> Scene | None:
        """A scene whose subject keeps its rules and for which the condition holds, or does not."""
        fixed = dict(changes or {})
        for candidate in self._search.candidates(entity, (condition, None)):
            scene = replace(candidate, changes={**candidate.changes, **fixed}).scene(self.cast, entity.name)
            judge = self.keeps if wanted else self._breaks
            if (
                judge(scene, scene.subject, (condition, None), strictly=True)
                and self._first_refused(scene) is None
            ):
                return scene
        return None

    def value(self, scene: Scene, expression: str, *, digits: int | None = None) -> Plain:
        """A figure about the subject, where it is the same whenever it is looked at; else None."""
        name, number = scene.subject
        found = [self._evaluator(scene, now).value(expression, name, number, digits=digits) for now in MOMENTS]
        return found[0] if len(set(map(str, found))) == 1 else None

    def _copies(self, entity: EntitySpec, rule: RuleSpec, candidate: Candidate) -> tuple[int, ...]:
        most = int(rule.limit or 0)
        scene = candidate.scene(self.cast, entity.name)
        if candidate.beside or any(scene.leans_on_subject(key) for key in scene.records):
            return (0,)
        return (0, 1, most) if 1 < most <= _MOST_COPIES else (0, 1)

    def _with_copies(self, scene: Scene, copies: int) -> Scene:
        name, texts = scene.subject[0], scene.records[scene.subject]
        more = {(name, _COPY + number): texts for number in range(copies)}
        return Scene(scene.subject, {**scene.records, **more})

    def _as_violation(self, entity: EntitySpec, said: Statement, scene: Scene, copies: int) -> Violation | None:
        """How the broken scene comes about: by a new record, a change, a move, or a record that belongs to it."""
        good = self.cast.record(scene.subject)
        changed = {name: text for name, text in scene.records[scene.subject].items() if good[name] != text}
        leaning = [key for key in scene.records if scene.leans_on_subject(key)]
        state = changed.get(entity.state or "") if entity.moves else None
        if copies and (state is not None or leaning):
            return None
        if state is not None and len(changed) == 1:
            for move in entity.moves:
                written = any(assignment.field in (said[0] + (said[1] or "")) for assignment in move.sets)
                if move.target == state and not move.is_automatic and not written:
                    before = {**good, entity.state or "": move.sources[0]}
                    return Violation(scene, scene.subject, before, move.label)
            return None
        if state is not None or (leaning and changed):
            before = {**good, **({entity.state: state} if entity.state and state else {})}
            return Violation(scene, scene.subject, before)
        return Violation(scene, leaning[-1] if leaning else scene.subject, copies=copies)

    def _obstacle(self, found: Violation) -> Obstacle | None:
        """The first record of a violation that could not be added before the refused one."""
        if found.copies:
            return None
        records = dict(found.scene.records)
        if found.before is not None:
            records[found.scene.subject] = found.before
        else:
            del records[found.last]
        stopped = self._first_refused(Scene(found.scene.subject, records))
        return Obstacle(found.scene, *stopped, found) if stopped else None

    def _first_refused(self, scene: Scene) -> tuple[Key, Statement] | None:
        so_far: dict[Key, Texts] = {}
        for key, texts in scene.records.items():
            so_far[key] = texts
            stage = Scene(key, dict(so_far))
            for said in self._stated[key[0]]:
                if not self.keeps(stage, key, said):
                    return key, said
        return None

    def _repair(self, entity: EntitySpec, said: Statement, so_far: list[EntitySpec]) -> None:
        """Change the example so that it keeps the statement, and so that those before it keep theirs."""
        if self.keeps(self.good(entity), (entity.name, 1), said):
            return
        kept = [
            (other, known)
            for other in so_far
            for known in self._known(other, said)
            if self.keeps(self.good(other), (other.name, 1), known)
        ]
        for candidate in self._search.candidates(entity, said, lasting=True):
            if not self.keeps(candidate.scene(self.cast, entity.name), (entity.name, 1), said):
                continue
            before = self._remember()
            candidate.apply(self.cast, entity.name)
            if self.keeps(self.good(entity), (entity.name, 1), said) and all(
                self.keeps(self.good(other), (other.name, 1), known) for other, known in kept
            ):
                return
            self.cast.texts, self.cast.others, self.cast.needs = before

    def _known(self, entity: EntitySpec, said: Statement) -> list[Statement]:
        """The statements of a kind that come before this one, or all of another kind."""
        known = self._stated[entity.name]
        return known[: known.index(said)] if said in known else known

    def _remember(self) -> tuple[dict[str, Texts], dict[Key, Texts], dict[str, tuple[Key, ...]]]:
        texts = {name: dict(values) for name, values in self.cast.texts.items()}
        return texts, {key: dict(values) for key, values in self.cast.others.items()}, dict(self.cast.needs)

    def keeps(self, scene: Scene, key: Key, said: Statement, *, strictly: bool = False) -> bool:
        """Whether the record keeps the condition at any time; `strictly`, no empty value leaves it open."""
        return self._always(scene, key, said, lambda held: held is True or (held is None and not strictly))

    def _breaks(self, scene: Scene, key: Key, said: Statement, *, strictly: bool = False) -> bool:
        return self._always(scene, key, said, lambda held: held is False or (strictly and held is None))

    def _always(self, scene: Scene, key: Key, said: Statement, judge: Callable[[bool | None], bool]) -> bool:
        if (key[0], said) not in self._by_time:
            self._by_time[key[0], said] = mentions_today(self.spec, said)
        moments = MOMENTS if self._by_time[key[0], said] else MOMENTS[:1]
        return all(judge(self._holds(scene, key, said, now)) for now in moments)

    def _holds(self, scene: Scene, key: Key, said: Statement, now: datetime) -> bool | None:
        condition, when = said
        evaluator = self._evaluator(scene, now)
        if when and evaluator.holds(when, *key) is not True:
            return True
        return evaluator.holds(condition, *key)

    def _evaluator(self, scene: Scene, now: datetime) -> Evaluator:
        records: dict[str, dict[int, Mapping[str, Plain]]] = {}
        for (name, number), texts in scene.records.items():
            fields = self.cast.entity(name).fields
            record = {kept.name: plain(kept, texts[kept.name], now.date()) for kept in fields}
            records.setdefault(name, {})[number] = record
        return Evaluator(self._catalogue, World(records, now))
