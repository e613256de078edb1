"""Projects are named as people name them, and ids may be cut short."""

from __future__ import annotations

import pytest

from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, finished

BAKERY = "2222bbbb-2222-4222-8222-222222222222"
OTHER_JOB = "1111cccc-1111-4111-8111-111111111111"
GATE = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def two_projects(api: FakeApi) -> FakeApi:
    """A yoga studio with two builds, and a bakery with none."""
    projects = [
        {"id": PROJECT, "name": "Booking app for a yoga studio", "status": "active", "latest_build": None},
        {"id": BAKERY, "name": "Mum's  bakery", "status": "active", "latest_build": None},
    ]
    builds = [finished(), finished(job_id=OTHER_JOB, build_version="build_v0_2", status="failed")]
    api.on("GET", "/api/projects", Answer(body={"items": projects, "next_cursor": None}))
    for project in projects:
        api.on("GET", f"/api/projects/{project['id']}", Answer(body=project))
        api.on("GET", f"/api/projects/{project['id']}/builds", Answer(body={"items": [], "next_cursor": None}))
        api.on("GET", f"/api/projects/{project['id']}/gates", Answer(body={"items": [], "next_cursor": None}))
    api.on("GET", f"/api/projects/{PROJECT}/builds", Answer(body={"items": builds, "next_cursor": None}))
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished()))
    return api


@pytest.mark.parametrize("text", [PROJECT, PROJECT.upper(), "22222", "yoga", "booking APP for a yoga studio"])
def test_a_project_is_found_by_its_id_a_part_of_it_or_its_name(cli: Cli, two_projects: FakeApi, text: str) -> None:
    ran = cli("versions", text)
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)


def test_a_name_that_could_be_several_lists_them_and_does_nothing(cli: Cli, two_projects: FakeApi) -> None:
    ran = cli("versions", "2222")
    assert ran.code == 2
    assert f"  {PROJECT}  Booking app for a yoga studio\n  {BAKERY}  Mum's bakery\n" in ran.talk
    assert ran.last_word == "cofounder projects"


@pytest.mark.parametrize("text", ["dentist", "", "../meta", "222", "zzzz"])
def test_what_names_no_project_is_not_found(cli: Cli, two_projects: FakeApi, text: str) -> None:
    ran = cli("versions", text)
    assert (ran.code, ran.last_word) == (3, "cofounder projects")


def test_a_whole_name_wins_over_a_part_of_another(cli: Cli, two_projects: FakeApi) -> None:
    projects = [{"id": PROJECT, "name": "Yoga"}, {"id": BAKERY, "name": "Yoga for cats"}]
    two_projects.on("GET", "/api/projects", Answer(body={"items": projects, "next_cursor": None}))
    assert len(cli("versions", "yoga").out.splitlines()) == 2


def test_a_build_is_found_by_the_beginning_of_its_id(cli: Cli, two_projects: FakeApi) -> None:
    two_projects.on(
        "GET", f"/api/generation/{JOB}/status", Answer(body={"build_version": "build_v0_1", "stage_label": "Done"})
    )
    assert cli("status", "11111").out == "build_v0_1  Done\n"
    ambiguous = cli("status", "1111")
    assert ambiguous.code == 2
    assert f"  {OTHER_JOB}  build_v0_2" in ambiguous.talk


def test_a_project_named_where_a_build_is_asked_for_is_told_so(cli: Cli, two_projects: FakeApi) -> None:
    ran = cli("status", "bakery")
    assert ran.code == 3
    assert "is a project, not a build" in ran.talk
    assert ran.last_word == f"cofounder versions {BAKERY}"


def test_a_build_of_a_named_project_is_its_newest_ready_one(cli: Cli, two_projects: FakeApi) -> None:
    evidence = {"build_version": "build_v0_1", "checks": [], "pictures": []}
    two_projects.on("GET", f"/api/builds/{JOB}/evidence", Answer(body=evidence))
    for text in ("yoga", "11111", PROJECT[:6]):
        assert cli("checks", text).out == "build_v0_1: 0 checks\n"
    assert cli("checks", "bakery").code == 3


def test_a_decision_is_found_by_the_beginning_of_its_id(cli: Cli, two_projects: FakeApi) -> None:
    gates = {"items": [{"gate_id": GATE, "title": "What next?", "status": "pending"}], "next_cursor": None}
    two_projects.on("GET", f"/api/projects/{PROJECT}/gates", Answer(body=gates))
    answer = {"decision": "park", "project_id": PROJECT, "next_action": "unpark_project"}
    two_projects.on("POST", f"/api/gates/{GATE}/resolve", Answer(body=answer))
    assert cli("decide", "3333", "park").code == 0
    assert cli("decide", "4444", "park").code == 3


def test_a_build_of_a_named_project_is_started_there(cli: Cli, buildable: FakeApi, two_projects: FakeApi) -> None:
    cli("build", "A shop", "--project", "bakery", "--detach")
    [start] = two_projects.asked("POST", "/api/generation/start")
    assert start.body["project_id"] == BAKERY


def test_a_project_is_renamed(cli: Cli, two_projects: FakeApi) -> None:
    renamed = {"id": BAKERY, "name": "Bread", "status": "active", "latest_build": None}
    two_projects.on("PATCH", f"/api/projects/{BAKERY}", Answer(body=renamed))
    ran = cli("projects", "rename", "mum's bakery", "Bread")
    assert ran.out.rstrip().endswith("Bread")
    assert two_projects.asked("PATCH", f"/api/projects/{BAKERY}")[0].body == {"name": "Bread"}


def test_nothing_is_deleted_when_nobody_can_be_asked(
    cli: Cli, two_projects: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    ran = cli("projects", "delete", "mum's bakery")
    assert ran.code == 2
    assert "Nothing was deleted." in ran.talk
    assert ran.last_word == f"cofounder projects delete {BAKERY} --yes"
    assert two_projects.asked("DELETE", f"/api/projects/{BAKERY}") == []


def test_a_project_is_deleted_by_its_whole_name_only(cli: Cli, two_projects: FakeApi) -> None:
    two_projects.on("DELETE", f"/api/projects/{BAKERY}", Answer(204, raw=b""))
    assert cli("projects", "delete", "bakery", "--yes").code == 3
    ran = cli("projects", "delete", "Mum's bakery", "--yes")
    assert (ran.code, len(two_projects.asked("DELETE", f"/api/projects/{BAKERY}"))) == (0, 1)
    assert ran.out.endswith("is deleted.\n")


def test_a_project_with_a_running_build_is_not_deleted(cli: Cli, two_projects: FakeApi) -> None:
    problem = {
        "code": "build_in_progress",
        "detail": "This project has a build that has not ended.",
        "job_id": JOB,
    }
    two_projects.on("DELETE", f"/api/projects/{BAKERY}", Answer(409, problem))
    ran = cli("projects", "delete", BAKERY, "--yes")
    assert (ran.code, ran.last_word) == (5, f"cofounder watch {JOB}")
