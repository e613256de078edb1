"""Projects, versions, exports and decisions on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.api.routes.gates import NEXT_ACTIONS
from app.cli.gates import NEXT_STEPS
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
    latest = {"job_id": JOB, "build_version": "build_v0_1", "status": "failed", "error_message": None}
    one = {"id": PROJECT, "status": "active", "name": "One", "latest_build": latest}
    two = {"id": JOB, "status": "parked", "name": "Two", "latest_build": None}
    first, second = {"items": [one], "next_cursor": "c2"}, {"items": [two], "next_cursor": None}
    api.on("GET", "/api/projects", Answer(body=first), Answer(body=second))
    lines = [" ".join(line.split()) for line in cli("projects").out.splitlines()]
    assert lines == [f"{PROJECT} active build_v0_1 failed One", f"{JOB} parked no build Two"]


@pytest.mark.parametrize(("code", "state"), [("cancelled", "cancelled"), ("internal_error", "failed")])
def test_lists_tell_a_cancelled_build_from_a_failed_one(cli: Cli, api: FakeApi, code: str, state: str) -> None:
    build = finished(status="failed", error_code=code, error_message="Cancelled by user")
    project = {"id": PROJECT, "status": "active", "name": "Shop", "latest_build": build}
    api.on("GET", "/api/projects", Answer(body={"items": [project], "next_cursor": None}))
    api.on("GET", BUILDS, Answer(body={"items": [build], "next_cursor": None}))
    assert f" {state} " in cli("projects").out
    assert f" {state} " in cli("versions", PROJECT).out


def test_versions_lists_the_builds(cli: Cli, api: FakeApi) -> None:
    api.on("GET", BUILDS, Answer(body={"items": [finished(goal="A\nshop " + "x" * 80)], "next_cursor": None}))
    (line,) = cli("versions", PROJECT).out.splitlines()
    assert line.startswith("build_v0_1")
    assert line.endswith("...")


@pytest.fixture
def viewable(api: FakeApi) -> FakeApi:
    """A ready build whose preview, once seen, asks for a decision."""
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished()))
    api.on("POST", f"/api/builds/{JOB}/preview", Answer(body={"preview_url": "http://p.test/"}))
    api.on(
        "POST", f"/api/generation/{JOB}/preview-viewed", Answer(body={"gate_id": GATE, "status": "gate_created"})
    )
    waiting = {"gate_id": GATE, "status": "pending"}
    api.on("GET", f"/api/projects/{PROJECT}/gates", Answer(body={"items": [waiting], "next_cursor": None}))
    return api


def test_open_prints_a_fresh_preview_address_and_the_decision_that_waits(cli: Cli, viewable: FakeApi) -> None:
    ran = cli("open", JOB)
    assert ran.out == "http://p.test/\n"
    assert f"\ncofounder decide {GATE} iterate\n" in ran.talk
    assert ran.last_word == f"cofounder gates {PROJECT}"
    assert cli("open", JOB, "--json").json == {"url": "http://p.test/", "gate_id": GATE}


def test_a_link_for_visitors_asks_for_no_decision(cli: Cli, viewable: FakeApi) -> None:
    ran = cli("open", JOB, "--visitor")
    assert (ran.out, ran.talk) == ("http://p.test/\n", "")
    assert viewable.asked("POST", f"/api/builds/{JOB}/preview")[0].query == "access=visitor"
    assert not viewable.asked("POST", f"/api/generation/{JOB}/preview-viewed")


def test_open_says_nothing_of_a_decision_that_was_taken(cli: Cli, viewable: FakeApi) -> None:
    decided = {"items": [{"gate_id": GATE, "status": "decided"}], "next_cursor": None}
    viewable.on("GET", f"/api/projects/{PROJECT}/gates", Answer(body=decided))
    assert cli("open", JOB).talk == ""


def test_open_and_checks_take_the_newest_ready_build_of_a_project(cli: Cli, viewable: FakeApi) -> None:
    viewable.on("GET", f"/api/projects/{PROJECT}", Answer(body={"id": PROJECT, "name": "Shop"}))
    viewable.on("GET", BUILDS, Answer(body={"items": [finished()], "next_cursor": None}))
    evidence = {"build_version": "build_v0_1", "checks": [], "pictures": []}
    viewable.on("GET", f"/api/builds/{JOB}/evidence", Answer(body=evidence))
    assert cli("open", PROJECT).out == "http://p.test/\n"
    assert cli("checks", PROJECT).out == "build_v0_1: 0 checks\n"


def test_open_without_a_job_opens_what_became_ready_last(cli: Cli, api: FakeApi, viewable: FakeApi) -> None:
    assert cli("open").code == 3
    builds = [
        finished(job_id=GATE, created_at="2031-01-02T00:00:00Z"),
        finished(job_id=JOB, created_at="2031-01-03T00:00:00Z"),
        finished(job_id=GATE, created_at="2031-01-04T00:00:00Z", status="failed"),
    ]
    api.on("GET", "/api/projects", Answer(body={"items": [{"id": PROJECT}], "next_cursor": None}))
    api.on("GET", BUILDS, Answer(body={"items": builds, "next_cursor": None}))
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


def test_an_export_with_records_has_a_name_of_its_own_and_keeps_its_flag(cli: Cli, zipped: FakeApi) -> None:
    assert cli("export", JOB).code == 0
    assert cli("export", JOB, "--with-data").out == "yoga-booking-v0.1-with-data.zip\n"
    again = f"cofounder export {JOB} --with-data --output yoga-booking-v0.1-with-data.zip --force"
    assert cli("export", JOB, "--with-data").last_word == again


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
    zipped.on("GET", f"/api/projects/{PROJECT}", Answer(body={"id": PROJECT, "name": "Yoga"}))
    zipped.on("GET", BUILDS, Answer(body={"items": builds, "next_cursor": None}))
    assert cli("export", PROJECT).out == "yoga-booking-v0.10.zip\n"


def test_export_of_a_project_without_a_ready_build_is_not_found(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(body={"id": PROJECT, "name": "Yoga"}))
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
    answer = {"gate_id": GATE, "project_id": PROJECT, "decision": "pivot", "resolution_summary": "Turned."}
    answer |= {"next_action": "start_build"}
    api.on("POST", f"/api/gates/{GATE}/resolve", Answer(body=answer))
    ran = cli("decide", GATE, "pivot", "--text", "For dogs")
    assert ran.out == "Turned.\n"
    assert ran.last_word == f'cofounder build "..." --project {PROJECT}'
    assert api.requests[0].body == {"decision": "pivot", "text": "For dogs"}


def test_every_next_action_of_the_api_has_a_command() -> None:
    assert set(NEXT_STEPS) == set(NEXT_ACTIONS.values())


def test_unpark_takes_the_project_up_again(cli: Cli, api: FakeApi) -> None:
    api.on("POST", f"/api/projects/{PROJECT}/unpark", Answer(body={"name": "Shop", "status": "active"}))
    assert cli("unpark", PROJECT).out == "Shop is active.\n"


def test_revoke_makes_links_useless_and_says_how_to_get_a_new_one(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished()))
    api.on("DELETE", f"/api/builds/{JOB}/links", Answer(204, raw=b""))

    said = cli("revoke", JOB)

    assert len(api.asked("DELETE", f"/api/builds/{JOB}/links")) == 1
    assert said.talk.splitlines()[-1] == f"cofounder open {JOB}"
