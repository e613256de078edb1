"""Whoever sent something that has no state comes back to it by their link."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp


def test_what_has_no_state_cannot_be_called_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    app = LoadedApp(understand("A blog where I write posts and people can comment"), tmp_path)
    public = app.module("public")
    app.module("database").migrate()
    (form,) = app.module("schema").FORMS
    with app.module("database").session() as db:
        assert public.can_cancel(db, form, {"id": 1, "post": 1}) is False


def test_what_the_business_makes_of_it_is_not_on_the_customers_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer read "Margin 50.00" beside what is to be paid; what the form itself shows is meant for them."""
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    figures = {"to_pay": "hours * 70", "paid": "0", "margin": "hours * 20", "commission": "hours * 7"}
    job = {
        "name": "Job", "fields": [
            {"name": "name", "required": True}, {"name": "email", "type": "email", "required": True},
            {"name": "hours", "type": "int", "required": True},
        ],
        "computed": [{"name": name, "expression": text, "about": "Worked out."} for name, text in figures.items()],
    }  # fmt: skip
    form = {
        "entity": "Job", "action": "Ask for a job", "about": "Tell us.", "thanks": "Thank you.",
        "fields": ["name", "email", "hours"], "shows": ["commission"],
    }  # fmt: skip
    raw = {"title": "Jobs", "goal": "Jobs are asked for.", "entities": [job], "forms": [form]}
    app = LoadedApp(AppSpec.model_validate(raw), tmp_path)
    (entity,) = app.module("schema").ENTITIES
    shown = {field.name for field in app.module("by_link").shown_fields(entity)}
    assert shown == {"name", "email", "hours", "to_pay", "paid", "commission"}
