"""Each kind of item of a plan has a check that tries it on the running app, and no other kind gets into one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.acceptance.drivers import DRIVERS, account_for_plan
from app.acceptance.evidence import OWN_TESTS, Evidence
from app.blueprint import trial
from app.blueprint.plan_items import ITEM_KINDS, TRIED, Part, items_of, rule_item, section_item, view_item
from app.blueprint.spec import AppSpec, RuleKind, ViewKind
from app.blueprint.spec_site import SectionKind
from tests.support.specs import DESIGNER_SPECS, SPECS

EVERY_SPEC = [*SPECS, *DESIGNER_SPECS]


def read(path: Path) -> AppSpec:
    return AppSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_every_kind_of_item_has_a_driver_and_no_driver_is_without_one() -> None:
    kinds = {*Part, *map(rule_item, RuleKind), *map(view_item, ViewKind), *map(section_item, SectionKind)}
    assert set(DRIVERS) == set(TRIED) == set(ITEM_KINDS) == kinds


def test_every_kind_of_item_stands_in_some_specification_of_the_tests() -> None:
    found = {item.kind for path in EVERY_SPEC for item in items_of(read(path))}
    # What adds up comes from goals in words, a calculator's section too, and every kind of record has its list.
    elsewhere = {rule_item(RuleKind.SUM), rule_item(RuleKind.OVERDUE), view_item(ViewKind.TOTALS)}
    assert ITEM_KINDS - found <= elsewhere | {view_item(ViewKind.LIST), section_item(SectionKind.CALCULATOR)}


def test_a_kind_that_nothing_tries_does_not_get_into_a_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = read(next(path for path in DESIGNER_SPECS if path.stem == "line_stops"))
    assert trial.idle_parts(spec) == []
    monkeypatch.setattr(trial, "TRIED", TRIED - {Part.FIGURE})
    idle = trial.idle_parts(spec)
    assert {part.place for part in idle} == {item.place for item in items_of(spec) if item.kind == Part.FIGURE}
    assert all("nothing tries a figure on the finished app" in part.problem for part in idle)


def test_the_account_names_what_no_check_has_tried() -> None:
    spec = read(next(path for path in DESIGNER_SPECS if path.stem == "line_stops"))
    found: list[Evidence] = [
        {"name": name, "ok": True, "saw": []} for name in ("acceptance", "moves", "rights", "views")
    ]
    findings = account_for_plan(spec, found)
    figures = [item for item in items_of(spec) if item.kind == Part.FIGURE]
    assert findings.detail.startswith(
        f"{len(items_of(spec)) - len(figures)} of {len(items_of(spec))} items of the plan"
    )
    assert findings.particulars == tuple(f"not tried: {item.about}" for item in figures)


def test_the_account_tells_what_was_tried_by_the_apps_own_tests_alone() -> None:
    spec = read(next(path for path in DESIGNER_SPECS if path.stem == "line_stops"))
    names = {driver.check for driver in DRIVERS.values()}
    found = [
        {"name": name, "ok": True, "saw": [f"Run, tried {OWN_TESTS}: It runs."] * (name == "moves")}
        for name in names
    ]
    assert "1 of them in parts by its own tests" in account_for_plan(spec, found).detail
