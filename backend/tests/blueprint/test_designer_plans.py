"""Plans that a designer wrote for fourteen goals, said as specifications: each app passes its own tests.

A few run with everything else, all of them with `make plans`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from app.blueprint.plan import plan_of
from app.domain.workspace import MANIFEST, Manifest
from tests.support.specs import DESIGNER_SPECS

from .test_apps import finish, installed, lay_out
from .test_specified_apps import read

__all__ = ["installed"]
FEW = ("hive_log", "prayer_wall", "snag_list")
TRIED = [path for path in DESIGNER_SPECS if os.environ.get("COFOUNDER_PLANS") == "all" or path.stem in FEW]


def test_there_are_fourteen() -> None:
    assert len(DESIGNER_SPECS) == 14


@pytest.mark.parametrize("path", DESIGNER_SPECS, ids=[path.stem for path in DESIGNER_SPECS])
def test_every_rule_figure_move_and_right_has_a_test_in_the_app(path: Path) -> None:
    spec = read(path)
    tests = generate(spec)["tests/test_items.py"] + generate(spec)["tests/test_rules.py"]
    tried = [line.strip().removeprefix("# ") for line in tests.splitlines() if line.strip().startswith("# ")]
    about = [rule.about for rule in spec.rules]
    about += [item.about for entity in spec.entities for item in (*entity.computed, *entity.moves)]
    about += [
        f"What {right.role} may do with {entity.plural.lower()}."
        for entity in spec.entities
        for right in entity.rights
    ]
    assert sorted(map(ascii, about)) == sorted(tried)
    assert plan_of(spec).does


@pytest.mark.parametrize("path", TRIED, ids=[path.stem for path in TRIED])
async def test_the_app_passes_its_own_tests(installed: Path, path: Path, tmp_path: Path) -> None:
    folder = lay_out(generate(read(path)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    for command in Manifest.parse((folder / MANIFEST).read_text()).check:
        await finish(*command, cwd=folder)
