"""Starting, stopping and looking into an instance."""

from __future__ import annotations

import errno
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.network import free_pair
from app.core.paths import default_data_dir
from app.core.settings import Settings
from app.processes.up import ready_lines
from tests.cli.fake_api import TOKEN, Cli


@dataclass
class Found:
    name: str
    ok: bool
    detail: str
    remedy: str | None = None


def test_up_runs_with_the_ports_and_workers_given(cli: Cli) -> None:
    cli.wiring.instance = None
    assert cli("up", "--port", "18411", "--preview-port", "18413", "--workers", "3").code == 0
    ((_, settings),) = cli.wiring.calls
    assert (settings.port, settings.previews_port, settings.workers) == (18411, 18413, 3)


def test_up_with_api_only_starts_no_worker(cli: Cli) -> None:
    cli.wiring.instance = None
    cli("up", "--port", "18411", "--api-only")
    assert cli.wiring.calls[0][1].workers == 0


def test_up_refuses_a_taken_port_with_the_command_that_works(cli: Cli) -> None:
    cli.wiring.instance = None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = cli("up", "--port", str(port))
    assert ran.code == 5
    assert f"Port {port}" in ran.talk
    assert re.fullmatch(r"cofounder up --port 8\d00", ran.last_word)
    assert cli.wiring.calls == []


def test_up_prints_the_link_that_signs_in_and_what_to_type_next() -> None:
    lines = ready_lines("http://127.0.0.1:8400/enter?code=abc", Settings(data_dir=Path("/my data")))
    assert "http://127.0.0.1:8400/enter?code=abc" in [line.strip() for line in lines]
    assert lines[-3:] == [
        "cofounder page --data-dir '/my data'",
        "cofounder build \"A booking app for a yoga studio\" --data-dir '/my data'",
        "cofounder token --data-dir '/my data'",
    ]


def test_up_refuses_a_second_instance_on_the_same_data(cli: Cli) -> None:
    ran = cli("up")
    assert ran.code == 5
    assert ran.last_word == f"cofounder down --data-dir {cli.data_dir}"


def test_down_says_whether_something_was_stopped(cli: Cli) -> None:
    assert cli("down").out == "Stopped.\n"
    cli.wiring.instance = None
    assert cli("down", "--json").json == {"stopped": False}


def test_a_worker_is_said_to_be_ready_when_it_is(cli: Cli) -> None:
    ran = cli("worker")

    assert ran.talk.splitlines() == [
        "Starting a worker...",
        "The worker is ready; Ctrl-C stops it and gives its builds back.",
    ]
    cli.wiring.is_ready = False
    assert cli("worker").talk.splitlines() == ["Starting a worker..."]


def test_a_worker_without_an_instance_is_not_said_to_have_started(cli: Cli) -> None:
    cli.wiring.instance = None
    ran = cli("worker")
    assert ran.code == 6
    assert "started" not in ran.talk
    assert ran.last_word == "cofounder up"


@pytest.mark.parametrize("part", ["worker", "api", "preview", "migrate"])
def test_the_parts_run_on_the_data_directory_given(cli: Cli, part: str) -> None:
    assert cli(part).code == 0
    assert cli.wiring.calls[0][1].data_dir == cli.data_dir


def test_token_is_all_that_is_printed(cli: Cli) -> None:
    assert cli("token").out == TOKEN + "\n"


def test_logs_lists_and_shows_the_last_lines(cli: Cli) -> None:
    folder = cli.data_dir / "logs"
    folder.mkdir()
    (folder / "api.log").write_text("one\ntwo\nthree\n")
    (folder / "worker-1.log").write_bytes(b"\xff\x1b[31mred\n")
    assert cli("logs").out == "api\nworker-1\n"
    assert cli("logs", "api", "--lines", "2").out == "two\nthree\n"
    assert "\x1b" not in cli("logs", "worker-1").out


