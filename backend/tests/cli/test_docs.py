"""The reference pages tell what the program is now, and leave nothing out."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import COMMANDS
from app.core.settings import Settings
from app.domain.failure import FailureCode

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "errors.md"])
def test_the_reference_is_current(generator: dict[str, Any], page: str) -> None:
    kept = (DOCS / "reference" / page).read_text()
    assert kept == generator["pages"]()[page], "run: .venv/bin/python docs/generate.py"


def test_every_setting_has_a_row_and_a_meaning() -> None:
    page = (DOCS / "reference" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`COFOUNDER_{name.upper()}`" in page
        assert field.description


def test_every_command_has_a_section() -> None:
    page = (DOCS / "reference" / "cli.md").read_text()
    for name, *_ in COMMANDS:
        assert f"## cofounder {name}\n" in page


def test_every_failure_code_has_a_row() -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    for code in FailureCode:
        assert f"| `{code.value}` | {code.sentence} |" in page


def test_every_error_code_has_a_row(generator: dict[str, Any]) -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    for error in generator["all_errors"]():
        assert f"| `{error.code}` |" in page


def test_no_page_links_to_a_file_that_is_not_there() -> None:
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        for target in links(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def links(text: str) -> list[str]:
    """The relative links of a page, without the part after #."""
    found = [piece.split(")")[0] for piece in text.split("](")[1:]]
    return [link.split("#")[0] for link in found if "://" not in link and not link.startswith("#")]
