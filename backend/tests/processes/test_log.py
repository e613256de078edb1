"""No key of a model gets into a log, by whatever name it is set."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.settings import Settings
from app.processes import log as log_room
from app.processes.log import configure


def test_the_keys_of_models_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(log_room, "configure_logging", lambda _level, *, secrets: told.extend(secrets))
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-of-the-environment")

    configure(Settings(data_dir=tmp_path, model="google:gemini", model_key="AIza-of-the-settings"))

    assert {"AIza-of-the-environment", "AIza-of-the-settings"} <= set(told)


def test_whatever_is_kept_as_a_secret_in_the_settings_is_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(log_room, "configure_logging", lambda _level, *, secrets: told.extend(secrets))
    names = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    settings = Settings(data_dir=tmp_path).model_copy(
        update={name: SecretStr(f"the secret of {name}") for name in names}
    )

    configure(settings)

    assert {"database_url", "redis_url", "model_key"} <= set(names)
    assert {f"the secret of {name}" for name in names} <= set(told)
