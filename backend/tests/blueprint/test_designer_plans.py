"""Plans that a designer wrote for fourteen goals, said as specifications: each app passes its own tests.

A few run with everything else, all of them with `make plans`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from app.blueprint.generate.seed import seed_rows
from app.blueprint.plan import plan_of
from app.blueprint.shape import checks_of
from app.domain.workspace import MANIFEST, Manifest
from tests.support.specs import DESIGNER_SPECS

from .test_apps import finish, installed, lay_out
from .test_specified_apps import read

__all__ = ["installed"]
FEW = ("gift_aid", "hive_log", "prayer_wall", "snag_list")
DESIGNER = {path.stem: path for path in DESIGNER_SPECS}
TRIED = [path for path in DESIGNER_SPECS if os.environ.get("COFOUNDER_PLANS") == "all" or path.stem in FEW]


def test_there_are_fourteen() -> None:
    assert len(DESIGNER_SPECS) == 14


@pytest.mark.parametrize("path", DESIGNER_SPECS, ids=[path.stem for path in DESIGNER_SPECS])
def test_every_rule_figure_move_and_right_has_a_test_in_the_app(path: Path) -> None:
    spec = read(path)
    tests = generate(spec)["tests/test_items.py"] + generate(spec)["tests/test_rules.py"]
    tried = [line.strip().removeprefix("# ") for line in tests.splitlines() if line.strip().startswith("# ")]
    about = [rule.about for rule in spec.rules]
    about += [item.about for entity in spec.entities for item in entity.computed]
    about += [item.about for entity in spec.entities for item in entity.moves]
    about += [
        f"What {right.role} may do with {entity.plural.lower()}."
        for entity in spec.entities
        for right in entity.rights
    ]
    assert sorted(map(ascii, about)) == sorted(tried)
    assert plan_of(spec).does


def test_an_example_keeps_a_rule_over_both_records_that_it_links() -> None:
    """The donation of a claim line lies in the period of its claim, though one without a declaration is there."""
    rows = {entity.name: kept for entity, kept in seed_rows(read(DESIGNER["gift_aid"]))}
    for line in rows["ClaimLine"]:
        donation = rows["Donation"][int(line["donation"] or 0) - 1]
        claim = rows["Claim"][int(line["claim"] or 0) - 1]
        dates = (claim["from_date"], donation["date"] or "@0", claim["to_date"])  # a donation begins with today
        first, day, last = (int(str(text)[1:]) for text in dates)
        assert first <= day <= last
    assert rows["ClaimLine"]


def test_a_rule_that_names_no_field_has_no_check_of_the_founders_own() -> None:
    """A capacity may be said by its condition alone."""
    spec = read(DESIGNER["scout_camp"])
    checks = checks_of(spec.entities, spec.rules, forms=spec.forms, roles=spec.roles)
    tried = [spec.rules[check.rule] for check in checks if check.rule is not None]
    assert all(rule.fields for rule in tried)


@pytest.mark.parametrize("path", TRIED, ids=[path.stem for path in TRIED])
async def test_the_app_passes_its_own_tests(installed: Path, path: Path, tmp_path: Path) -> None:
    folder = lay_out(generate(read(path)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    for command in Manifest.parse((folder / MANIFEST).read_text()).check:
        await finish(*command, cwd=folder)
