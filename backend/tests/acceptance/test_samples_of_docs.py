"""The pages that tell of the checks name those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from app.acceptance import checks

ROOT = Path(__file__).parents[3]
LITERAL = re.compile(r"(?:_run_check|Check|evidence)\(\"(\w+)\"")
WITHOUT_A_STEP_FIGURE_OR_SITE = {"figures", "moves", "site"}
"""Checks that the app of the sample has nothing for."""


def names_of_checks() -> set[str]:
    of_files = {name for name, _ in (*checks._CHEAP_FILE_CHECKS, *checks._FURTHER_FILE_CHECKS)}
    sources = [path.read_text("utf-8") for path in Path(checks.__file__).parent.glob("*.py")]
    of_the_app = {name for source in sources for name in LITERAL.findall(source)}
    own_commands = {checks._name_of(("python", "-m", module)) for module in ("compileall", "pytest")}
    return of_files | of_the_app | own_commands | {"preview"}


def test_the_sample_run_shows_the_checks_that_there_are() -> None:
    sample = (ROOT / "README.md").read_text("utf-8").split("<!-- sample -->")[1].split("<!-- /sample -->")[0]
    shown = re.findall(r"^    ok     (\w+) ", sample, re.MULTILINE)
    assert set(shown) == names_of_checks() - WITHOUT_A_STEP_FIGURE_OR_SITE
    assert f"Checks passed: {len(shown)} of {len(shown)}" in sample


def test_the_page_about_trust_tells_of_every_check() -> None:
    page = (ROOT / "docs" / "how-to" / "trust-a-version.md").read_text("utf-8")
    told = {name for row in re.findall(r"^\| ([\w, ]+) \|", page, re.MULTILINE) for name in row.split(", ")}
    assert told - {"check"} == names_of_checks()
