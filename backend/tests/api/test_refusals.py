"""What the API refuses, and how it says so."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from app.domain.job import JobStatus
from tests.support.house import AUTH, OTHER_AUTH, House

CANARY = "canary-7f3a"


def problem_of(answer: Any) -> Any:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert {"type", "title", "status", "detail", "code", "debug_id"} <= document.keys()
    assert document["status"] == answer.status_code
    assert document["debug_id"].startswith("dbg_")
    return document


@pytest.mark.parametrize(
    "goal",
    ["", "   \n", "x" * 8_001, f"{CANARY}\x00", 7, None, ["a"], {"a": CANARY}],
    ids=["empty", "blank", "long", "nul", "number", "null", "list", "object"],
)
def test_a_goal_that_cannot_be_built_is_422_and_not_echoed(house: House, goal: Any) -> None:
    answer = house.start(house.project(), goal)

    assert answer.status_code == 422
    assert problem_of(answer)["code"] == "invalid_input"
    assert CANARY not in answer.text


@pytest.mark.parametrize("wait", ["0", "31", "-1", "1.5", "", CANARY, "9" * 5_000])
def test_a_wait_that_is_no_number_of_seconds_is_422_and_not_echoed(house: House, wait: str) -> None:
    answer = house.client.get(f"/api/generation/{house.started()}/status", params={"wait": wait}, headers=AUTH)

    assert answer.status_code == 422
    assert problem_of(answer)["detail"] == "query.wait is not a whole number from 1 to 30."


@pytest.mark.parametrize(
    "raw",
    [
        '{"project_id": "%s", "goal": "\\ud800 canary-7f3a"}',
        '{"project_id": "%s", "goal": NaN}',
        '{"project_id": "%s", "goal": "canary-7f3a"',
        '{"project_id": "%s", "goal": "ok", "canary-7f3a": 1}',
        '["%s"]',
        "%.0s",
    ],
    ids=["surrogate", "nan", "cut off", "extra member", "list", "empty"],
)
def test_a_body_that_is_not_the_request_is_422_and_not_echoed(house: House, raw: str) -> None:
    body = (raw % house.project()).encode()

    headers = {**AUTH, "Content-Type": "application/json"}
    answer = house.client.post("/api/generation/start", content=body, headers=headers)

    assert answer.status_code == 422
    assert CANARY not in answer.text
    problem_of(answer)


def test_bytes_that_are_not_utf8_are_422(house: House) -> None:
    headers = {**AUTH, "Content-Type": "application/json"}

    answer = house.client.post("/api/generation/start", content=b'{"goal": "\xff\xfe"}', headers=headers)

    assert answer.status_code == 422


def test_a_megabyte_of_goal_is_413(house: House) -> None:
    answer = house.start(house.project(), "x" * 1_000_000)

    assert answer.status_code == 413
    assert problem_of(answer)["code"] == "payload_too_large"


def test_a_body_that_grows_without_a_length_is_413(house: House) -> None:
    def chunks() -> Any:
        yield b'{"goal": "'
        for _ in range(200):
            yield b"x" * 1_000

    headers = {**AUTH, "Content-Type": "application/json"}
    answer = house.client.post("/api/generation/start", content=chunks(), headers=headers)

    assert answer.status_code == 413


def test_a_bad_uuid_is_422_and_not_echoed(house: House) -> None:
    for path in (f"/api/generation/{CANARY}/status", f"/api/projects/{CANARY}", f"/api/builds/{CANARY}"):
        answer = house.client.get(path, headers=AUTH)

        assert answer.status_code == 422
        assert CANARY not in answer.text


def test_an_unknown_project_and_job_are_404(house: House) -> None:
    nobody = str(uuid.uuid4())

    assert problem_of(house.start(nobody))["status"] == 404
    for path in (f"/api/generation/{nobody}/status", f"/api/generation/{nobody}/events", f"/api/builds/{nobody}"):
        assert house.client.get(path, headers=AUTH).status_code == 404
    for path in (f"/api/generation/{nobody}/cancel", f"/api/generation/{nobody}/preview-viewed"):
        assert house.client.post(path, headers=AUTH).status_code == 404


def test_what_belongs_to_another_founder_is_404(house: House) -> None:
    project = house.project()
    job_id = house.started(project)
    house.move(job_id, JobStatus.READY)
    house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH)
    [gate] = house.client.get(f"/api/projects/{project}/gates", headers=AUTH).json()["items"]

    # A copy of the status stays in the cache.
    assert house.client.get(f"/api/generation/{job_id}/status", headers=AUTH).status_code == 200

    def ask(method: str, path: str, body: Any = None) -> int:
        return int(house.client.request(method, path, json=body, headers=OTHER_AUTH).status_code)

    assert ask("POST", "/api/generation/start", {"project_id": project, "goal": "mine now"}) == 404
    for path in ("status", "events"):
        assert ask("GET", f"/api/generation/{job_id}/{path}") == 404
    for path in ("cancel", "preview-viewed"):
        assert ask("POST", f"/api/generation/{job_id}/{path}") == 404
    for path in (f"/api/projects/{project}", f"/api/projects/{project}/builds", f"/api/projects/{project}/gates"):
        assert ask("GET", path) == 404
    assert ask("POST", f"/api/projects/{project}/park") == 404
    assert ask("GET", f"/api/builds/{job_id}") == 404
    for path in ("export", "evidence", "data"):
        assert ask("GET", f"/api/builds/{job_id}/{path}") == 404
    assert ask("GET", f"/api/projects/{project}/spec") == 404
    assert ask("POST", f"/api/builds/{job_id}/preview") == 404
    assert ask("POST", f"/api/gates/{gate['gate_id']}/resolve", {"decision": "iterate"}) == 404
    assert house.client.get("/api/projects", headers=OTHER_AUTH).json()["items"] == []


def test_every_operation_but_the_open_ones_needs_a_token(house: House) -> None:
    open_paths = {"/api/health", "/api/ready", "/api/meta"}
    operations = [
        (method, path)
        for path, methods in house.app.openapi()["paths"].items()
        for method in methods
        if path not in open_paths
    ]
    assert len(operations) >= 14

    for method, path in operations:
        filled = path.replace("{", "").replace("}", "").replace("project_id", str(uuid.uuid4()))
        filled = filled.replace("job_id", str(uuid.uuid4())).replace("gate_id", str(uuid.uuid4()))
        filled = filled.replace("link_id", str(uuid.uuid4()))
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
            answer = house.client.request(method, filled, json={}, headers=headers)
            assert answer.status_code == 401, (method, path, headers)
            assert problem_of(answer)["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "",
        "[::1",
        "127.0.0.1:8400@evil.example",
        "127.0.0.1:abc",
        "127.0.0.1:",
        "127.0.0.1:99999999",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
    ],
)
def test_a_foreign_host_is_refused(house: House, host: str) -> None:
    answer = house.client.get("/api/projects", headers={**AUTH, "Host": host})

    assert answer.status_code == 421
    assert problem_of(answer)["code"] == "host_refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://build-1.localhost"},
        {"Origin": "https://127.0.0.1:8400"},
        {"Origin": "x://127.0.0.1:8400"},
        {"Origin": "127.0.0.1:8400"},
        [("Origin", "http://evil.example"), ("Origin", "http://127.0.0.1:8400")],
        [("Origin", "http://127.0.0.1:8400"), ("Origin", "http://127.0.0.1:8400")],
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-origin")],
    ],
)
def test_a_cross_site_write_is_refused(house: House, headers: dict[str, str] | list[tuple[str, str]]) -> None:
    sent = [
        *AUTH.items(),
        ("Host", "127.0.0.1:8400"),
        *(headers.items() if isinstance(headers, dict) else headers),
    ]
    answer = house.client.post("/api/projects", json={"name": "x"}, headers=sent)

    assert answer.status_code == 403
    assert house.client.get("/api/projects", headers=AUTH).json()["items"] == []


def test_a_page_of_our_own_may_write(house: House) -> None:
    headers = {"Host": "127.0.0.1:8400", "Origin": "http://127.0.0.1:8400", "Sec-Fetch-Site": "same-origin"}

    assert house.client.post("/api/projects", json={"name": "x"}, headers={**AUTH, **headers}).status_code == 201


def test_a_second_start_names_the_running_build(house: House) -> None:
    project = house.project()
    job_id = house.started(project)

    answer = house.start(project)

    assert answer.status_code == 409
    assert problem_of(answer)["code"] == "build_in_progress"
    assert answer.json()["job_id"] == str(job_id)


def test_a_parked_project_starts_nothing_until_it_is_unparked(house: House) -> None:
    project = house.project()
    assert house.client.post(f"/api/projects/{project}/park", headers=AUTH).json()["status"] == "parked"

    refused = house.start(project)
    house.client.post(f"/api/projects/{project}/unpark", headers=AUTH)

    assert (refused.status_code, refused.json()["code"]) == (409, "project_parked")
    assert house.start(project).status_code == 201


def test_the_preview_of_a_build_that_is_not_ready_was_not_seen(house: House) -> None:
    job_id = house.started()

    answer = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_a_cancelled_build_is_not_called_failed_and_names_itself(house: House) -> None:
    project = house.project()
    job_id = house.started(project)
    house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH)

    wake = problem_of(house.client.post(f"/api/builds/{job_id}/preview", headers=AUTH))
    again = problem_of(house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH))
    events = house.client.get(f"/api/generation/{job_id}/events", headers=AUTH).text
    listed = house.client.get(f"/api/projects/{project}", headers=AUTH).json()["latest_build"]

    assert "was stopped before it was ready" in wake["detail"]
    assert (wake["job_id"], wake["project_id"], wake["build_status"]) == (str(job_id), project, "failed")
    assert again["job_id"] == str(job_id)
    assert "Cancelled by user" in events
    assert listed["error_message"] == "Cancelled by user"
    assert house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()["error_code"] == "cancelled"


def test_a_refusal_because_of_a_decision_names_it_and_its_project(house: House) -> None:
    project = house.project()
    job_id = house.started(project)
    house.move(job_id, JobStatus.READY)
    gate = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH).json()["gate_id"]
    path, decision = f"/api/gates/{gate}/resolve", {"decision": "park"}

    waiting = problem_of(house.start(project))
    taken = house.client.post(path, json=decision, headers=AUTH).json()
    twice = problem_of(house.client.post(path, json=decision, headers=AUTH))
    parked = problem_of(house.start(project))

    assert (waiting["gate_id"], "Ready to decide" in waiting["gate_title"]) == (gate, True)
    assert [one["project_id"] for one in (waiting, taken, twice, parked)] == [project] * 4


def test_an_unknown_path_and_method_are_problems_too(house: House) -> None:
    assert problem_of(house.client.get("/api/nothing", headers=AUTH))["status"] == 404
    assert problem_of(house.client.delete("/api/projects", headers=AUTH))["status"] == 405


def packed(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


NOBODY = "00000000-0000-4000-8000-000000000000"
MADE_UP = {
    "a letter": "x",
    "empty list": "W10",
    "letters": packed("a", "b"),
    "not a list": json.dumps([1]),
    "not base64": "é",
    "true": packed(True),
    "false": packed(False),
    "a fraction": packed(1.0),
    "null": packed(None),
    "text": packed("7"),
    "a list": packed([7]),
    "too large": packed(1 << 31),
    "two numbers": packed(7, 7),
    "true twice": packed(True, True),
    "a day without a zone": packed("2030-01-01", NOBODY),
    "before the calendar": packed("0001-01-01T00:00:00+14:00", NOBODY),
    "after the calendar": packed("9999-12-31T23:00:00-14:00", NOBODY),
}


@pytest.mark.parametrize("cursor", MADE_UP.values(), ids=MADE_UP)
def test_a_made_up_cursor_is_422(house: House, cursor: str) -> None:
    project = house.project()

    assert house.client.get("/api/projects", params={"cursor": cursor}, headers=AUTH).status_code == 422
    path = f"/api/projects/{project}/builds"
    assert house.client.get(path, params={"cursor": cursor}, headers=AUTH).status_code == 422


UNSEEN = [
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u3164",
    "\u2800",
    "\u202e\u200f",
    "\u034f",
    "\ufe0f",
    " \u00a0\u2003 ",
]


@pytest.mark.parametrize("text", UNSEEN, ids=[ascii(text) for text in UNSEEN])
def test_a_name_and_a_goal_with_nothing_to_see_are_blank(house: House, text: str) -> None:
    name = house.client.post("/api/projects", json={"name": text}, headers=AUTH)
    goal = house.start(house.project(), text)

    assert (name.status_code, problem_of(name)["detail"]) == (422, "body.name is blank.")
    assert (goal.status_code, problem_of(goal)["detail"]) == (422, "body.goal is blank.")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a\nb", "is more than one line"),
        ("a\r\nb", "is more than one line"),
        ("a\u2028b", "is more than one line"),
        ("a\tb", "is more than one line"),
        ("a\x1b[2Jb", "holds characters that are not text"),
        ("a\x9bb", "holds characters that are not text"),
        ("a\uffffb", "holds characters that are not text"),
    ],
)
def test_a_name_is_one_line_of_text(house: House, name: str, problem: str) -> None:
    answer = house.client.post("/api/projects", json={"name": name}, headers=AUTH)

    assert (answer.status_code, problem_of(answer)["detail"]) == (422, f"body.name {problem}.")


def test_a_goal_may_have_lines_but_no_controls(house: House) -> None:
    project = house.project()

    assert house.start(project, "A shop\x1b[2J").status_code == 422
    job_id = house.start(project, "A shop\r\nwith \u202eorders").json()["job_id"]

    assert house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()["goal"] == "A shop\nwith orders"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ab\u202egnp.exe", "abgnp.exe"),
        ("\u2067Yoga\u2069", "Yoga"),
        ("Family 👩\u200d👩\u200d👧\u200d👦", "Family 👩\u200d👩\u200d👧\u200d👦"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("❤️", "❤️"),
    ],
)
def test_a_name_loses_its_marks_of_direction_and_nothing_else(house: House, sent: str, kept: str) -> None:
    assert house.client.post("/api/projects", json={"name": sent}, headers=AUTH).json()["name"] == kept
