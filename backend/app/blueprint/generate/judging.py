"""Judges the records of scenes: they keep the statements of their kinds or not, whenever they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.expressions.tables import watched_tables
from app.blueprint.generate.scenes import Cast, Key, Scene, Texts, plain
from app.blueprint.generate.spoken_of import goes_by_weekday, mentions_today, texts_of
from app.blueprint.generate.stated import Statement, judged_rules, statement
from app.blueprint.spec import OWNER, AppSpec
from app.blueprint.spec_expressions import catalogue_of

MOMENTS: Final = (
    datetime(2031, 3, 4, 9, 0),
    datetime(2031, 3, 1, 0, 5),
    datetime(2028, 12, 31, 23, 55),
    datetime(2029, 1, 1, 0, 5),
    datetime(2028, 2, 29, 12, 0),
    datetime(2031, 4, 5, 18, 0),
)
"""When the examples are tried: early and late on ordinary days and at the turn of a week, a month and a year."""
OTHER_DAYS: Final = (datetime(2031, 3, 5, 9, 0), datetime(2031, 3, 6, 9, 0), datetime(2031, 3, 7, 9, 0))
"""The days of the week that are not among these, for what goes by the day of the week."""


class Judge:
    """Works out conditions and figures on scenes, without the app; `role` is that of whoever acts."""

    def __init__(self, spec: AppSpec, cast: Cast) -> None:
        self.spec = spec
        self.cast = cast
        self.role = OWNER
        self.later = timedelta(0)
        """How long the records have been there when they are looked at."""
        self.stated = {
            entity.name: [
                stated_rule
                for rule in judged_rules(spec, entity)
                if (stated_rule := statement(spec, entity, rule))
            ]
            for entity in spec.entities
        }
        self._catalogue = catalogue_of(spec)
        self._by_weekday = goes_by_weekday(texts_of(spec))
        self._moments: dict[tuple[str, Statement], tuple[datetime, ...]] = {}

    def keeps(self, scene: Scene, key: Key, stated_rule: Statement, *, strictly: bool = False) -> bool:
        """True if the record keeps the condition at any time; `strictly`, no empty value leaves it open."""
        return self._at_all_moments(
            scene, key, stated_rule, lambda held: held is True or (held is None and not strictly)
        )

    def breaks(self, scene: Scene, key: Key, stated_rule: Statement, *, strictly: bool = False) -> bool:
        """True if the record breaks the condition at any time; `strictly`, an empty value does so too."""
        return self._at_all_moments(
            scene, key, stated_rule, lambda held: held is False or (strictly and held is None)
        )

    def values(self, scene: Scene, expression: str, *, digits: int | None = None) -> list[Plain]:
        """A figure about the subject, at each of the moments."""
        name, number = scene.subject
        return [
            self._evaluator(scene, moment).value(expression, name, number, digits=digits) for moment in MOMENTS
        ]

    def first_refused(self, scene: Scene) -> tuple[Key, Statement] | None:
        """The first record that could not be added after those before it, and why."""
        so_far: dict[Key, Texts] = {}
        for key, texts in scene.records.items():
            so_far[key] = texts
            stage = Scene(key, dict(so_far))
            for stated_rule in self.stated[key[0]]:
                if not self.keeps(stage, key, stated_rule):
                    return key, stated_rule
        return None

    def is_kept_when_changed(self, scene: Scene) -> bool:
        """True if no rule stands against the scene once its subject has changed.

        Rules of other records are judged then only where they count records of the subject's kind, or beside them.
        """
        table = self.cast.entity(scene.subject[0]).table
        return all(
            self.keeps(scene, key, stated_rule)
            for key in scene.records
            for stated_rule in self.stated[key[0]]
            if key == scene.subject or table in self._watched_by(key[0], stated_rule)
        )

    def _watched_by(self, name: str, stated_rule: Statement) -> tuple[str, ...]:
        return watched_tables(self.spec, name, *(text for text in stated_rule if text))

    def me(self) -> dict[str, int]:
        """The record that describes whoever acts."""
        role = next((role for role in self.spec.roles if role.name == self.role), None)
        return {role.entity: 1} if role is not None and role.entity else {}

    def _evaluator(self, scene: Scene, now: datetime) -> Evaluator:
        records: dict[str, dict[int, Mapping[str, Plain]]] = {}
        added = Evaluator(self._catalogue, World(records, now, self.me(), self.role))
        for (name, number), texts in scene.records.items():
            fields = self.cast.entity(name).fields
            record = {
                spec_field.name: plain(spec_field, texts[spec_field.name], now.date()) for spec_field in fields
            }
            records.setdefault(name, {})[number] = record
            # What the app fills in is worked out of what was there when the record came.
            started = {
                spec_field.name: added.value(spec_field.starts_as, name, number)
                for spec_field in fields
                if spec_field.starts_as and not texts[spec_field.name]
            }
            record |= started
        if not self.later:
            return added
        return Evaluator(self._catalogue, World(records, now + self.later, self.me(), self.role))

    def _at_all_moments(
        self, scene: Scene, key: Key, stated_rule: Statement, judge: Callable[[bool | None], bool]
    ) -> bool:
        moments = self._moments.get((key[0], stated_rule)) or self._moments_for(stated_rule)
        self._moments[key[0], stated_rule] = moments
        return all(judge(self._holds_at(scene, key, stated_rule, now)) for now in moments)

    def _moments_for(self, stated_rule: Statement) -> tuple[datetime, ...]:
        if self._by_weekday:
            return (*MOMENTS, *OTHER_DAYS)
        # One moment is enough where the time of day changes nothing, and takes a sixth of the time.
        return MOMENTS if mentions_today(self.spec, stated_rule) else MOMENTS[:1]

    def _holds_at(self, scene: Scene, key: Key, stated_rule: Statement, now: datetime) -> bool | None:
        condition, when = stated_rule
        evaluator = self._evaluator(scene, now)
        if when and evaluator.holds(when, *key) is not True:
            return True
        return evaluator.holds(condition, *key)
