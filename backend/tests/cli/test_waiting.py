"""An API that takes connections and says nothing: commands tell that they wait, and end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import client, events, waiting
from app.core.settings import Settings
from app.processes import doctor as doctor_room
from app.supervision.instance import Instance, write_instance
from app.supervision.process import own_key
from tests.cli.fake_api import JOB, PROJECT, Cli, FakeInstance


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a process that was stopped: the kernel takes its connections, and nobody answers."""
    monkeypatch.setattr(waiting, "SLOW_S", 0.1)
    monkeypatch.setattr(client, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(events, "SILENCE_S", 0.5)
    monkeypatch.setattr(events, "PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "command",
    [
        ("status", JOB),
        ("projects",),
        ("versions", PROJECT),
        ("watch", JOB),
        ("cancel", JOB),
        ("build", "A yoga studio"),
        ("page",),
        ("usage",),
        ("gates", PROJECT),
        ("export", JOB),
        ("spec", "show", PROJECT),
        ("projects", "delete", PROJECT, "--yes"),
    ],
    ids=" ".join,
)
def test_a_command_says_that_it_waits_and_gives_up_with_what_to_do(
    cli: Cli, stopped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    cli.wiring.instance = FakeInstance(stopped)
    began = time.monotonic()

    ran = cli(*command)

    assert ran.code == 6
    assert f"Waiting for an answer of Co-Founder at {stopped}, for 0.5 s at most..." in ran.talk
    assert ran.talk.rstrip().splitlines()[-1] == "cofounder doctor"
    assert time.monotonic() - began < 10


def test_an_answer_that_comes_in_time_is_not_talked_about(
    cli: Cli, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SLOW_S", 60)
    cli.wiring.instance = FakeInstance(stopped)

    ran = cli("projects", "--json")

    assert "Waiting" not in ran.talk
    assert json.loads(ran.out)["error"]["exit_code"] == 6
    # One that was called off ends at once, though not in the moment in which it is.
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(5)
    assert not any(timer.is_alive() for timer in timers)


def test_the_command_for_trouble_finds_an_instance_that_stands_still(
    stopped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_room, "ANSWER_S", 0.2)
    settings = Settings(data_dir=tmp_path / "data")
    settings.data.prepare()
    key = own_key()
    instance = Instance(
        pid=key.pid,
        birth=key.birth,
        api_url=stopped,
        preview_port=1,
        version="1",
        started_at="2026-01-01T00:00:00Z",
    )
    write_instance(settings.data, instance)

    finding = next(finding for finding in doctor_room.doctor(settings) if finding.name == "instance")

    assert not finding.ok
    assert finding.detail.startswith(f"does not answer at {stopped}")
    assert finding.remedy == "cofounder logs api"
