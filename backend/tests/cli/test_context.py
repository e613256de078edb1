"""What every command prints goes through one place."""

from __future__ import annotations

import io
import json
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("To change it:\ncofounder spec edit 1", "To change it:\n./co spec edit 1 --data-dir '/my data'"),
        ("    cofounder decide 1 ship", "    ./co decide 1 ship --data-dir '/my data'"),
        ("Stop it with `cofounder down`, please.", "Stop it with `./co down --data-dir '/my data'`, please."),
        ("cofounder up --data-dir /other", "./co up --data-dir /other"),
        ("cofounder up --help", "./co up --help"),
        ("cofounder: it failed", "cofounder: it failed"),
    ],
)
def test_commands_carry_the_data_directory_on(text: str, shown: str) -> None:
    talk = io.StringIO()
    Context(talk=talk, name="./co", data_dir="/my data").say(text)
    assert talk.getvalue() == shown + "\n"


def test_what_was_written_elsewhere_is_shown_as_it_is() -> None:
    out = io.StringIO()
    Context(out=out, name="./co", data_dir="/d").verbatim("cofounder up")
    assert out.getvalue() == "cofounder up\n"


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


def test_nothing_that_turns_a_line_around_is_printed() -> None:
    out, talk = io.StringIO(), io.StringIO()
    context = Context(out=out, talk=talk)
    context.say("a\u202eb\x1b")
    context.result("a\u2066b\x9b")
    context.verbatim("a\u200fb")
    context.result_json({"name": "a\u202eb\x9b", "emoji": "👩\u200d👧"})
    assert (talk.getvalue(), out.getvalue().splitlines()[:2]) == ("ab\n", ["ab", "ab"])
    document = out.getvalue().splitlines()[2]
    assert document == '{"name": "a\\u202eb\\u009b", "emoji": "👩\u200d👧"}'
    assert json.loads(document)["name"] == "a\u202eb\x9b"
