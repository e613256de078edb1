"""The files of an app: the same each time, sound, and safe whatever the goal says."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from importlib.resources import files

import pytest

from app.blueprint.generate import generate, skeleton
from app.blueprint.generate.seed_fit import Rows, fit_to_rules
from app.blueprint.generate.seed_values import Record
from app.blueprint.language import understand
from app.domain.job import GOAL_MAX
from app.domain.workspace import MANIFEST, Manifest, check_paths, missing_files
from tests.blueprint.sample_specs import LANDLORD

GOAL = "track which tools neighbours borrow from our shared shed"
HOSTILE = [
    'a "booking" app \'\'\' """ \\ for {{ 7 * 7 }} yoga {% raw %} classes',
    "orders </script><script>alert(1)</script> for <img src=x onerror=alert(1)> cakes",
    "invoices'); DROP TABLE clients; -- and payments",
    "notes about import os; os.system('id') # $(reboot) `id` ${HOME} %s %d {0} {title}",
    "recipes\n\n# Heading\n```\n[link](javascript:alert(1))\n\n---\n## members",
    "yoga \u202e\u2066 classes \u0000 \ufeff and clients \U0001f9d8",
    ("a library with books, loans and borrowers. " * 400)[: GOAL_MAX - 1],
]


def test_the_same_spec_gives_the_same_files() -> None:
    assert generate(understand(GOAL)) == generate(understand(GOAL))


def test_the_skeleton_is_part_of_the_app() -> None:
    spec = understand(GOAL)
    assert skeleton(spec).items() <= generate(spec).items()


def test_a_workspace_holds_what_it_must() -> None:
    tree = generate(understand(GOAL))
    check_paths(tree)
    assert missing_files(tree) == []
    manifest = Manifest.parse(tree[MANIFEST])
    assert manifest.health == "/health"
    assert manifest.pages == ("/", "/about", "/sign-in", "/forms/loans")
    assert not [path for path in tree if "__pycache__" in path]


@pytest.mark.parametrize("goal", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_goal_stays_data(goal: str) -> None:
    spec = understand(goal)
    tree = generate(spec)
    for path, text in tree.items():
        text.encode()
        if path.endswith(".py"):
            ast.parse(text)
        if path.endswith(".json"):
            json.loads(text)
    plain = generate(understand(GOAL))
    written = {"README.md", "cofounder.json", "app/schema.py", "app/seed.json", "tests/test_goal.py"}
    written |= {"tests/test_rules.py", "tests/test_public.py", "tests/test_accounts.py"}
    written |= {"tests/test_items.py", "tests/test_lines.py", "tests/scenes.json", "tests/examples.json"}
    changed = {path for path in tree if tree[path] != plain.get(path)}
    assert changed <= written | {"app/static/theme.css", "app/static/icon.svg", "app/templates/art.html"}
    assert goal_in(tree["app/schema.py"]) == spec.goal


def goal_in(module: str) -> str:
    """The goal as Python reads it; a goal that got out of its literal would be something else."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.keyword) and node.arg == "goal":
            return str(ast.literal_eval(node.value))
    return ""


def test_the_readme_quotes_the_goal_where_markdown_runs_nothing() -> None:
    text = generate(understand(HOSTILE[4]))["README.md"]
    assert "    # Heading" in text.splitlines()
    assert "\n# Heading" not in text


def test_the_engine_is_named_honestly() -> None:
    tree = generate(understand(GOAL))
    assert "built from a blueprint, no AI model" in tree["app/schema.py"]
    assert re.search(r"built from a blueprint, no AI model", tree["README.md"].replace("\\", ""))


def test_the_lock_names_no_index() -> None:
    lock = (files("app.blueprint") / "starters" / "starlette" / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find-links|--extra|@", lock)
    pins = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert all(re.match(r"^[a-z0-9-]+==", pin) for pin in pins)
    assert lock.count("--hash=sha256:") >= len(pins)


def test_the_app_reaches_for_nothing_outside() -> None:
    tree = generate(understand(GOAL))
    for path, text in tree.items():
        if path.endswith((".html", ".css", ".svg")):
            assert not re.search(r"https?://(?!www\.w3\.org)", text.replace("https://example.com", "")), path


def test_the_start_script_is_plain_shell() -> None:
    script = generate(understand(GOAL))["start.sh"]
    done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "goal",
    [
        "an app for landlords to record tenants, rent payments and repair requests",
        "dog grooming salon: customers, their dogs and appointments",
        "headache diary for patients with triggers",
        "track flurbs and their wozzles",
    ],
)
def test_the_examples_hold_together(goal: str) -> None:
    spec = understand(goal)
    rows = json.loads(generate(spec)["app/seed.json"])
    by_name = {entity.name: entity for entity in spec.entities}
    for entity in spec.entities:
        assert len(rows[entity.table]) >= 4
        for row in rows[entity.table]:
            for field in entity.fields:
                if field.required:
                    assert row[field.name] not in (None, ""), (entity.name, field.name)
                if field.type in ("date", "datetime"):
                    assert re.fullmatch(r"@-?\d{1,5}( \d\d:\d\d)?", row[field.name])
                if field.ref and row[field.name] is not None:
                    assert 1 <= row[field.name] <= len(rows[by_name[field.ref].table])


@pytest.mark.parametrize(("minutes", "clock"), [(60, "10:30"), (15 * 60, "00:30"), (None, "10:00")])
def test_an_example_does_not_begin_while_another_lasts(minutes: int | None, clock: str) -> None:
    viewing = next(one for one in LANDLORD.entities if one.name == "Viewing")
    first: Record = {"visitor": "Ada", "home": 1, "starts_at": "@1 10:00", "duration_min": minutes}
    second: Record = {**first, "starts_at": f"@{1 if clock >= '10:00' else 2} {clock}"}
    rows: Rows = {"Property": [{"name": "Flat 1"}]}

    kept = fit_to_rules(LANDLORD, viewing, [dict(first), dict(second)], rows)

    assert kept[0] == first
    assert kept[1]["starts_at"] == f"@{2 if clock >= '10:00' else 3} {clock}"
