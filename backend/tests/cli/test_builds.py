"""What a person and a script see of a build on the command line."""

from __future__ import annotations

import re
import threading

import pytest

from app.cli import events
from app.cli.builds import project_name
from tests.cli.fake_api import JOB, PROJECT, TOKEN, Answer, Cli, FakeApi, FakeTerminal, finished, sse, story

EVENTS = f"/api/generation/{JOB}/events"
STATUS = f"/api/generation/{JOB}/status"
BUILD = f"/api/builds/{JOB}"
START = "/api/generation/start"
CANCELLED = {"error_code": "cancelled", "error_message": "Cancelled by user"}


def test_build_prints_the_summary_and_the_preview_address_last(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("build", "A booking app for a yoga studio")
    assert ran.code == 0
    assert ran.out.endswith("\nhttp://preview.localhost/open\n")
    assert "Yoga booking is ready (build_v0_1)." in ran.out
    assert "Built from a blueprint, no AI model." in ran.out
    assert "Checks passed: 1 of 1" in ran.out
    assert "Time: 2.0 s (queued 1.0 s, code 1.0 s)" in ran.out
    assert "It leaves out:\n    - Payments" in ran.out


def test_build_makes_a_project_named_after_the_goal_and_starts_once(cli: Cli, buildable: FakeApi) -> None:
    cli("build", "A booking app for a yoga studio")
    assert buildable.asked("POST", "/api/projects")[0].body == {"name": "Booking app for a yoga studio"}
    (start,) = buildable.asked("POST", START)
    assert start.body == {"project_id": PROJECT, "goal": "A booking app for a yoga studio"}
    assert start.headers["Authorization"] == f"Bearer {TOKEN}"
    assert len(start.headers["Idempotency-Key"]) == 32


@pytest.mark.parametrize(
    ("goal", "name"),
    [
        (
            "A tool library where neighbours borrow drills and ladders, with a deposit and reminders",
            "Tool library where neighbours borrow drills and ladders",
        ),
        ("An app for my piano tuning: customers request a tuning", "App for my piano tuning"),
        ("The bakery shop. People order cakes!", "Bakery shop"),
        ("Hi! I need a booking app", "Hi! I need a booking app"),
        ("Version 2.5 of our list", "Version 2.5 of our list"),
        (
            "Orders, customers, " + "and many other things " * 5,
            "Orders, customers, and many other things and many other",
        ),
    ],
)
def test_the_name_of_a_project_is_no_torn_sentence(goal: str, name: str) -> None:
    assert project_name(goal) == name


@pytest.mark.parametrize(
    "goal", ["-80 freezer inventory", "- boxes\n- positions", "--- my idea ---", "-5 = boxes of cakes"]
)
def test_a_goal_that_begins_with_a_dash_is_no_option(cli: Cli, buildable: FakeApi, goal: str) -> None:
    assert cli("build", goal, "--detach").code == 0
    (start,) = buildable.asked("POST", START)
    assert start.body["goal"] == goal


def test_an_option_that_there_is_not_is_told_beside_a_goal(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("build", "-80 freezer inventory", "--detached")
    assert ran.code == 2
    assert "--detached" in ran.talk


def test_answers_go_with_the_questions_of_the_newest_version(cli: Cli, buildable: FakeApi) -> None:
    asked = [{"question": "How long is a booking?", "default": "One hour."}]
    failed_since = finished() | {"evidence": {"failure": "It does not start."}}
    designed = finished() | {"evidence": {"design": {"questions": asked}}}
    builds = {"items": [failed_since, designed, finished() | {"evidence": {}}]}
    buildable.on("GET", f"/api/projects/{PROJECT}/builds", Answer(200, builds))
    build = ("build", "A pool", "--project", PROJECT, "--engine", "model", "--detach", "--answer")

    assert cli(*build, "1=Two hours", "--answer", "Who may book?=Members").code == 0
    (start,) = buildable.asked("POST", START)
    assert start.body["answers"] == [
        {"question": "How long is a booking?", "answer": "Two hours"},
        {"question": "Who may book?", "answer": "Members"},
    ]
    for wrong in ("2=Two hours", "Two hours", "1="):
        ran = cli(*build, wrong)
        assert (ran.code, repr(wrong) in ran.talk) == (2, True)


def test_a_goal_that_is_too_long_leaves_no_project_behind(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("build", "x" * 8_001)
    assert ran.code == 2
    assert "The goal has 8,001 characters; 8,000 are the most." in ran.talk
    assert not buildable.asked("POST", "/api/projects")


def test_build_asks_a_busy_server_again_with_the_same_key(cli: Cli, buildable: FakeApi) -> None:
    busy = Answer(503, {"detail": "Full.", "code": "queue_full"}, {"Retry-After": "0"})
    started = Answer(201, {"job_id": JOB, "status": "queued", "build_version": "build_v0_1"})
    buildable.on("POST", START, busy, started)
    assert cli("build", "A shop", "--detach").out.strip() == JOB
    first, second = buildable.asked("POST", START)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_a_build_that_is_over_is_told_by_its_own_times(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("watch", JOB)
    assert re.findall(r"^ *([0-9.]+) s  ", ran.talk, re.MULTILINE) == ["0.0", "1.0", "2.0"]


def test_a_pipe_gets_one_line_a_stage_and_nothing_of_it_on_standard_output(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("watch", JOB)
    stages = [line.split(" s  ")[1] for line in ran.talk.splitlines() if " s  " in line]
    assert stages == ["Queued...", "Writing code...", "Build complete!"]
    assert "Queued" not in ran.out


def test_a_terminal_gets_the_named_stages(cli: Cli, buildable: FakeApi) -> None:
    screen = plain(cli("watch", JOB, talk=FakeTerminal()).talk)
    assert re.search(r"✓ Writing code\.\.\. +\d\.\d s", screen)
    assert "Build complete!" in screen


def test_a_terminal_shows_where_a_build_stopped(cli: Cli, buildable: FakeApi) -> None:
    buildable.on("GET", EVENTS, sse(*story("queued", "starting", "scaffold", "code", last="failed")))
    screen = plain(cli("watch", JOB, talk=FakeTerminal()).talk)
    assert "✓ Scaffolding workspace..." in screen
    assert re.search(r"✗ Writing code\.\.\. +stopped here", screen)
    assert "· Running checks..." in screen


def test_watch_as_json_is_one_event_a_line_and_nothing_else(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("watch", JOB, "--json")
    assert [line["type"] for line in ran.json_lines] == ["status", "status", "status", "end"]
    assert ran.talk == ""


def test_build_as_json_is_one_object(cli: Cli, buildable: FakeApi) -> None:
    assert cli("build", "A shop", "--json").json["preview_url"] == "http://preview.localhost/open"


def test_a_stream_that_breaks_is_picked_up_where_it_broke(cli: Cli, buildable: FakeApi) -> None:
    events = story("queued", "code")
    buildable.on("GET", EVENTS, sse(*events[:2]), sse(*events[2:]))
    ran = cli("watch", JOB, "--json")
    assert [line["seq"] for line in ran.json_lines] == [1, 2, 3, 4]
    assert buildable.asked("GET", EVENTS)[1].headers["Last-Event-ID"] == "2"


def test_without_a_stream_the_status_tells_the_story(cli: Cli, buildable: FakeApi) -> None:
    buildable.on("GET", EVENTS, Answer(raw=b""))
    buildable.on("GET", STATUS, Answer(body=brief("code")), Answer(body=brief("ready")))
    ran = cli("watch", JOB)
    assert ran.code == 0
    assert "Writing code..." in ran.talk
    assert ran.out.endswith("http://preview.localhost/open\n")


def test_a_failed_build_is_told_kindly_and_ends_with_the_command_to_try_again(
    cli: Cli, buildable: FakeApi
) -> None:
    failed = finished(status="failed", error_message="We got stuck.", debug_id="dbg_1", preview_url=None)
    buildable.on("GET", EVENTS, sse(*story("queued", last="failed")))
    buildable.on("GET", BUILD, Answer(body=failed))
    ran = cli("watch", JOB)
    assert ran.code == 1
    assert ran.out == ""
    assert "The build failed: We got stuck." in ran.talk
    assert "dbg_1" in ran.talk
    assert ran.last_word == f"cofounder build 'A booking app' --project {PROJECT}"


def test_a_goal_that_was_not_understood_is_not_suggested_again(cli: Cli, buildable: FakeApi) -> None:
    refused = finished(status="failed", error_message="Say it in English.", error_code="goal_not_understood")
    buildable.on("GET", BUILD, Answer(body=refused))
    ran = cli("build", "A yoga app")
    assert ran.last_word == f'cofounder build "your goal in other words" --project {PROJECT}'


def test_a_build_that_failed_otherwise_keeps_its_project(cli: Cli, buildable: FakeApi) -> None:
    buildable.on("GET", BUILD, Answer(body=finished(status="failed", error_code="checks_failed")))
    cli("build", "A shop")
    assert buildable.asked("DELETE", f"/api/projects/{PROJECT}") == []


@pytest.mark.parametrize("status", [402, 422, 503])
def test_a_build_that_is_not_accepted_leaves_no_new_project(cli: Cli, buildable: FakeApi, status: int) -> None:
    buildable.on("POST", START, Answer(status, {"detail": "No.", "code": "no"}, {"Retry-After": "0"}))
    buildable.on("DELETE", f"/api/projects/{PROJECT}", Answer(204, raw=b""))
    ran = cli("build", "A shop")
    assert "No." in ran.talk
    assert len(buildable.asked("DELETE", f"/api/projects/{PROJECT}")) == 1


def test_a_goal_with_nothing_to_see_is_empty(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("build", "\u200b\u3164")
    assert (ran.code, buildable.requests) == (2, [])
    assert "The goal is empty." in ran.talk


@pytest.mark.parametrize(
    "goal", ["Eine App f\u00fcr ein Yogastudio", "a chat app", "asdf", "A mortgage calculator"]
)
def test_a_goal_that_is_refused_leaves_no_project(cli: Cli, buildable: FakeApi, goal: str) -> None:
    ran = cli("build", goal)
    assert ran.code == 2
    assert ran.last_word == 'cofounder build "your goal in other words"'
    assert buildable.asked("POST", "/api/projects") == []


FALCONRY = (
    "Falconry centre: we weigh every bird each morning, no flying above or below its weight, "
    "experience days for six at most, under 12s only with an adult"
)


def test_a_goal_of_which_little_would_be_kept_is_not_built_without_a_word(cli: Cli, buildable: FakeApi) -> None:
    ran = cli("build", FALCONRY)
    assert ran.code == 2
    assert "Kept 1 of 5 wishes." in ran.talk
    assert "Less than half of what you asked for would be kept, so nothing was built." in ran.talk
    assert ran.last_word.endswith("--anyway")
    assert buildable.asked("POST", "/api/projects") == []


def test_with_a_word_it_is_built(cli: Cli, buildable: FakeApi) -> None:
    assert cli("build", FALCONRY, "--anyway").code == 0


def test_a_wait_that_is_over_says_that_the_build_goes_on(cli: Cli, buildable: FakeApi) -> None:
    silent = threading.Event()
    buildable.on("GET", EVENTS, sse(*story("queued")[:1], hold=silent))
    ran = cli("watch", JOB, "--timeout", "0.3")
    silent.set()
    assert ran.code == 124
    assert ran.last_word == f"cofounder watch {JOB}"


def test_a_stream_that_falls_silent_is_noticed_by_the_status_that_went_on(
    cli: Cli, buildable: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENCE_S", 0.2)
    silent = threading.Event()
    buildable.on("GET", EVENTS, sse(*story("queued")[:1], hold=silent), sse(*story("queued", "code")[1:]))
    buildable.on("GET", STATUS, Answer(body=brief("code")))
    ran = cli("watch", JOB)
    silent.set()
    assert ran.code == 0
    opened = buildable.asked("GET", EVENTS)
    assert [request.headers.get("Last-Event-ID") for request in opened] == [None, "1"]


def test_a_stage_that_takes_its_time_is_followed_by_the_stream_to_its_end(
    cli: Cli, buildable: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENCE_S", 0.2)
    monkeypatch.setattr(events, "STREAM_TRIES", 2)
    silent = threading.Event()
    quiet = [sse(hold=silent) for _ in range(3)]
    buildable.on(
        "GET", EVENTS, sse(*story("queued", "code")[:2], hold=silent), *quiet, sse(*story("queued", "code")[2:])
    )
    buildable.on("GET", STATUS, Answer(body=brief("code")))
    ran = cli("watch", JOB)
    silent.set()
    assert ran.code == 0
    assert len(buildable.asked("GET", EVENTS)) == 5


def test_the_longest_silence_is_short_enough_to_wait_for() -> None:
    assert events.SILENCE_S <= 10


def test_status_shows_the_label_and_the_place_in_the_queue(cli: Cli, api: FakeApi) -> None:
    api.on("GET", STATUS, Answer(body=brief("queued") | {"queue_position": 3, "wait_estimate_s": 40}))
    ran = cli("status", JOB)
    assert ran.out == "build_v0_1  Queued...\nPlace in the queue: 3\nUsual wait: 40 s\n"


def test_cancel_does_nothing_when_nobody_can_be_asked(
    cli: Cli, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    api.on("GET", f"/api/generation/{JOB}/status", Answer(body={"status": "code"}))
    ran = cli("cancel", JOB)
    assert ran.code == 2
    assert ran.last_word == f"cofounder cancel {JOB} --yes"
    assert api.asked("POST", f"/api/generation/{JOB}/cancel") == []


def test_cancel_of_a_build_that_has_ended_says_so_without_a_question(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/generation/{JOB}/status", Answer(body={"status": "ready"}))
    problem = {"code": "already_terminal", "detail": "This build has ended.", "job_id": JOB}
    api.on("POST", f"/api/generation/{JOB}/cancel", Answer(status=409, body=problem))
    ran = cli("cancel", JOB)
    assert "This build has ended." in ran.talk


def test_a_cancelled_build_is_not_called_failed(cli: Cli, api: FakeApi) -> None:
    body = {"build_version": "build_v0_1", "stage_label": "Build failed"} | CANCELLED
    api.on("GET", f"/api/generation/{JOB}/status", Answer(body=body))
    assert cli("status", JOB).out == "build_v0_1  Cancelled\nCancelled by user\n"


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("terminal", [True, False])
def test_watching_a_cancelled_build_says_that_it_was_cancelled(
    cli: Cli, buildable: FakeApi, *, streams: bool, terminal: bool
) -> None:
    events = story("queued", last="failed")
    events[1] |= CANCELLED
    buildable.on("GET", EVENTS, sse(*events) if streams else Answer(raw=b""))
    buildable.on("GET", STATUS, Answer(body=brief("failed") | CANCELLED))
    buildable.on("GET", BUILD, Answer(body=finished(status="failed", **CANCELLED)))
    ran = cli("watch", JOB, talk=FakeTerminal() if terminal else None)
    assert ran.code == 1
    assert "Cancelled" in ran.talk
    assert "The build was cancelled." in ran.talk
    assert "failed" not in ran.talk


@pytest.mark.parametrize("command", ["build", "demo"])
def test_a_goal_without_quotes_is_shown_with_them(cli: Cli, command: str) -> None:
    ran = cli(command, "A", "booking", "app")
    assert ran.code == 2
    assert "in quotes" in ran.talk
    assert ran.last_word == f"cofounder {command} 'A booking app'"


def test_the_flags_of_a_goal_without_quotes_stay_out_of_it(cli: Cli) -> None:
    ran = cli("build", "A", "booking", "app", "--data-dir", "/x/inst", "--project", PROJECT, "--json")
    assert ran.last_word == f"cofounder build 'A booking app' --data-dir /x/inst --project {PROJECT} --json"


def test_cancel_with_yes_stops_the_build(cli: Cli, api: FakeApi) -> None:
    api.on("POST", f"/api/generation/{JOB}/cancel", Answer(body={"job_id": JOB, "message": "Build cancelled"}))
    ran = cli("cancel", JOB, "--yes")
    assert (ran.code, ran.out) == (0, "Build cancelled\n")


def test_a_goal_cannot_drive_the_terminal(cli: Cli, buildable: FakeApi) -> None:
    evil = finished(evidence={"title": "\x1b[2Jgone\x9b"})
    buildable.on("GET", BUILD, Answer(body=evil))
    ran = cli("watch", JOB)
    assert "\x1b" not in ran.out
    assert "\x9b" not in ran.out


def brief(status: str) -> dict[str, object]:
    """A status answer."""
    labels = {
        "code": "Writing code...",
        "queued": "Queued...",
        "ready": "Build complete!",
        "failed": "Build failed",
    }
    return {"job_id": JOB, "status": status, "stage_label": labels[status], "build_version": "build_v0_1"}


def plain(screen: str) -> str:
    """What a terminal shows, without the codes that move the cursor and choose colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)


ASKED = Answer(
    409,
    {"code": "confirmation_needed", "detail": "You have made 5 versions.", "project_id": PROJECT},
    {"Retry-After": "0"},
)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_further_version_is_asked_about_at_a_terminal(
    cli: Cli, buildable: FakeApi, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", FakeTerminal(f"{answer}\n"))
    [started] = buildable._script[("POST", START)]
    buildable.on("POST", START, ASKED, started)

    ran = cli("build", "--project", PROJECT)

    assert "You have made 5 versions. Build a further version? [y/N]" in ran.talk
    bodies = [request.body for request in buildable.asked("POST", START)]
    further = [{"project_id": PROJECT, "confirmed": True}] if answer == "y" else []
    assert (ran.code, bodies) == (0 if answer == "y" else 5, [{"project_id": PROJECT}, *further])


def test_a_further_version_is_not_asked_about_when_it_was_said(cli: Cli, buildable: FakeApi) -> None:
    assert cli("build", "--project", PROJECT, "--yes").code == 0
    [start] = buildable.asked("POST", START)
    assert start.body == {"project_id": PROJECT, "confirmed": True}


def test_a_change_by_a_model_that_has_to_be_confirmed_names_the_change(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(200, {"id": PROJECT, "engine": "model"}))
    api.on("POST", START, ASKED)
    ran = cli("change", PROJECT, "Add a motto to dancers")
    assert (ran.code, ran.last_word) == (5, f"cofounder change {PROJECT} 'Add a motto to dancers' --yes")
