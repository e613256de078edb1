"""An app's own tests turn red when a rule is taken out of it, and green for every kind of app."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from tests.blueprint.sample_specs import SAMPLES
from tests.support.installing import install

RULES = "tests/test_rules.py"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with the packages of an app's lock."""
    folder = lay_out("booking", tmp_path_factory.mktemp("installed"))
    install(folder)
    return str(folder / ".venv/bin/python")


def lay_out(name: str, folder: Path, changed: Mapping[str, str] | None = None) -> Path:
    for path, text in {**generate(SAMPLES[name]), **(changed or {})}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def run_tests(python: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """The app's own tests."""
    command = [python, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, timeout=300)
    return done.returncode, done.stdout[-4000:] + done.stderr[-1000:]


def assert_only_some_fail(code: int, said: str) -> None:
    assert code == 1, said
    assert re.search(r"\b[1-9] failed, [1-9]\d* passed", said), said


@pytest.mark.parametrize("name", SAMPLES)
def test_an_app_passes_its_own_tests(python: str, name: str, tmp_path: Path) -> None:
    code, said = run_tests(python, lay_out(name, tmp_path))
    assert code == 0, said


@pytest.mark.parametrize(
    ("name", "word"),
    [("booking", "Capacity"), ("booking", "NoOverlap"), ("shop", "Stock"), ("invoices", "Unique")],
)
def test_a_rule_taken_out_of_the_schema_turns_the_tests_red(
    python: str, name: str, word: str, tmp_path: Path
) -> None:
    schema = generate(SAMPLES[name])["app/schema.py"]
    mutant = re.sub(rf"^        {word}\(.*\n", "", schema, flags=re.MULTILINE)
    assert mutant != schema
    assert_only_some_fail(*run_tests(python, lay_out(name, tmp_path, {"app/schema.py": mutant}), RULES))


def test_minutes_taken_out_of_a_rule_turn_the_tests_red(python: str, tmp_path: Path) -> None:
    schema = generate(SAMPLES["landlord"])["app/schema.py"]
    mutant = schema.replace("lasts='duration_min', ", "")
    assert mutant != schema
    assert_only_some_fail(*run_tests(python, lay_out("landlord", tmp_path, {"app/schema.py": mutant}), RULES))


@pytest.mark.parametrize(("name", "writer"), [("booking", "_capacity"), ("shop", "_stock"), ("shop", "_sum")])
def test_a_trigger_taken_out_of_the_database_turns_the_tests_red(
    python: str, name: str, writer: str, tmp_path: Path
) -> None:
    triggers = generate(SAMPLES[name])["app/triggers.py"]
    mutant = re.sub(rf"yield from {writer}\(.*\)", "yield from ()", triggers)
    assert mutant != triggers
    assert_only_some_fail(*run_tests(python, lay_out(name, tmp_path, {"app/triggers.py": mutant}), RULES))


def test_every_rule_of_the_specification_has_its_test() -> None:
    for spec in SAMPLES.values():
        text = generate(spec)[RULES]
        assert text.count("def test_rule_") == len(spec.rules)
        assert all(rule.about in text for rule in spec.rules)
