"""Looks for records that keep the rules of an app, and for some that break them, to try the app with.

Nothing is guessed from the words of a rule: values are tried out on the expressions themselves until one fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.expressions.evaluator import Plain
from app.blueprint.expressions.parser import parse
from app.blueprint.generate.example_search import Candidate, Search
from app.blueprint.generate.judging import Judge
from app.blueprint.generate.scenes import Cast, Changes, Key, Scene, Slot, Texts, values_of
from app.blueprint.generate.stated import Statement, filled_asks, statement
from app.blueprint.generate.violations import Violation, Violations
from app.blueprint.spec import OWNER, AppSpec, EntitySpec, FieldType, MoveSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import in_order

_MOST_MENDED: Final = 4
_MOST_MENDS: Final = 300
"""So many candidates that break an earlier statement are mended, with so many further changes each."""
_MOST_SCENES: Final = 400
"""So many scenes are looked at for one in which a condition holds."""
_ORDERED: Final = (RuleKind.IN_ORDER, RuleKind.NO_OVERLAP)
_ALIKE: Final = 2
"""So many more payments, or lines, than the first one are made of one record by the tests and checks."""
_COPY: Final = 1_000
"""Records that are like the first of their kind have numbers from here on."""


class Examples:
    """Good records of each kind, which belong to each other, and scenes that keep or break a condition."""

    def __init__(self, spec: AppSpec) -> None:
        self.spec = spec
        self.cast = Cast(spec)
        self.judge = Judge(spec, self.cast)
        self._search = Search(self.cast)
        self._violations = Violations(self.judge, self._search)
        self._violations_found: dict[tuple[str, Statement], Violation | None] = {}
        so_far: list[EntitySpec] = []
        for entity in in_order(spec):
            # In the order of their links: what a record belongs to is settled before it.
            so_far.append(entity)
            for stated in self.judge.stated[entity.name]:
                self._repair(entity, stated, so_far)
        for entity in so_far:
            for above, stated in self._statements_above(entity):
                self._make_room(entity, above, stated)

    def good(self, entity: EntitySpec) -> Scene:
        """The example record of a kind with all that it belongs to and needs."""
        return self.cast.scene((entity.name, 1))

    def is_good(self, entity: EntitySpec) -> bool:
        """True if the example record keeps every rule of its kind."""
        scene = self.good(entity)
        return all(self.judge.keeps(scene, scene.subject, stated) for stated in self.judge.stated[entity.name])

    def fits(self, entity: EntitySpec, changes: Texts) -> bool:
        """True if the example record keeps every rule of its kind with these values instead of its own."""
        subject = (entity.name, 1)
        scene = self.cast.scene(subject, {(subject, name): text for name, text in changes.items()})
        return all(self.judge.keeps(scene, scene.subject, stated) for stated in self.judge.stated[entity.name])

    def kinds_read(self, entity: EntitySpec, stated: Statement) -> set[str]:
        """The other kinds of record by whose values a statement about a record turns out."""
        return {name for text in stated if text for name, _ in self._search.places(entity, parse(text))} - {
            entity.name
        }

    def violation(self, entity: EntitySpec, rule: RuleSpec) -> Violation | None:
        """A record that breaks this rule and no other, or None when none was found."""
        stated = statement(self.spec, entity, rule)
        if stated is None:
            return None
        if (entity.name, stated) not in self._violations_found:
            self._violations_found[entity.name, stated] = self._violations.find(entity, rule, stated)
        return self._violations_found[entity.name, stated]

    def broken_along(self, entity: EntitySpec, rule: RuleSpec) -> RuleSpec | None:
        """The other rule that most of the records broke which were found to break this one; None without one."""
        stated = statement(self.spec, entity, rule)
        other = self._violations.in_the_way.get(stated) if stated is not None else None
        rules = [one for one in self.spec.rules if one.entity == entity.name and one != rule]
        return next((one for one in rules if statement(self.spec, entity, one) == other), None) if other else None

    def scene_where(
        self,
        entity: EntitySpec,
        condition: str,
        wanted: bool,
        changes: Changes | None = None,
        *,
        role: str = OWNER,
    ) -> Scene | None:
        """A scene whose subject keeps its rules, for which the condition holds or does not, as `role` sees it."""
        self.judge.role = role
        try:
            return self._scene_where(entity, condition, wanted, dict(changes or {}))
        finally:
            self.judge.role = OWNER

    def scene_to_move(
        self, entity: EntitySpec, move: MoveSpec, changes: Changes, *, role: str = OWNER
    ) -> Scene | None:
        """A scene in which the move goes: its condition holds, and every rule does once it was taken."""
        rules = [
            stated[0]
            for stated in self.judge.stated[entity.name]
            if stated[1] and (entity.state or "") in stated[1]
        ]
        conditions = " and ".join(f"({text})" for text in (move.only_if or "yes", *rules))
        asked = filled_asks(entity, move, self.judge.stated[entity.name])
        self.judge.role = role
        try:
            for scene in self._scenes_where(entity, conditions, {**self._asked_days(entity, asked), **changes}):
                opening = [(move.only_if or "yes", None), *asked]
                is_open = all(self.judge.keeps(scene, scene.subject, stated, strictly=True) for stated in opening)
                texts = {**scene.records[scene.subject], entity.state or "": move.target}
                moved = Scene(scene.subject, {**scene.records, scene.subject: texts})
                if is_open and self._can_be_put_up(scene) and self.judge.is_kept_when_changed(moved):
                    return scene
        finally:
            self.judge.role = OWNER
        return None

    def _asked_days(self, entity: EntitySpec, asked: Sequence[Statement]) -> dict[Slot, str]:
        """Days and times for what a step asks for and the example lacks, in the order that the rules want."""
        names = {text.partition(" ")[0] for text, _ in asked}
        lacking = [
            field
            for field in entity.fields
            if field.name in names
            and field.type in (FieldType.DATE, FieldType.DATETIME)
            and not self.cast.texts[entity.name][field.name]
        ]
        usual_texts = {field.name: next(values_of(field, [])) for field in lacking}
        rules = [rule for rule in self.spec.rules if rule.entity == entity.name]
        ends = [rule.fields[1] for rule in rules if rule.kind in _ORDERED and len(rule.fields) > 1]
        late = {FieldType.DATE: "@30", FieldType.DATETIME: "@7 12:00"}
        usual_texts |= {field.name: late[field.type] for field in lacking if field.name in ends}
        return {((entity.name, 1), name): text for name, text in usual_texts.items()}

    def _scene_where(
        self, entity: EntitySpec, condition: str, wanted: bool, fixed: dict[Slot, str]
    ) -> Scene | None:
        for scene in self._scenes_where(entity, condition, fixed):
            judge = self.judge.keeps if wanted else self.judge.breaks
            is_right = judge(scene, scene.subject, (condition, None), strictly=True)
            if is_right and self._can_be_put_up(scene):
                return scene
        return None

    def _can_be_put_up(self, scene: Scene) -> bool:
        """True if the owner, who puts up every scene whoever acts in it then, is refused none of its records."""
        role, self.judge.role = self.judge.role, OWNER
        try:
            return self.judge.first_refused(scene) is None
        finally:
            self.judge.role = role

    def _scenes_where(self, entity: EntitySpec, condition: str, fixed: dict[Slot, str]) -> Iterator[Scene]:
        # Whoever acts must be there too, also where the subject does not belong to them.
        me = tuple((name, 1) for name in self.judge.me())
        for candidate in itertools.islice(self._search.candidates(entity, (condition, None)), _MOST_SCENES):
            changes = {**candidate.changes, **fixed}
            varied = replace(candidate, changes=changes, beside=(*me, *candidate.beside))
            yield varied.scene(self.cast, entity.name)

    def values(self, scene: Scene, expression: str, *, digits: int | None = None) -> list[Plain]:
        """A figure about the subject, at each of the moments."""
        return self.judge.values(scene, expression, digits=digits)

    def scenes_for(self, entity: EntitySpec, expression: str, *, most: int) -> Iterator[Scene]:
        """Scenes that differ in what an expression speaks of, in which every record keeps its rules."""
        for candidate in itertools.islice(self._search.candidates(entity, (expression, None)), most):
            scene = candidate.scene(self.cast, entity.name)
            if self.judge.first_refused(scene) is None:
                yield scene

    def _repair(self, entity: EntitySpec, stated: Statement, so_far: list[EntitySpec]) -> None:
        """Change the example so that it keeps the statement, and so that those before it keep theirs."""
        if self.judge.keeps(self.good(entity), (entity.name, 1), stated):
            return
        kept_before = [
            (earlier, earlier_statement)
            for earlier in so_far
            for earlier_statement in self._earlier_statements(earlier, stated)
            if self.judge.keeps(self.good(earlier), (earlier.name, 1), earlier_statement)
        ]
        mended: list[Candidate] = []
        for candidate in self._lasting(entity, stated):
            if self._settle(entity, candidate, stated, kept_before):
                return
            if len(mended) < _MOST_MENDED:
                mended.append(candidate)
        # What keeps this one may break an earlier one by itself, and keep it with something more.
        for candidate in mended:
            if any(self._settle(entity, mend, stated, kept_before) for mend in self._mends(entity, candidate)):
                return

    def _mends(self, entity: EntitySpec, candidate: Candidate) -> Iterator[Candidate]:
        """The candidate with more changes, such that it keeps the first statement that its subject breaks."""
        scene = candidate.scene(self.cast, entity.name)
        broken = (
            stated
            for stated in self.judge.stated[entity.name]
            if not self.judge.keeps(scene, scene.subject, stated)
        )
        for stated in itertools.islice(broken, 1):
            mended = self._search.mending(candidate, scene, scene.subject, stated)
            yield from itertools.islice(mended, _MOST_MENDS)

    def _settle(
        self,
        entity: EntitySpec,
        candidate: Candidate,
        stated: Statement,
        kept_before: list[tuple[EntitySpec, Statement]],
    ) -> bool:
        """Make the candidate the example; what breaks an earlier statement is taken back."""
        cast_before = self._copy_cast()
        candidate.apply(self.cast, entity.name)
        if self.judge.keeps(self.good(entity), (entity.name, 1), stated) and all(
            self.judge.keeps(self.good(earlier), (earlier.name, 1), earlier_statement)
            for earlier, earlier_statement in kept_before
        ):
            return True
        self.cast.texts, self.cast.others, self.cast.needs = cast_before
        return False

    def _lasting(self, entity: EntitySpec, stated: Statement) -> Iterator[Candidate]:
        """Candidates that keep the statement: first those whose other records keep their own, then any."""
        others: list[Candidate] = []
        for candidate in self._search.candidates(entity, stated, lasting=True):
            scene = candidate.scene(self.cast, entity.name)
            if not self.judge.keeps(scene, scene.subject, stated):
                continue
            stopped = self.judge.first_refused(scene) if candidate.beside else None
            if stopped is None or stopped[0] not in candidate.beside:
                yield candidate
                continue
            others.append(candidate)
            for better in itertools.islice(self._search.mending(candidate, scene, *stopped), _MOST_SCENES):
                mended = better.scene(self.cast, entity.name)
                is_kept = self.judge.keeps(mended, mended.subject, stated)
                if is_kept and self.judge.first_refused(mended) is None:
                    yield better
            if len(others) == _MOST_MENDED:
                break
        yield from others

    def _statements_above(self, entity: EntitySpec) -> Iterator[tuple[EntitySpec, Statement]]:
        """The statements about what a record belongs to that look at the record, such as one about a total."""
        for name, number in self.good(entity).records:
            above = self.cast.entity(name)
            if name == entity.name or number != 1:
                continue
            for stated in self.judge.stated[name]:
                if entity.name in self.kinds_read(above, stated):
                    yield above, stated

    def _make_room(self, entity: EntitySpec, above: EntitySpec, stated: Statement) -> None:
        """Let what the example belongs to keep its statement beside it, and beside more like it where it can."""
        for copies in (_ALIKE, 0):
            if self._has_room(entity, above, stated, copies) or self._find_room(entity, above, stated, copies):
                return

    def _find_room(self, entity: EntitySpec, above: EntitySpec, stated: Statement, many: int) -> bool:
        """True if a change of examples was found that makes room, and that keeps what was kept before."""
        kept_before = [kind for kind in self.spec.entities if self.is_good(kind)]
        for candidate in itertools.islice(self._search.candidates(above, stated, lasting=True), _MOST_SCENES):
            if candidate.beside or candidate.bare:
                continue
            cast_before = self._copy_cast()
            candidate.apply(self.cast, above.name)
            if self._has_room(entity, above, stated, many) and all(map(self.is_good, kept_before)):
                return True
            self.cast.texts, self.cast.others, self.cast.needs = cast_before
        return False

    def _has_room(self, entity: EntitySpec, above: EntitySpec, stated: Statement, many: int) -> bool:
        """True if the statement holds with the example of a kind and so many more like it."""
        scene = self.good(entity)
        alike = {(entity.name, _COPY + number): scene.records[scene.subject] for number in range(many)}
        return self.judge.keeps(Scene(scene.subject, {**scene.records, **alike}), (above.name, 1), stated)

    def _earlier_statements(self, entity: EntitySpec, stated: Statement) -> list[Statement]:
        """The statements of a kind that come before this one, or all of another kind."""
        statements = self.judge.stated[entity.name]
        return statements[: statements.index(stated)] if stated in statements else statements

    def _copy_cast(self) -> tuple[dict[str, Texts], dict[Key, Texts], dict[str, tuple[Key, ...]]]:
        texts = {name: dict(values) for name, values in self.cast.texts.items()}
        return texts, {key: dict(values) for key, values in self.cast.others.items()}, dict(self.cast.needs)
