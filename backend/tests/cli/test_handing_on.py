"""Versions compared, gone back to, shared, launched and pushed on the command line; plans corrected there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, finished

LINK = "44444444-4444-4444-8444-444444444444"
SHARES = f"/api/projects/{PROJECT}/shares"
SPEC = f"/api/projects/{PROJECT}/spec"


@pytest.fixture
def ready(api: FakeApi) -> FakeApi:
    api.on("GET", f"/api/builds/{JOB}", Answer(body=finished()))
    return api


def test_a_version_is_compared_in_words(cli: Cli, ready: FakeApi) -> None:
    changes = ["Members have a new detail: Birthday."]
    told = {"build_version": "build_v0_2", "since": "build_v0_1", "changes": changes}
    ready.on("GET", f"/api/builds/{JOB}/changes", Answer(body=told))

    assert cli("diff", JOB, JOB).out == "Members have a new detail: Birthday.\n"
    assert ready.asked("GET", f"/api/builds/{JOB}/changes")[0].query == f"since={JOB}"


def test_going_back_and_branching_are_said_with_what_is_next(cli: Cli, ready: FakeApi) -> None:
    started = {"job_id": JOB, "build_version": "build_v0_3", "status": "queued"}
    ready.on("POST", f"/api/builds/{JOB}/return", Answer(201, started))
    begun = {"id": PROJECT, "name": "Yoga (from version 1)", "status": "active", "latest_build": None}
    ready.on("POST", f"/api/builds/{JOB}/branch", Answer(201, begun))

    assert cli("back", JOB, "--detach").out.strip() == JOB
    assert cli("branch", JOB).last_word == f"cofounder build --project {PROJECT}"


def test_a_link_is_made_listed_and_closed(cli: Cli, api: FakeApi) -> None:
    link = {"id": LINK, "label": "Anna", "opened": 2, "expires_at": "2026-12-06T20:59:52+00:00", "asks_code": True}
    api.on("POST", SHARES, Answer(201, {**link, "url": "http://localhost/s/secret", "code": "123456"}))
    api.on("GET", SHARES, Answer(body={"items": [link]}))
    api.on("DELETE", f"{SHARES}/{LINK}", Answer(204))

    assert cli("share", PROJECT, "--label", "Anna", "--code").out.split() == [
        "http://localhost/s/secret",
        "Code:",
        "123456",
    ]
    assert api.asked("POST", SHARES)[0].body == {"label": "Anna", "days": 7, "with_code": True}
    assert "opened 2 times, good until 2026-12-06 20:59 UTC" in cli("shares", PROJECT).out
    assert cli("unshare", PROJECT, LINK[:6]).code == 0
    assert api.asked("DELETE", f"{SHARES}/{LINK}")
    assert cli("unshare", PROJECT, "99999").code == 3


def test_the_checklist_ends_with_how_to_take_it_along(cli: Cli, ready: FakeApi) -> None:
    finding = {
        "light": "red",
        "title": "Anybody could get in",
        "detail": "Build it again.",
        "fix": "echo x >> .env",
    }
    ready.on("GET", f"/api/builds/{JOB}/readiness", Answer(body={"light": "red", "findings": [finding]}))

    ran = cli("launch", JOB)

    assert ran.out.splitlines()[0].startswith("blocks  Anybody could get in.")
    assert "echo x >> .env" in ran.out
    assert ran.last_word == f"cofounder export {JOB}"


def test_papers_are_written_and_never_over_what_is_there(cli: Cli, ready: FakeApi, tmp_path: Path) -> None:
    for name in ("brief", "scope", "milestones", "risks", "how-it-works"):
        ready.on("GET", f"/api/builds/{JOB}/papers/{name}.md", Answer(raw=b"# paper"))

    assert len(cli("papers", JOB, str(tmp_path), "--kind", "md").out.split()) == 5
    assert (tmp_path / "risks.md").read_text() == "# paper"
    assert cli("papers", JOB, str(tmp_path), "--kind", "md").code == 5

    ran = cli("papers", JOB, str(tmp_path / "missing"), "--kind", "md")
    assert (ran.code, ran.talk.splitlines()[-1]) == (5, f"cofounder papers {JOB} .")


def test_a_push_takes_the_token_from_standard_input_alone(
    cli: Cli, ready: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = {"url": "https://git.example/app.git", "branch": "main", "commit": "c0ffee"}
    ready.on("POST", f"/api/builds/{JOB}/push", Answer(body=pushed))
    monkeypatch.setattr("sys.stdin", io.StringIO("a-secret\n"))

    ran = cli("push", JOB, "https://git.example/app.git")

    assert ready.asked("POST", f"/api/builds/{JOB}/push")[0].body["token"] == "a-secret"
    assert "a-secret" not in ran.out + ran.talk
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli("push", JOB, "https://git.example/app.git").code == 2


def test_a_plan_is_corrected_and_taken_back_at_its_revision(cli: Cli, api: FakeApi) -> None:
    kept = {"project_id": PROJECT, "edited": True, "revision": "2-1", "spec": {}, "notes": []}
    api.on("GET", SPEC, Answer(body={**kept, "revision": "1-1"}))
    api.on("POST", f"/api/projects/{PROJECT}/plan/corrections", Answer(body=kept))
    api.on("POST", f"{SPEC}/undo", Answer(body=kept))

    ran = cli("spec", "correct", PROJECT, "rename_record", "record=Customer", "label=Regular guest")

    assert ran.code == 0
    sent = api.asked("POST", f"/api/projects/{PROJECT}/plan/corrections")[0]
    assert sent.body == {"change": "rename_record", "values": {"record": "Customer", "label": "Regular guest"}}
    assert sent.headers["If-Match"] == '"1-1"'
    assert cli("spec", "correct", PROJECT, "rename_record", "label").code == 2
    assert cli("spec", "undo", PROJECT).last_word == f"cofounder build --project {PROJECT}"


def test_questions_are_numbered_with_their_answers_to_type(cli: Cli, api: FakeApi) -> None:
    answer = {
        "label": "No, take out",
        "change": "remove_form",
        "values": {"action": "Book a class"},
        "asks": "",
    }
    items = {"items": [{"text": "Is that right?", "default": "yes", "answers": [answer]}]}
    path = f"/api/projects/{PROJECT}/plan/questions"
    api.on("GET", path, Answer(body=items))
    api.on("POST", path, Answer(body={"items": []}))

    told = cli("spec", "questions", PROJECT).out

    assert f"cofounder spec correct {PROJECT} remove_form 'action=Book a class'" in told
    assert json.loads(cli("spec", "questions", PROJECT, "--agree", "1", "--json").out) == {"items": []}
    assert api.asked("POST", path)[0].body == {"question": "Is that right?"}
    assert cli("spec", "questions", PROJECT, "--agree", "2").code == 2


def test_a_change_by_rules_is_built_only_when_all_of_it_was_understood(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(body={"engine": "blueprint"}))
    told = {"changes": ["Customers have a new detail: Birthday."], "not_understood": ["blue sky"]}
    told["partly"] = ["the price is worked out"]
    offers = {"blue sky": ["Add blue sky to bookings"]}
    api.on("POST", f"/api/projects/{PROJECT}/changes", Answer(body={**told, "offers": offers}))
    started = {"job_id": JOB, "build_version": "build_v0_2", "status": "queued"}
    api.on("POST", "/api/generation/start", Answer(201, started))

    ran = cli("change", PROJECT, "Add a birthday to customers. blue sky", "--detach")

    assert ran.code == 2
    assert "Customers have a new detail: Birthday." in ran.talk
    assert "Only in part: “the price is worked out”" in ran.talk
    assert "Not in it: “blue sky”." in ran.talk
    assert f"cofounder change {PROJECT} 'Add blue sky to bookings'" in ran.talk
    assert api.asked("POST", "/api/generation/start") == []
    assert cli("change", PROJECT, "Add a birthday to customers. blue sky", "--anyway", "--detach").code == 0
    assert api.asked("POST", "/api/generation/start")[0].body == {"project_id": PROJECT}


def test_a_plan_is_kept_as_a_project_to_be_corrected(cli: Cli, api: FakeApi) -> None:
    begun = {"id": PROJECT, "name": "Kayaks", "status": "active", "latest_build": None}
    api.on("POST", "/api/plans/keep", Answer(201, begun))

    ran = cli("plan", "A club lends out kayaks", "--keep")

    assert f"cofounder spec edit {PROJECT}" in ran.talk
    assert ran.last_word == f"cofounder build --project {PROJECT}"
    assert api.asked("POST", "/api/plans/keep")[0].body == {"goal": "A club lends out kayaks"}


def test_every_change_is_taken_back_at_once(cli: Cli, api: FakeApi) -> None:
    api.on("POST", f"{SPEC}/reset", Answer(body={"project_id": PROJECT, "edited": False}))
    assert "The plan is that of the newest version again." in cli("spec", "undo", PROJECT, "--all").out


def test_every_browser_is_signed_out_at_once(cli: Cli, api: FakeApi) -> None:
    api.on("DELETE", "/api/page-links", Answer(204, raw=b""))
    assert "No browser is signed in" in cli("page", "--sign-out").out


def test_the_gallery_is_listed_and_begun_with(cli: Cli, api: FakeApi) -> None:
    api.on("GET", "/api/gallery", Answer(body={"items": [{"name": "cafe", "title": "Cafe", "tagline": "Coffee"}]}))
    begun = {"id": PROJECT, "name": "Cafe", "status": "active", "latest_build": None}
    api.on("POST", "/api/gallery/cafe", Answer(201, begun))

    assert "Cafe: Coffee" in cli("gallery").out
    assert cli("gallery", "cafe").last_word == f"cofounder build --project {PROJECT}"
    missing = cli("gallery", "../projects")
    assert (missing.code, missing.last_word) == (3, "cofounder gallery")


def test_pictures_that_cannot_be_put_somewhere_are_told_with_another_folder(
    cli: Cli, ready: FakeApi, tmp_path: Path
) -> None:
    picture = f"/api/builds/{JOB}/pictures/desktop.webp"
    evidence = {"build_version": "build_v0_1", "checks": [], "pictures": [picture]}
    ready.on("GET", f"/api/builds/{JOB}/evidence", Answer(body=evidence))
    ready.on("GET", picture, Answer(raw=b"picture"))
    (tmp_path / "taken").write_text("a file, where a folder is needed")

    ran = cli("checks", JOB, "--pictures", str(tmp_path / "taken"))

    assert (ran.code, ran.talk.splitlines()[-1]) == (5, f"cofounder checks {JOB} --pictures .")
