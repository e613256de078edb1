"""Projects, versions, exports and decisions on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, finished

EXPORT = f"/api/builds/{JOB}/export"
BUILDS = f"/api/projects/{PROJECT}/builds"
GATE = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def zipped(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.chdir(tmp_path)
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished()))
    api.on("GET", EXPORT, Answer(raw=b"PK-zip"))
    return api


def test_projects_reads_every_page(cli: Cli, api: FakeApi) -> None:
    first = {"items": [{"id": PROJECT, "status": "active", "name": "One"}], "next_cursor": "c2"}
    second = {"items": [{"id": JOB, "status": "parked", "name": "Two"}], "next_cursor": None}
    api.on("GET", "/api/projects", Answer(body=first), Answer(body=second))
    assert cli("projects").out == f"{PROJECT}  active  One\n{JOB}  parked  Two\n"


def test_versions_lists_the_builds(cli: Cli, api: FakeApi) -> None:
    api.on("GET", BUILDS, Answer(body={"items": [finished(goal="A\nshop " + "x" * 80)], "next_cursor": None}))
    (line,) = cli("versions", PROJECT).out.splitlines()
    assert line.startswith("build_v0_1")
    assert line.endswith("...")


def test_open_prints_a_fresh_preview_address(cli: Cli, api: FakeApi) -> None:
    api.on("POST", f"/api/builds/{JOB}/preview", Answer(body={"preview_url": "http://p.test/"}))
    assert cli("open", JOB).out == "http://p.test/\n"


def test_open_without_a_job_opens_what_became_ready_last(cli: Cli, api: FakeApi) -> None:
    assert cli("open").code == 3
    builds = [
        finished(job_id=GATE, created_at="2031-01-02T00:00:00Z"),
        finished(job_id=JOB, created_at="2031-01-03T00:00:00Z"),
        finished(job_id=GATE, created_at="2031-01-04T00:00:00Z", status="failed"),
    ]
    api.on("GET", "/api/projects", Answer(body={"items": [{"id": PROJECT}], "next_cursor": None}))
    api.on("GET", BUILDS, Answer(body={"items": builds, "next_cursor": None}))
    api.on("POST", f"/api/builds/{JOB}/preview", Answer(body={"preview_url": "http://p.test/"}))
    assert cli("open").out == "http://p.test/\n"


def test_export_names_the_file_after_the_app_and_its_version(cli: Cli, zipped: FakeApi, tmp_path: Path) -> None:
    assert cli("export", JOB).out == "yoga-booking-v0.1.zip\n"
    assert (tmp_path / "yoga-booking-v0.1.zip").read_bytes() == b"PK-zip"
    (tmp_path / "folder").mkdir()
    assert cli("export", JOB, "--output", "folder").out == "folder/yoga-booking-v0.1.zip\n"


def test_export_to_standard_output(
    cli: Cli, zipped: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "piped").open("w+") as out:
        monkeypatch.setattr("sys.stdout", out)
        assert cli("export", JOB, "--output", "-").code == 0
    assert (tmp_path / "piped").read_bytes() == b"PK-zip"


def test_export_into_a_folder_that_is_missing_says_so(cli: Cli, zipped: FakeApi) -> None:
    ran = cli("export", JOB, "--output", "nowhere/x.zip")
    assert "no folder 'nowhere'" in ran.talk
    assert ran.last_word == f"cofounder export {JOB} --output x.zip"


def test_export_never_overwrites_unless_told_to(cli: Cli, zipped: FakeApi, tmp_path: Path) -> None:
    kept = tmp_path / "mine.zip"
    kept.write_text("mine")
    ran = cli("export", JOB, "--output", str(kept))
    assert (ran.code, kept.read_text()) == (5, "mine")
    assert ran.last_word == f"cofounder export {JOB} --output {kept} --force"
    assert cli("export", JOB, "--output", str(kept), "--force").code == 0
    assert kept.read_bytes() == b"PK-zip"


def test_an_export_that_breaks_off_leaves_nothing(cli: Cli, zipped: FakeApi, tmp_path: Path) -> None:
    zipped.on("GET", EXPORT, Answer(raw=b"PK", headers={"Content-Length": "1000"}))
    assert cli("export", JOB, "--output", str(tmp_path / "broken.zip")).code == 6
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_export_of_a_project_takes_its_newest_ready_build(cli: Cli, zipped: FakeApi, tmp_path: Path) -> None:
    builds = [
        finished(job_id=JOB, build_version="build_v0_10"),
        finished(job_id=GATE, build_version="build_v0_9"),
        finished(job_id=GATE, build_version="build_v0_11", status="failed"),
    ]
    zipped.on("GET", f"/api/builds/{JOB}", Answer(body=builds[0]))
    zipped.on("GET", BUILDS, Answer(body={"items": builds, "next_cursor": None}))
    assert cli("export", PROJECT).out == "yoga-booking-v0.10.zip\n"


def test_export_of_a_project_without_a_ready_build_is_not_found(cli: Cli, api: FakeApi) -> None:
    api.on("GET", BUILDS, Answer(body={"items": [], "next_cursor": None}))
    assert cli("export", PROJECT).code == 3


def test_gates_shows_the_command_for_each_option(cli: Cli, api: FakeApi) -> None:
    options = [
        {"value": "proceed", "title": "Go", "description": "Build it.", "needs_text": False},
        {"value": "pivot", "title": "Turn", "description": "Another idea.", "needs_text": True},
    ]
    gate = {"gate_id": GATE, "gate_type": "direction", "status": "pending", "title": "Right?", "options": options}
    api.on("GET", f"/api/projects/{PROJECT}/gates", Answer(body={"items": [gate], "next_cursor": None}))
    shown = cli("gates", PROJECT).out
    assert f"cofounder decide {GATE} proceed\n" in shown
    assert f'cofounder decide {GATE} pivot --text "..."' in shown


def test_decide_sends_the_decision_and_says_what_comes_next(cli: Cli, api: FakeApi) -> None:
    answer = {"gate_id": GATE, "decision": "pivot", "resolution_summary": "Turned.", "next_action": "Build again."}
    api.on("POST", f"/api/gates/{GATE}/resolve", Answer(body=answer))
    ran = cli("decide", GATE, "pivot", "--text", "For dogs")
    assert (ran.out, ran.talk) == ("Turned.\n", "Build again.\n")
    assert api.requests[0].body == {"decision": "pivot", "text": "For dogs"}


def test_unpark_takes_the_project_up_again(cli: Cli, api: FakeApi) -> None:
    api.on("POST", f"/api/projects/{PROJECT}/unpark", Answer(body={"name": "Shop", "status": "active"}))
    assert cli("unpark", PROJECT).out == "Shop is active.\n"
