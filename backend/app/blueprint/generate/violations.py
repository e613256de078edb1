"""Looks for records that break one rule of an app and no other."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.generate.example_search import Candidate, Search
from app.blueprint.generate.judging import Judge
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.generate.stated import Statement, filled_asks
from app.blueprint.spec import OWNER, EntitySpec, RuleSpec
from app.blueprint.spec_queries import own_link

_MOST_COPIES: Final = 60
_MOST_MENDED: Final = 8
"""So many scenes that break a second rule too are mended, for each such rule."""
_MENDS: Final = (600, 100, 50)
"""So many further changes are tried in a scene, fewer where a further change had broken a third rule."""
_MOST_DEEPER: Final = 4
_MOST_TRIES: Final = 4_000
"""So many scenes are tried to break one rule: a second or two."""
_TRIES_FOR_BETTER: Final = 300
_COPY: Final = 1_000
"""Copies of a record have numbers from here on."""


@dataclass(frozen=True)
class Violation:
    """Records of which the last one sent is refused by a rule.

    `before` is how the subject stands until it is changed to what the scene says, by its form or by the move of
    that label; None when it is new. `copies` like it are there before. `role` is that of who sends it, empty for
    the owner; with records of their own, the first of those is them. One that `is_direct` comes about only where
    the records before are put straight into the database.
    """

    scene: Scene
    last: Key
    before: Texts | None = None
    move: str | None = None
    copies: int = 0
    role: str = ""
    is_direct: bool = False


@dataclass(frozen=True)
class Obstacle:
    """A statement that a record of a scene does not keep; `violation` is what the scene would be without it."""

    scene: Scene
    key: Key
    stated: Statement
    violation: Violation | None = None


class Violations:
    """Tries changes of the example records until one rule is broken, and no other."""

    def __init__(self, judge: Judge, search: Search) -> None:
        self._judge = judge
        self._search = search
        self._tries_left = 0
        self.in_the_way: dict[Statement, Statement] = {}
        """By the statement that nothing was found to break alone: the other one about the same record, mostly."""

    def find(self, entity: EntitySpec, rule: RuleSpec, stated: Statement) -> Violation | None:
        """The first scene found in which the rule, stated like this, is broken alone; None without one."""
        for role in self._roles_to_try(entity, stated):
            self._judge.role = role
            violation = self._find_as(entity, rule, stated)
            if violation is not None:
                self._judge.role = OWNER
                return replace(violation, role="" if role == OWNER else role)
        self._judge.role = OWNER
        return None

    def _roles_to_try(self, entity: EntitySpec, stated: Statement) -> list[str]:
        """The roles that may break a rule; where it asks who it is, also those who may add such records."""
        if not any(part.steps[0] == "me" for text in stated if text for part in paths(parse(text))):
            return [OWNER]
        adding = {right.role for right in entity.rights if right.adds}
        return [OWNER, *(role.name for role in self._judge.spec.roles if role.name in adding)]

    def _find_as(self, entity: EntitySpec, rule: RuleSpec, stated: Statement) -> Violation | None:
        second_best: Violation | None = None
        self._tries_left = _MOST_TRIES
        stuck: Counter[object] = Counter()
        blocking: Counter[Statement] = Counter()
        for candidate in itertools.takewhile(self._has_tries_left, self._search.candidates(entity, stated)):
            for copies in self._copies_to_try(entity, rule, candidate):
                outcome = self._attempt(entity, stated, candidate, copies)
                if isinstance(outcome, Obstacle):
                    if second_best is None and outcome.violation is not None:
                        second_best = replace(outcome.violation, is_direct=True)
                        self._tries_left = min(self._tries_left, _TRIES_FOR_BETTER)
                    kind = (outcome.stated, candidate.beside, copies)
                    stuck[kind] += 1
                    if outcome.key == outcome.scene.subject:
                        blocking[outcome.stated] += 1
                    # Copies are alike, so what is in their way mostly stays there.
                    is_worth_it = stuck[kind] <= (1 if copies else _MOST_MENDED)
                    outcome = self._mend(entity, stated, candidate, outcome, copies) if is_worth_it else None
                if outcome is not None:
                    return outcome
        if blocking:
            self.in_the_way[stated] = blocking.most_common(1)[0][0]
        return second_best

    def _mend(
        self,
        entity: EntitySpec,
        stated: Statement,
        candidate: Candidate,
        obstacle: Obstacle,
        copies: int,
        depth: int = 0,
    ) -> Violation | None:
        """The violation with more changes, such that it breaks no second rule, nor a third."""
        tried = 0
        candidates = self._search.mending(candidate, obstacle.scene, obstacle.key, obstacle.stated)
        for mended in itertools.takewhile(self._has_tries_left, itertools.islice(candidates, _MENDS[depth])):
            better = self._attempt(entity, stated, mended, copies)
            if (
                isinstance(better, Obstacle)
                and better.stated != obstacle.stated
                and depth < len(_MENDS) - 1
                and tried < _MOST_DEEPER
            ):
                tried += 1
                better = self._mend(entity, stated, mended, better, copies, depth + 1)
            if isinstance(better, Violation):
                return better
        return None

    def _has_tries_left(self, _: Candidate) -> bool:
        return self._tries_left > 0

    def _attempt(
        self, entity: EntitySpec, stated: Statement, candidate: Candidate, copies: int
    ) -> Violation | Obstacle | None:
        """The violation that a candidate is; None where it keeps the rule, an obstacle where it breaks another."""
        self._tries_left -= 1
        scene = candidate.scene(self._judge.cast, entity.name)
        if self._own_text(entity, scene) not in ("", "1"):
            return None
        crowd = self._with_copies(scene, copies)
        if not self._judge.breaks(crowd, scene.subject, stated):
            return None
        for other_rule in self._judge.stated[entity.name]:
            if other_rule != stated and not self._judge.keeps(crowd, scene.subject, other_rule):
                return Obstacle(scene, scene.subject, other_rule)
        unseen = self._unseen_parent(entity, scene)
        if unseen is not None:
            return unseen
        if copies and not self._is_first_too_many(scene, copies):
            return None
        violation = self._as_violation(entity, stated, scene, copies)
        if violation is None:
            return None
        return self._find_obstacle(violation) or violation

    def _own_text(self, entity: EntitySpec, scene: Scene) -> str:
        """The number in the link that is filled in with whoever acts, who is the first; empty without one."""
        person = next(iter(self._judge.me()), "")
        right = next((granted for granted in entity.rights if granted.role == self._judge.role), None)
        link = own_link(entity, person, right.fields if right else ()) if person else None
        return scene.records[scene.subject][link.name] if link is not None else ""

    def _unseen_parent(self, entity: EntitySpec, scene: Scene) -> Obstacle | None:
        """A parent of the subject that the acting role does not see, and so cannot choose."""
        texts = scene.records[scene.subject]
        for field in entity.fields:
            target = self._judge.spec.entity(field.ref) if field.ref and texts[field.name] else None
            right = (
                next((granted for granted in target.rights if granted.role == self._judge.role), None)
                if target
                else None
            )
            if target is not None and right is not None and right.only_if:
                key, stated = (target.name, int(texts[field.name])), (right.only_if, None)
                if not self._judge.keeps(scene, key, stated, strictly=True):
                    return Obstacle(scene, key, stated)
        return None

    def _is_first_too_many(self, scene: Scene, copies: int) -> bool:
        """True if the copies before the refused one are all kept."""
        name = scene.subject[0]
        return all(
            self._judge.keeps(self._with_copies(scene, number), scene.subject, stated)
            # With none and with all but one of them; those between differ in nothing that a rule counts.
            for number in {0, copies - 1}
            for stated in self._judge.stated[name]
        )

    def _copies_to_try(self, entity: EntitySpec, rule: RuleSpec, candidate: Candidate) -> tuple[int, ...]:
        most = int(rule.limit or 0)
        scene = candidate.scene(self._judge.cast, entity.name)
        if candidate.beside or any(scene.leans_on_subject(key) for key in scene.records):
            return (0,)
        return (0, 1, most) if 1 < most <= _MOST_COPIES else (0, 1)

    def _with_copies(self, scene: Scene, copies: int) -> Scene:
        name, texts = scene.subject[0], scene.records[scene.subject]
        copied = {(name, _COPY + number): texts for number in range(copies)}
        return Scene(scene.subject, {**scene.records, **copied})

    def _as_violation(self, entity: EntitySpec, stated: Statement, scene: Scene, copies: int) -> Violation | None:
        """The way in which the broken scene comes about.

        That is a new record, a change, a move, or a record that belongs to it.
        """
        good = self._judge.cast.record(scene.subject)
        changed = {name: text for name, text in scene.records[scene.subject].items() if good[name] != text}
        leaning = [key for key in scene.records if scene.leans_on_subject(key)]
        state = changed.get(entity.state or "") if entity.moves else None
        if copies and (state is not None or leaning):
            return None
        by_move = self._violation_by_move(entity, stated, scene) if state is not None else None
        if by_move is not None or (state is not None and len(changed) == 1):
            return by_move
        if state is not None or (leaning and changed):
            before = {**good, **({entity.state: state} if entity.state and state else {})}
            return Violation(scene, scene.subject, before)
        return Violation(scene, leaning[-1] if leaning else scene.subject, copies=copies)

    def _violation_by_move(self, entity: EntitySpec, stated: Statement, scene: Scene) -> Violation | None:
        """The violation as a move to the state that the subject has in the scene, the rule being kept before."""
        texts, name = scene.records[scene.subject], entity.state or ""
        for move in entity.moves:
            # What the move itself writes may mend what the scene breaks.
            is_rewritten = any(assignment.name in (stated[0] + (stated[1] or "")) for assignment in move.sets)
            if move.target != texts[name] or move.is_automatic or is_rewritten:
                continue
            before = {**texts, name: move.sources[0]}
            stage = Scene(scene.subject, {**scene.records, scene.subject: before})
            if self._judge.keeps(stage, scene.subject, stated):
                return Violation(scene, scene.subject, before, move.label)
        return None

    def _move_condition(self, violation: Violation) -> Statement | None:
        """The condition of the move that the rule refuses, which must hold: else it is the move that does so."""
        moves = self._judge.cast.entity(violation.scene.subject[0]).moves
        move = next((move for move in moves if move.label == violation.move), None)
        return (move.only_if, None) if move is not None and move.only_if else None

    def _asked_by_move(self, violation: Violation) -> list[Statement]:
        """That the move which the rule refuses is given what it asks for: else it is that which is refused."""
        entity = self._judge.cast.entity(violation.scene.subject[0])
        move = next((move for move in entity.moves if move.label == violation.move), None)
        return filled_asks(entity, move, self._judge.stated[entity.name]) if move is not None else []

    def _goes_by_states(self, name: str) -> bool:
        """True if a record, or one it belongs to, may pass through a state in which it can be added."""
        entity = self._judge.cast.entity(name)
        targets = [self._judge.cast.entity(field.ref) for field in entity.fields if field.ref]
        return any(kind.moves for kind in (entity, *targets))

    def _find_obstacle(self, violation: Violation) -> Obstacle | None:
        """The first record of a violation that could not be added before the refused one."""
        if violation.copies:
            # The copies themselves are judged one after the other; what they belong to has to be there first.
            records = {key: texts for key, texts in violation.scene.records.items() if key != violation.last}
            stopped = self._judge.first_refused(Scene(violation.scene.subject, records))
            is_fixed = stopped is not None and not self._goes_by_states(stopped[0][0])
            return Obstacle(violation.scene, *stopped, violation) if stopped and is_fixed else None
        condition = self._move_condition(violation)
        if condition is not None and not self._judge.keeps(
            violation.scene, violation.scene.subject, condition, strictly=True
        ):
            return Obstacle(violation.scene, violation.scene.subject, condition)
        for asked in self._asked_by_move(violation):
            if not self._judge.keeps(violation.scene, violation.scene.subject, asked, strictly=True):
                return Obstacle(violation.scene, violation.scene.subject, asked)
        records = dict(violation.scene.records)
        if violation.before is not None:
            records[violation.scene.subject] = violation.before
        else:
            del records[violation.last]
        stopped = self._judge.first_refused(Scene(violation.scene.subject, records))
        return Obstacle(violation.scene, *stopped, violation) if stopped else None
