"""How a rule is tried on the running app: locks beside conditions, and days past where only those to come go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.acceptance import rule_violations
from app.acceptance.people import People
from app.acceptance.stage import Stage
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import AppSpec, EntitySpec, RuleKind

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


async def test_a_locked_record_is_changed_by_a_form_that_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the app filled in by itself is typed, and no name of a file is."""
    spec = JOBS.model_copy(
        update={
            "entities": (
                EntitySpec.model_validate(
                    {
                        "name": "Job",
                        "fields": [
                            {"name": "what", "required": True},
                            {"name": "read_at", "type": "datetime", "required": True, "starts_as": "now"},
                            {"name": "photo", "type": "image"},
                            {"name": "status", "type": "choice", "choices": ["Ordered", "Done"]},
                        ],
                    }
                ),
            ),
            "rules": (JOBS.rules[2],),
        }
    )
    (job,) = spec.entities
    sent: list[dict[str, str]] = []

    async def post(path: str, values: dict[str, str]) -> SimpleNamespace:
        sent.append(values)
        page = SimpleNamespace(text="It is done.")
        return SimpleNamespace(is_refusal=True, page=page, path=path)

    async def get(_path: str) -> SimpleNamespace:
        return SimpleNamespace(page=SimpleNamespace(forms=[]))

    async def add_all(stage: Stage) -> None:
        record = SimpleNamespace(id=1, path="/jobs/1", values={"what": "A", "read_at": "", "photo": "zebra.png"})
        stage.kept[stage.scene.subject] = cast("Any", record)

    async def rows(_entity: EntitySpec) -> list[dict[str, str]]:
        return [{"ID": "1", "What": "A", "Read at": "2026-12-01T10:00", "Photo": "zebra.png", "Status": "Done"}]

    monkeypatch.setattr(Stage, "add_all", add_all)
    values = {"what": "B", "read_at": "", "photo": "zebra.png", "status": "Done"}
    samples = SimpleNamespace(
        once_only=SimpleNamespace(scene=lambda scene, _: scene), values=lambda _entity: dict(values)
    )
    driver = SimpleNamespace(spec=spec, samples=samples, rows=rows, visitor=SimpleNamespace(get=get, post=post))
    house = cast("People", SimpleNamespace(driver=driver, spec=spec, samples=samples))

    await rule_violations.break_rule(house, job, spec.rules[0])

    assert sent[0]["read_at"] == "2026-12-01T10:00"
    assert "photo" not in sent[0]
