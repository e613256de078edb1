"""An app's own tests turn red when a rule is taken out of it, and green for every kind of app."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from tests.blueprint.sample_specs import SAMPLES
from tests.support.installing import install

RULES = "tests/test_rules.py"
ODD_DAYS = {
    "last-day-of-a-year": ("2035-12-31T23:50", "UTC"),
    "leap-day": ("2036-02-29T12:00", "UTC"),
    "clocks-change": ("2027-03-28T01:30", "Europe/Berlin"),
    "early-on-a-monday": ("2027-02-01T00:05", "America/New_York"),
    "31st": ("2028-01-31T10:00", "Asia/Tokyo"),
}
"""When the own tests of an app begin, and where: one for each of the samples."""
FROZEN_CLOCK = Path(__file__).parent.parent / "support" / "frozen_clock.py"


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


def run_tests(python: str, folder: Path, *arguments: str, when: tuple[str, str] | None = None) -> tuple[int, str]:
    """The app's own tests; `when` is a time and a time zone in which they begin, instead of now."""
    command, environment = [python, "-m", "pytest", *arguments], dict(os.environ)
    if when is not None:
        command += ["-p", FROZEN_CLOCK.stem]
        environment |= {"FROZEN": when[0], "TZ": when[1], "PYTHONPATH": str(FROZEN_CLOCK.parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False, timeout=300
    )
    return done.returncode, done.stdout[-4000:] + done.stderr[-1000:]


def assert_only_some_fail(code: int, said: str) -> None:
    assert code == 1, said
    assert re.search(r"\b[1-9] failed, [1-9]\d* passed", said), said


@pytest.mark.parametrize(("name", "when"), list(zip(SAMPLES, ODD_DAYS.values(), strict=True)), ids=list(ODD_DAYS))
def test_an_app_passes_its_own_tests_on_odd_days(
    python: str, name: str, when: tuple[str, str], tmp_path: Path
) -> None:
    code, said = run_tests(python, lay_out(name, tmp_path), when=when)
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
