"""How a rule is tried on the running app: a lock beside conditions, a day past where only days to come are taken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.acceptance import rule_violations
from app.acceptance.people import People
from app.acceptance.stage import Stage
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import AppSpec, RuleKind

JOBS = AppSpec.model_validate(
    {
        "title": "Jobs",
        "goal": "Jobs for a time to come.",
        "entities": [
            {
                "name": "Job",
                "fields": [
                    {"name": "what", "required": True},
                    {"name": "by_when", "type": "datetime", "required": True},
                    {"name": "status", "type": "choice", "choices": ["Ordered", "Done"], "required": True},
                ],
            }
        ],
        "rules": [
            {"kind": "ensure", "entity": "Job", "condition": "by_when > now", "about": "For a time to come."},
            {"kind": "overdue", "entity": "Job", "fields": ["by_when", "status"], "about": "It is late."},
            {"kind": "locked", "entity": "Job", "condition": 'status = "Done"', "about": "It is done."},
        ],
    }
)
(JOB,) = JOBS.entities


def people() -> People:
    samples = SimpleNamespace(long_ago=lambda _entity: {})
    driver: Any = SimpleNamespace(samples=samples, spec=JOBS)  # Any: the part of a driver that is asked
    return cast("People", SimpleNamespace(driver=driver, spec=JOBS, samples=samples))


async def test_a_lock_is_tried_as_one_also_beside_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def change(*_: object) -> str:
        return "changed"

    monkeypatch.setitem(rule_violations.VIOLATIONS, RuleKind.LOCKED, change)
    assert await rule_violations.break_rule(people(), JOB, JOBS.rules[2]) == "changed"


async def test_what_is_only_for_a_time_to_come_is_late_in_the_apps_own_tests() -> None:
    said = await rule_violations.break_rule(people(), JOB, JOBS.rules[1])
    assert said == "tried by the app's own tests: It is late."


def test_a_day_is_no_link_to_what_a_record_belongs_to() -> None:
    once_only = SimpleNamespace(scene=lambda scene, _speaks_of: scene)
    driver: Any = SimpleNamespace(spec=JOBS, samples=SimpleNamespace(once_only=once_only))  # Any: as above
    texts = {"what": "A", "by_when": "@-1 10:30", "status": "Ordered"}
    stage = Stage(driver, Scene(("Job", 1), {("Job", 1): texts}))
    assert stage._find_detour(("Job", 1), None) is None
