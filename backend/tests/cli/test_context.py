"""What every command prints goes through one place."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from app.cli.context import Context, own_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cofounder up --port 8500", "./co up --port 8500"),
        ("Use `cofounder up`, please.", "Use `./co up`, please."),
        ("data in /home/me/cofounder data", "data in /home/me/cofounder data"),
        ("cofounder: it failed", "cofounder: it failed"),
    ],
)
def test_commands_are_named_as_the_person_calls_them(text: str, shown: str) -> None:
    talk = io.StringIO()
    Context(talk=talk, name="./co").say(text)
    assert talk.getvalue() == shown + "\n"


def test_from_a_checkout_the_launcher_is_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "co").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.chdir(tmp_path)
    assert own_name() == "./co"
    monkeypatch.chdir("/")
    assert own_name() == str(tmp_path / "co")


def test_an_installed_program_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "tool"))
    assert own_name() == "cofounder"