def test_logs_are_sentences_for_a_person_and_json_for_a_program(cli: Cli) -> None:
    folder = cli.data_dir / "logs"
    folder.mkdir()
    written = '{"event": "worker_ready", "level": "info", "slots": 1, "timestamp": "2026-11-30T16:33:12.9Z"}'
    (folder / "worker-1.log").write_text(written + "\n")

    assert cli("logs", "worker").out == "2026-11-30 16:33:12  The worker is ready for builds. (slots: 1)\n"
    assert json.loads(cli("logs", "worker", "--json").out)["lines"] == [written]


def test_a_log_that_is_not_there_is_not_found(cli: Cli) -> None:
    ran = cli("logs", "../token")
    assert ran.code == 3
    assert TOKEN not in ran.out


def test_doctor_names_what_is_missing_and_what_to_type(cli: Cli) -> None:
    cli.wiring.findings = [Found("git", ok=False, detail="not installed", remedy="apt-get install git")]
    ran = cli("doctor")
    assert ran.code == 1
    assert "MISSING  git" in ran.out
    assert ran.last_word == "apt-get install git"


def test_doctor_is_content_with_a_healthy_machine(cli: Cli) -> None:
    cli.wiring.findings = [Found("git", ok=True, detail="/usr/bin/git")]
    assert cli("doctor", "--json").json["ok"] is True


def test_config_show_says_where_a_value_comes_from_and_masks_secrets(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COFOUNDER_DATABASE_URL", "postgresql://me:s3cret@db/x")
    table = cli("config", "show", "--json", "--data-dir", "/elsewhere").json
    assert table["data_dir"] == {"value": "/elsewhere", "source": "flag"}
    assert table["database_url"] == {"value": "********", "source": "environment"}
    assert table["workers"] == {"value": 1, "source": "default"}


def test_config_path_names_the_data_directory(cli: Cli) -> None:
    assert str(cli.data_dir) in cli("config", "path").out


def test_up_refuses_a_full_disk_in_a_sentence(cli: Cli, small_disk: Path) -> None:
    cli.wiring.instance = None
    ran = cli("up", "--data-dir", str(small_disk / "data"))
    assert ran.code == 2
    assert "The disk is full: 2 MB are free" in ran.talk
    assert ran.last_word == f"cofounder up --data-dir {small_disk / 'data'}"
    assert cli.wiring.calls == []


def test_any_command_that_meets_a_full_disk_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_up(_settings: object, *, say: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/lock")

    cli.wiring.instance = None
    monkeypatch.setattr(cli.wiring, "run_up", run_up)
    ran = cli("up", "--port", str(free_pair("127.0.0.1")))
    assert (ran.code, ran.last_word) == (2, "cofounder doctor")
    assert "The disk is full (/data/lock)." in ran.talk


def test_a_log_is_found_by_the_beginning_of_its_name(cli: Cli) -> None:
    folder = cli.data_dir / "logs"
    folder.mkdir()
    for name in ("api", "worker-1"):
        (folder / f"{name}.log").write_text(f"of {name}\n")
    assert cli("logs", "worker").out == "of worker-1\n"
    (folder / "worker-2.log").write_text("")
    several = cli("logs", "worker")
    assert (several.code, "There are: worker-1, worker-2." in several.talk) == (3, True)
    assert cli("logs", "worker-1").out == "of worker-1\n"
    assert cli("logs", "").code == 3


def test_config_show_says_what_runs_beside_the_settings(cli: Cli) -> None:
    assert cli.wiring.instance is not None
    assert f"An instance runs at {cli.wiring.instance.api_url}" in cli("config", "show").talk
    cli.wiring.instance = None
    assert "runs" not in cli("config", "show").talk


def test_the_first_commands_name_a_data_directory_only_when_it_is_not_the_usual_one(tmp_path: Path) -> None:
    usual = ready_lines("http://127.0.0.1:8400", Settings(data_dir=default_data_dir()))
    other = ready_lines("http://127.0.0.1:8400", Settings(data_dir=tmp_path))
    assert "cofounder page" in usual
    assert f"cofounder page --data-dir {tmp_path}" in other
