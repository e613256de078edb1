"""The specification of a project on the command line: shown as text, edited, corrected, saved."""

from __future__ import annotations

import io
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.blueprint.language import understand
from app.blueprint.spec import AppSpec
from app.cli.errors import Exit
from app.cli.spec_text import dump, load
from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, FakeTerminal

PATH = f"/api/projects/{PROJECT}/spec"
SPEC = understand("a booking app for a yoga studio").model_dump(mode="json")


def answer(**changes: Any) -> dict[str, Any]:
    known = {"project_id": PROJECT, "spec": SPEC, "revision": "0-1", "build_version": "build_v0_1"}
    return {**known, "edited": False, "notes": [], **changes}


@pytest.fixture
def editing(api: FakeApi) -> FakeApi:
    api.on("GET", PATH, Answer(200, answer()))
    api.on("PUT", PATH, Answer(200, answer(edited=True, notes=["'Member' is taken for 'Client'."])))
    return api


def editor_that(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that changes the file by a line of Python, where the text is `t`."""
    program = tmp_path / "editor.py"
    program.write_text(
        f"import sys, pathlib\np = pathlib.Path(sys.argv[1])\nt = p.read_text()\n{script}\np.write_text(t)\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {program}")


def without_defaults(spec: dict[str, Any]) -> Any:
    return AppSpec.model_validate({**spec, "engine": "e", "confidence": 0.5, "wishes": []})


@pytest.mark.parametrize("goal", ["a booking app for a yoga studio", "track tools that neighbours borrow"])
def test_the_text_says_the_whole_specification(goal: str) -> None:
    spec = understand(goal).model_dump(mode="json")
    assert without_defaults(load(dump(spec))) == without_defaults(spec)


def test_the_first_rule_has_the_number_nought_and_it_is_said() -> None:
    check = {"given": "a", "do": "b", "expect": "c", "kind": "rule", "entity": "Client", "rule": 0}
    assert load(dump({**SPEC, "acceptance": [check]}))["acceptance"] == [check]


@settings(max_examples=60)
@given(text=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_text_survives_being_written_and_read(text: str) -> None:
    spec = {**SPEC, "tagline": text, "entities": [{**SPEC["entities"][0], "about": text}]}
    again = load(dump(spec))
    assert (again["tagline"], again["entities"][0]["about"]) == (text, text)


def test_show_prints_what_can_be_edited(cli: Cli, editing: FakeApi) -> None:
    ran = cli("spec", "show", PROJECT)
    assert ran.code == 0
    assert tomllib.loads(ran.out)["title"] == SPEC["title"]
    assert '{ name = "phone", label = "Phone", type = "phone" }' in ran.out
    assert ran.last_word == f"cofounder spec edit {PROJECT}"
    assert cli("spec", "show", PROJECT, "--json").json["spec"] == SPEC


def test_an_edit_is_saved_under_the_revision_it_began_with(
    cli: Cli, editing: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor_that("t = t.replace('Yoga Studio Booking', 'Sunrise')", tmp_path, monkeypatch)
    ran = cli("spec", "edit", PROJECT)
    assert ran.code == 0
    [put] = editing.asked("PUT", PATH)
    headers = {name.lower(): value for name, value in put.headers.items()}
    assert (put.body["title"], headers["if-match"]) == ("Sunrise", '"0-1"')
    assert "'Member' is taken for 'Client'." in ran.talk
    assert f"\ncofounder spec edit {PROJECT} --as-written\n" in ran.talk
    assert ran.last_word == f"cofounder build --project {PROJECT}"


def test_closing_the_editor_without_a_change_saves_nothing(
    cli: Cli, editing: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor_that("pass", tmp_path, monkeypatch)
    ran = cli("spec", "edit", PROJECT)
    assert (ran.code, editing.asked("PUT", PATH)) == (0, [])
    assert "Nothing was changed." in ran.talk


def test_what_is_wrong_is_said_and_the_text_is_not_lost(
    cli: Cli, editing: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"title": "No", "detail": "entities 'Client', fields 'email', type: is odd.", "code": "spec_refused"}
    editing.on("PUT", PATH, Answer(422, refusal))
    editor_that("t = t.replace('\"email\"', '\"colour\"')", tmp_path, monkeypatch)
    ran = cli("spec", "edit", PROJECT)
    assert ran.code == Exit.USAGE
    assert "entities 'Client', fields 'email', type: is odd." in ran.talk
    draft = Path(ran.last_word.split("--file ")[1])
    assert f"Your text is in {str(draft)!r}" in ran.talk
    assert draft.read_text().startswith("#! entities 'Client'")
    assert '"colour"' in draft.read_text()

    editing.on("PUT", PATH, Answer(200, answer(edited=True)))
    assert cli("spec", "edit", PROJECT, "--file", str(draft)).code == 0
    assert not draft.parent.exists()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where drafts are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_an_edit_that_is_saved_leaves_nothing_behind(
    cli: Cli, editing: FakeApi, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_a_backup = "p.with_name('spec.toml~').write_text(t)"
    editor_that(f"{leave_a_backup}\nt = t.replace('Yoga Studio Booking', 'Sunrise')", tmp_path, monkeypatch)
    assert cli("spec", "edit", PROJECT).code == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("change", "is_kept"), [("t += '# mine'", True), ("pass", False)])
def test_what_was_typed_before_the_editor_failed_is_kept_and_named(
    cli: Cli, editing: FakeApi, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    change: str, *, is_kept: bool,
) -> None:  # fmt: skip
    editor_that(f"{change}\np.write_text(t)\nsys.exit(3)", tmp_path, monkeypatch)
    ran = cli("spec", "edit", PROJECT)
    assert ran.code == Exit.USAGE
    assert [str(folder / "spec.toml") in ran.last_word for folder in temporary.iterdir()] == [True] * is_kept


def test_what_was_typed_is_kept_when_the_instance_is_gone(
    cli: Cli, editing: FakeApi, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing.on("PUT", PATH, Answer(raw=b"gone"))
    editor_that("t = t.replace('Yoga Studio Booking', 'Sunrise')", tmp_path, monkeypatch)
    ran = cli("spec", "edit", PROJECT, "--as-written")
    [folder] = temporary.iterdir()
    assert ran.code == Exit.UNREACHABLE
    assert ran.last_word == f"cofounder spec edit {PROJECT} --file {folder}/spec.toml --as-written"


def test_a_mistake_is_corrected_at_once_on_a_terminal(
    cli: Cli, editing: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = FakeTerminal("y\n")
    monkeypatch.setattr(sys, "stdin", terminal)
    editor_that("t = t.replace('title = ', 'title ', 1) if '#!' not in t else t.replace('title ', 'title = ', 1)",
                tmp_path, monkeypatch)  # fmt: skip
    ran = cli("spec", "edit", PROJECT, talk=FakeTerminal())
    assert "cannot be read" in ran.talk
    assert len(editing.asked("PUT", PATH)) <= 1


def test_a_script_sends_a_file_or_standard_input(
    cli: Cli, editing: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "spec.json"
    file.write_text('{"title": "From a file"}')
    assert cli("spec", "edit", PROJECT, "--file", str(file)).code == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO('title = "From a pipe"\n'))
    assert cli("spec", "edit", PROJECT, "--file", "-", "--as-written").code == 0
    assert [one.body for one in editing.asked("PUT", PATH)] == [{"title": "From a file"}, {"title": "From a pipe"}]


def test_somebody_elses_change_is_not_overwritten(cli: Cli, editing: FakeApi, tmp_path: Path) -> None:
    changed = {"title": "Changed", "detail": "The specification was changed.", "code": "spec_changed"}
    editing.on("PUT", PATH, Answer(412, changed))
    file = tmp_path / "spec.toml"
    file.write_text('title = "Mine"\n')
    assert cli("spec", "edit", PROJECT, "--file", str(file)).code == Exit.CONFLICT


def test_a_file_that_is_not_there_is_said(cli: Cli, editing: FakeApi) -> None:
    ran = cli("spec", "edit", PROJECT, "--file", "nowhere.toml")
    assert ran.code == Exit.USAGE
    assert "'nowhere.toml'" in ran.talk


def test_a_project_is_built_as_its_specification_stands(cli: Cli, buildable: FakeApi) -> None:
    assert cli("build", "--project", PROJECT).code == 0
    [start] = buildable.asked("POST", "/api/generation/start")
    assert start.body == {"project_id": PROJECT}
    assert cli("build").code == Exit.USAGE
    assert JOB


def test_the_plan_of_a_specification_that_shows_everybodys_name_is_refused(cli: Cli, tmp_path: Path) -> None:
    spec = understand("I tune pianos. I write down the visits, and which piano a customer has.")
    form = {
        "entity": "Visit",
        "action": "Ask for a visit",
        "about": "Say when it suits you.",
        "thanks": "Thank you.",
        "fields": ["customer", "piano", "starts_at"],
    }
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({**spec.model_dump(mode="json"), "forms": [form]}))

    ran = cli("plan", "--spec", str(path))

    assert ran.code == 2
    assert "visitors would choose from all customers" in ran.talk
