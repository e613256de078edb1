"""The demo on an instance that runs already; starting one is tested with the whole program."""

from __future__ import annotations

import socket

from app.cli.network import free_pair, port_is_free
from tests.cli.fake_api import JOB, Answer, Cli, FakeApi, finished, sse, story


def test_it_says_what_it_does_before_anything_else(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("demo", "A recipe book", "--exit")
    assert ran.talk.startswith('Co-Founder builds: "A recipe book"\n')


def test_it_uses_the_instance_that_runs_and_leaves_it_running(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("demo", "--exit")
    assert ran.code == 0
    assert f"Using the instance that runs at {buildable.url}." in ran.talk
    assert cli.wiring.calls == []


def test_every_demo_makes_a_project_of_its_own(cli: Cli, buildable: FakeApi) -> None:
    cli("demo", "--exit")
    cli("demo", "--exit")
    names = [request.body for request in buildable.asked("POST", "/api/projects")]
    assert names == [{"name": "Booking app for a yoga studio"}] * 2


def test_it_ends_with_the_preview_address_on_a_line_of_its_own(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("demo", "--exit")
    assert "Built from a blueprint, no AI model." in ran.out
    assert "http://preview.localhost/open" in ran.out.splitlines()


def test_it_prints_the_link_to_the_page(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("demo", "--exit")
    assert "http://127.0.0.1/enter?code=abc" in ran.talk.splitlines()


def test_a_failed_build_exits_1_with_what_to_try(cli: Cli, buildable: FakeApi) -> None:
    buildable.on("GET", f"/api/generation/{JOB}/events", sse(*story("queued", last="failed")))
    failed = finished(status="failed", goal="A shop", error_message="We got stuck.", preview_url=None)
    buildable.on("GET", f"/api/builds/{JOB}", Answer(body=failed))
    ran = cli("demo", "A shop", "--exit")
    assert ran.code == 1
    assert ran.last_word == "cofounder demo 'A shop'"


def test_a_taken_port_is_seen_and_a_free_pair_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not port_is_free("127.0.0.1", taken.getsockname()[1])
    port = free_pair("127.0.0.1")
    assert port_is_free("127.0.0.1", port)
    assert port_is_free("127.0.0.1", port + 1)
