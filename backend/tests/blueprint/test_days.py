"""Rules that go by the day of the week are tried on days that keep and break them whenever somebody looks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import relative_day
from app.blueprint.spec import AppSpec, RuleSpec

from .test_specified_apps import read

SPECS = Path(__file__).parent.parent / "specs"
WEEK = [date(2026, 11, 23) + timedelta(days) for days in range(7)]


@pytest.mark.parametrize("today", WEEK, ids=lambda day: f"{day:%A}")
def test_a_day_of_the_week_is_the_same_one_on_any_day(today: date) -> None:
    for weekday in range(1, 8):
        day, clock = relative_day(f"@7~{weekday} 10:30", today)
        assert day.isoweekday() == weekday
        assert 7 <= (day - today).days < 14
        assert clock == "10:30"
    assert relative_day("@-3", today) == (today - timedelta(days=3), "")


def test_a_visit_lies_a_week_ahead_and_on_no_monday_whatever_day_it_is() -> None:
    spec = read(SPECS / "museum_visits.toml")
    visit = rule_of(spec, "We are closed on Mondays.")
    entity = next(entity for entity in spec.entities if entity.name == visit.entity)
    examples = examples_of(spec)
    assert examples.is_good(entity)
    good = examples.good(entity).records[("Visit", 1)]["day"]
    broken = {
        about: violation.scene.records[violation.last]["day"]
        for about in ("We are closed on Mondays.", "Please ask at least a week ahead.")
        if (violation := examples.violation(entity, rule_of(spec, about)))
    }
    for today in WEEK:
        assert relative_day(good, today)[0].isoweekday() != 1
        monday, soon = (relative_day(text, today)[0] for text in broken.values())
        assert monday.isoweekday() == 1
        assert soon.isoweekday() != 1
        assert (monday - today).days >= 7 > (soon - today).days


def test_the_fourth_tool_is_found_though_each_tool_is_out_once() -> None:
    spec = read(SPECS / "tool_library.toml")
    rule = rule_of(spec, "A member has at most three tools out.")
    loan = next(entity for entity in spec.entities if entity.name == "Loan")
    violation = examples_of(spec).violation(loan, rule)
    assert violation is not None
    loans = [texts for (name, _), texts in violation.scene.records.items() if name == "Loan"]
    assert [texts["status"] for texts in loans].count("Out") == 4
    assert len({texts["tool"] for texts in loans}) == 4


def rule_of(spec: AppSpec, about: str) -> RuleSpec:
    return next(rule for rule in spec.rules if rule.about == about)
