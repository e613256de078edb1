"""Apps whose records are settled as soon as they are there, however that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from app.blueprint.generate import generate
from app.blueprint.generate.example_texts import examples_json
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from app.domain.workspace import MANIFEST, Manifest

from .test_apps import finish, installed, lay_out

__all__ = ["installed"]

LOCKS: Final = {
    "Reading": "title is not empty",
    "Sample": "level >= 1",
    "Weighing": "day <= today or day > today",
    "Grading": 'grade in ("Good", "Bad")',
    # The first choice, and what a form is filled in with: only the example is locked.
    "Tasting": 'grade = "Good"',
    "Visit": "note is not empty",
}


def plant(conditions: dict[str, str]) -> dict[str, Any]:
    """A plant whose records of each of these kinds stay as they are while the condition holds."""
    fields = [
        {"name": "title", "required": True},
        {"name": "machine", "type": "ref", "ref": "Machine", "required": True, "on_delete": "restrict"},
        {"name": "day", "type": "date", "required": True},
        {"name": "level", "type": "int", "required": True, "lowest": 1},
        {"name": "note", "type": "longtext"},
        {"name": "grade", "type": "choice", "choices": ["Good", "Bad"], "required": True},
    ]
    kinds = [{"name": name, "fields": fields} for name in conditions]
    locks = [
        {"kind": "locked", "entity": name, "condition": text, "about": f"A {name.lower()} stays."}
        for name, text in conditions.items()
    ]
    return {
        "title": "Plant",
        "tagline": "What was measured.",
        "entities": [{"name": "Machine", "fields": [{"name": "name", "required": True}]}, *kinds],
        "rules": locks,
    }


async def test_an_app_passes_its_own_tests_whatever_says_that_records_are_settled(
    installed: Path, tmp_path: Path
) -> None:
    spec = AppSpec.model_validate({"goal": "plant", "engine": "test", "confidence": 1, **plant(LOCKS)})
    assert '"locked": [\n  "gradings",\n  "readings",\n  "samples",\n  "weighings"\n ]' in examples_json(spec)

    folder = lay_out(generate(spec), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    for command in Manifest.parse((folder / MANIFEST).read_text()).check:
        await finish(*command, cwd=folder)


def test_a_lock_that_lets_nothing_be_added_is_refused() -> None:
    _, faults = faults_of(plant({"Reading": "machine.name is not empty"}))

    assert "no record could ever be added" in " ".join(fault["problem"] for fault in faults)
