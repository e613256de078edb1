"""Whoever sent something that has no state comes back to it by their link."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.blueprint.language import understand
from tests.blueprint.loaded_app import LoadedApp


def test_what_has_no_state_cannot_be_called_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    app = LoadedApp(understand("A blog where I write posts and people can comment"), tmp_path)
    public = app.module("public")
    app.module("database").migrate()
    (form,) = app.module("schema").FORMS
    with app.module("database").session() as db:
        assert public.can_cancel(db, form, {"id": 1, "post": 1}) is False
