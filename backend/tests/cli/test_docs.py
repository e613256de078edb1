"""The reference pages tell what the program is now, and leave nothing out."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from app.api.errors import FRAMEWORK_CODES
from app.cli.errors import EXIT_OF_STATUS
from app.cli.main import command_names
from app.core.settings import Settings
from app.domain.failure import FailureCode

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "errors.md"])
def test_the_reference_is_current(generator: dict[str, Any], page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The usage of a command of two words takes its name from how this process was started.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    kept = (DOCS / "reference" / page).read_text()
    assert kept == generator["pages"]()[page], "run: .venv/bin/python docs/generate.py"


def test_every_setting_has_a_row_and_a_meaning() -> None:
    page = (DOCS / "reference" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`COFOUNDER_{name.upper()}`" in page
        assert field.description


def test_every_command_has_a_section() -> None:
    page = (DOCS / "reference" / "cli.md").read_text()
    names = command_names()
    assert {"spec show", "config path", "projects rename"} <= set(names)
    for name in names:
        assert f"## cofounder {name}\n" in page


def test_every_failure_code_has_a_row() -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    for code in FailureCode:
        assert f"| `{code.value}` | {code.sentence} |" in page


def test_every_error_code_has_a_row(generator: dict[str, Any]) -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    for code in [*(error.code for error in generator["all_errors"]()), *FRAMEWORK_CODES.values()]:
        assert page.count(f"| `{code}` | ") >= 1


def test_every_error_has_a_code_of_its_own_and_words_for_it(generator: dict[str, Any]) -> None:
    errors = generator["all_errors"]()
    by_code = [
        (f"{error.__module__}.{error.__name__}", *(vars(error).get(name) for name in ("code", "title")))
        for error in errors
    ]
    forgotten = [name for name, code, title in by_code if not code or not title]
    assert not forgotten, f"without a code or a title of its own: {', '.join(forgotten)}"
    taken = [
        f"{code!r} of {name}" for name, code, _ in by_code if sum(code == other for _, other, _ in by_code) > 1
    ]
    assert not taken, f"one code for several errors: {', '.join(taken)}"


def test_every_status_of_an_error_has_an_exit_code(generator: dict[str, Any]) -> None:
    statuses = {*(error.status for error in generator["all_errors"]()), *FRAMEWORK_CODES}
    missing = statuses - set(EXIT_OF_STATUS)
    assert not missing, f"EXIT_OF_STATUS in cli/errors.py lacks {sorted(missing)}"


def test_no_page_links_to_a_file_that_is_not_there() -> None:
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        for target in links(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def links(text: str) -> list[str]:
    """The relative links of a page, without the part after #."""
    found = [piece.split(")")[0] for piece in text.split("](")[1:]]
    return [link.split("#")[0] for link in found if "://" not in link and not link.startswith("#")]
