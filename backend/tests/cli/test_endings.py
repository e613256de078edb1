"""Each way in which a command can fail: its exit code, and a last line that can be typed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.cli.errors import EXIT_MEANINGS, Exit
from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, finished

START = "/api/generation/start"


@pytest.mark.parametrize(
    ("status", "document", "code", "last_word"),
    [
        (401, {"code": "unauthenticated"}, 4, "cofounder token"),
        (402, {"code": "subscription_required", "upgrade_url": "https://pay.test/"}, 4, "https://pay.test/"),
        (404, {"code": "not_found"}, 3, "cofounder projects"),
        (409, {"code": "gate_pending", "project_id": PROJECT}, 5, f"cofounder gates {PROJECT}"),
        (
            409,
            {"code": "confirmation_needed", "project_id": PROJECT},
            5,
            f"cofounder build --project {PROJECT} --yes",
        ),
        (409, {"code": "build_in_progress", "job_id": JOB}, 5, f"cofounder watch {JOB}"),
        (409, {"code": "project_parked", "project_id": PROJECT}, 5, f"cofounder unpark {PROJECT}"),
        (409, {"code": "no_spec", "project_id": PROJECT}, 5, f'cofounder build "your goal" --project {PROJECT}'),
        (422, {"code": "invalid_input", "remedy": "Say more."}, 2, "Say more."),
        (503, {"code": "unavailable"}, 6, "cofounder doctor"),
    ],
)
def test_a_refusal_has_its_exit_code_and_names_the_next_command(
    cli: Cli, api: FakeApi, status: int, document: dict[str, Any], code: int, last_word: str
) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(200, {"id": PROJECT, "engine": None}))
    api.on("POST", START, Answer(status, {"detail": "It cannot be.", **document}, {"Retry-After": "0"}))
    ran = cli("build", "A shop", "--project", PROJECT)
    assert ran.code == code
    assert "cofounder: It cannot be." in ran.talk
    assert ran.last_word == last_word
    assert ran.out == ""


def test_a_refusal_as_json_is_one_object_with_the_servers_code(cli: Cli, api: FakeApi) -> None:
    document = {"detail": "A build is running.", "code": "build_in_progress", "job_id": JOB, "debug_id": "dbg_2"}
    api.on("GET", f"/api/projects/{PROJECT}", Answer(200, {"id": PROJECT, "engine": None}))
    api.on("POST", START, Answer(409, document))
    error = cli("build", "A shop", "--project", PROJECT, "--json").json["error"]
    assert error == {
        "code": "build_in_progress",
        "detail": "A build is running.",
        "remedy": f"cofounder watch {JOB}",
        "debug_id": "dbg_2",
        "exit_code": 5,
    }


def test_without_an_instance_the_next_command_starts_one(cli: Cli) -> None:
    cli.wiring.instance = None
    ran = cli("status", JOB)
    assert ran.code == 6
    assert ran.last_word.startswith("cofounder up")


def test_an_instance_that_does_not_answer_is_unreachable(cli: Cli, api: FakeApi) -> None:
    api.server.server_close()
    assert cli("status", JOB).code == 6


def test_no_command_is_a_question_for_help(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli().code == 0
    assert "Start here" in capsys.readouterr().out


def test_an_instance_that_stops_during_a_build_keeps_it(
    cli: Cli, buildable: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.events.PATIENCE_S", 0)
    buildable.server.server_close()
    ran = cli("watch", JOB)
    assert ran.code == 6
    assert (
        f"The build is kept, and goes on with the instance. To see it again then:\ncofounder watch {JOB}"
        in ran.talk
    )
    assert ran.last_word == "cofounder up"


@pytest.mark.parametrize("command", ["projects", "up", "doctor", "worker"])
def test_a_file_is_no_data_directory(cli: Cli, command: str) -> None:
    ran = cli(command, "--data-dir", "/etc/passwd/below")
    assert ran.code == 2
    assert "'/etc/passwd' is a file" in ran.talk


def test_another_program_on_the_port_is_not_taken_for_an_instance(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/generation/{JOB}/status", Answer(raw=b"<html>hello"))
    assert cli("status", JOB).code == 6


def test_without_a_token_nothing_is_asked(cli: Cli, api: FakeApi) -> None:
    (cli.data_dir / "token").unlink()
    assert cli("status", JOB).code == 4
    assert api.requests == []


@pytest.mark.parametrize(
    ("tokens", "last_word"),
    [
        (["stauts"], "cofounder --help"),
        (["status"], "cofounder status --help"),
        (["status", JOB, "--loud"], "cofounder status --help"),
        (["logs", "--lines", "many"], "cofounder logs --help"),
        (["build", "   "], 'cofounder build "A booking app for a yoga studio"'),
        (["config", "show", "x"], "cofounder config show --help"),
    ],
)
def test_what_was_not_understood_exits_2_and_names_the_page_to_read(
    cli: Cli, tokens: list[str], last_word: str
) -> None:
    ran = cli(*tokens)
    assert ran.code == 2
    assert ran.talk.startswith("cofounder: ")
    assert ran.last_word == last_word


def test_a_path_names_no_build(cli: Cli, api: FakeApi) -> None:
    api.on("GET", "/api/projects", Answer(body={"items": [], "next_cursor": None}))
    ran = cli("status", "../../etc")
    assert (ran.code, ran.last_word) == (3, "cofounder projects")
    assert [request.path for request in api.requests] == ["/api/projects"]


def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COFOUNDER_PORT", "s3cret")
    ran = cli("config", "show")
    assert ran.code == 2
    assert "COFOUNDER_PORT" in ran.talk
    assert "s3cret" not in ran.talk


def test_every_exit_code_has_a_meaning() -> None:
    assert set(EXIT_MEANINGS) == set(Exit)


def test_usage_errors_are_json_too(cli: Cli) -> None:
    assert json.loads(cli("status", "--json").out)["error"]["code"] == "usage_error"


@pytest.mark.parametrize("flag", [("--data-dir", "/my data"), ("--data-dir=/my data",)])
def test_the_next_command_is_for_the_same_data_directory(cli: Cli, flag: tuple[str, ...]) -> None:
    cli.wiring.instance = None
    assert cli("status", JOB, *flag).last_word == "cofounder up --data-dir '/my data'"
    assert cli("cancel", JOB, *flag).last_word == "cofounder up --data-dir '/my data'"


def test_a_decision_that_waits_is_named_with_the_command_that_shows_its_options(cli: Cli, api: FakeApi) -> None:
    waiting = {"code": "gate_pending", "project_id": PROJECT, "gate_title": "Ready to decide what's next?"}
    api.on("POST", START, Answer(409, {"detail": "Pending gate must be resolved first", **waiting}))
    ran = cli("build", "--project", PROJECT)
    assert "Ready to decide what's next?" in ran.talk
    assert ran.last_word == f"cofounder gates {PROJECT}"


@pytest.mark.parametrize(
    ("build_status", "command"), [("code", f"watch {JOB}"), ("failed", f"versions {PROJECT}")]
)
def test_a_build_that_is_not_ready_is_named_in_the_next_command(
    cli: Cli, api: FakeApi, build_status: str, command: str
) -> None:
    document = {"code": "not_ready", "job_id": JOB, "project_id": PROJECT, "build_status": build_status}
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished(status=build_status)))
    api.on("POST", f"/api/builds/{JOB}/preview", Answer(409, document))
    assert cli("open", JOB).last_word == f"cofounder {command}"


@pytest.mark.parametrize("command", ["status", "watch", "cancel"])
def test_a_projects_id_in_the_place_of_a_builds_is_explained(cli: Cli, api: FakeApi, command: str) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(body={"id": PROJECT, "name": "Shop"}))
    ran = cli(command, PROJECT)
    assert ran.code == 3
    assert "'Shop' is a project, not a build." in ran.talk
    assert ran.last_word == f"cofounder versions {PROJECT}"


def test_every_command_that_is_suggested_is_for_the_same_data_directory(cli: Cli, buildable: FakeApi) -> None:
    failed = finished(status="failed", goal="A booking\napp", error_message="We got stuck.")
    buildable.on("GET", f"/api/builds/{JOB}", Answer(body=failed))
    ran = cli("watch", JOB, "--data-dir", str(cli.data_dir))
    assert ran.last_word == f"cofounder build 'A booking app' --project {PROJECT} --data-dir {cli.data_dir}"
    buildable.on("GET", "/api/projects", Answer(body={"items": [], "next_cursor": None}))
    assert cli("projects", f"--data-dir={cli.data_dir}").last_word.endswith(f" --data-dir {cli.data_dir}")


def test_a_question_reaches_the_help_and_its_answer_the_person(cli: Cli, api: FakeApi) -> None:
    offer = {"label": "Go online", "command": f"cofounder launch {PROJECT}"}
    answer = {"text": "Nothing blocks it.", "lines": ["Back up its records."], "examples": [], "offers": [offer]}
    api.on("GET", f"/api/projects/{PROJECT}/help", Answer(200, answer))

    ran = cli("ask", PROJECT, "What blocks my launch?")

    assert parse_qs(api.requests[-1].query) == {"question": ["What blocks my launch?"]}
    assert ran.out == "Nothing blocks it.\n  - Back up its records.\n"
    assert ran.last_word == f"cofounder launch {PROJECT}"
