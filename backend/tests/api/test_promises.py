"""What the API promises beyond the founding document's nine tests."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from app.adapters.runners.fake import RunnerFake
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.adapters.storage.disk import DiskVersionStore
from app.api.deps import get_services
from app.blueprint.spec import AppSpec
from app.core.ids import GateId, JobId
from app.domain.job import JobStatus
from app.domain.tier import Tier
from app.main import create_app
from app.ports.billing import Subscription
from app.ports.runner import RunResult, Say
from tests.support.house import AUTH, AnsweringPreview, House, open_house


def events_of(house: House, job_id: JobId, after: int | None = None) -> list[tuple[str | None, str, Any]]:
    headers = {**AUTH, **({} if after is None else {"Last-Event-ID": str(after)})}
    answer = house.client.get(f"/api/generation/{job_id}/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            found.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
    return found


def test_a_build_tells_every_state_in_order_without_gaps(house: House) -> None:
    job_id = house.started()
    house.build(job_id)

    events = events_of(house, job_id)

    numbers = [int(number) for number, kind, _ in events if kind != "end" and number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    states = [(data["status"], data["label"]) for _, kind, data in events if kind == "status"]
    assert states == [
        ("queued", "Queued..."),
        ("starting", "Starting..."),
        ("scaffold", "Scaffolding workspace..."),
        ("code", "Writing code..."),
        ("deps", "Installing dependencies..."),
        ("checks", "Running checks..."),
        ("ready", "Build complete!"),
    ]
    assert events[-1][1:] == ("end", {"status": "ready"})


def test_a_reconnect_gets_exactly_the_rest(house: House) -> None:
    job_id = house.started()
    house.build(job_id)
    everything = events_of(house, job_id)

    rest = events_of(house, job_id, after=3)

    assert rest == everything[3:]


def test_a_ready_build_has_its_evidence_and_its_preview(house: House) -> None:
    job_id = house.started()
    assert house.status(job_id)["preview_url"] is None

    house.build(job_id)

    build = house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()
    assert build["status"] == "ready"
    assert build["engine"] == "fake"
    assert build["digest"]
    assert {"files", "parse", "start", "pages", "preview"} <= {one["name"] for one in build["evidence"]["checks"]}
    assert house.status(job_id)["preview_url"].startswith(f"http://build-{job_id}.localhost:8401/?")


def test_a_preview_that_does_not_answer_never_becomes_ready(house: House) -> None:
    probe = house.adapters.probe
    assert isinstance(probe, AnsweringPreview)
    probe.answer = 502
    job_id = house.started()

    house.build(job_id)

    status = house.status(job_id)
    assert status["status"] == "failed"
    assert status["preview_url"] is None
    assert status["debug_id"].startswith("dbg_")
    assert probe.asked == [job_id]


def test_on_a_full_disk_a_preview_that_does_not_open_is_not_called_the_apps_fault(
    database_url: str, valkey_url: str, tmp_path: Path, small_disk: Path
) -> None:
    probe = AnsweringPreview()
    probe.answer = 500
    # Elsewhere, so that the build comes as far as its preview.
    runtime, store = FakeSandboxRuntime(tmp_path / "sandboxes"), DiskVersionStore(tmp_path / "versions")
    with open_house(database_url, valkey_url, small_disk, probe=probe, runtime=runtime, store=store) as house:
        job_id = house.started()

        house.build(job_id)

        assert (probe.asked, house.status(job_id)["error_code"]) == ([job_id], "disk_full")


def test_cancel_wins_over_a_finishing_build(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.CHECKS)

    assert house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH).status_code == 200
    assert house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH).status_code == 409
    assert house.status(job_id)["status"] == "failed"


def test_the_same_key_and_body_is_the_same_request(house: House) -> None:
    project = house.project()
    first = house.start(project, **{"Idempotency-Key": "k1"})

    again = house.start(project, **{"Idempotency-Key": "k1"})
    other = house.start(project, "Something else", **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    builds = house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"]
    assert len(builds) == 1


def test_racing_starts_with_one_key_make_one_job(house: House) -> None:
    project = house.project()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.start(project, **{"Idempotency-Key": "race"}), range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["job_id"] for answer in answers}) == 1


def test_racing_starts_without_a_key_make_one_job(house: House) -> None:
    project = house.project()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.start(project), range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_a_failed_build_keeps_its_number_for_ever(house: House) -> None:
    project = house.project()
    first = house.started(project)
    house.client.post(f"/api/generation/{first}/cancel", headers=AUTH)

    answer = house.start(project)

    assert answer.json()["build_version"] == "build_v0_2"


def test_status_is_not_sent_twice_for_the_same_state(house: House) -> None:
    job_id = house.started()
    path = f"/api/generation/{job_id}/status"
    etag = house.client.get(path, headers=AUTH).headers["etag"]

    same = house.client.get(path, headers={**AUTH, "If-None-Match": etag})
    house.move(job_id, JobStatus.CODE)
    changed = house.client.get(path, headers={**AUTH, "If-None-Match": etag})

    assert (same.status_code, same.content) == (304, b"")
    assert (changed.status_code, changed.json()["status"]) == (200, "code")


def test_a_long_poll_answers_when_the_state_changes(house: House) -> None:
    job_id = house.started()
    path = f"/api/generation/{job_id}/status"
    etag = house.client.get(path, headers=AUTH).headers["etag"]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(house.client.get, path, params={"wait": 30}, headers={**AUTH, "If-None-Match": etag})
        house.move(job_id, JobStatus.STARTING)
        answer = waiting.result(timeout=20)

    assert (answer.status_code, answer.json()["status"]) == (200, "starting")


def test_a_status_survives_a_wiped_cache(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.CODE)
    house.call(house.adapters.cache._redis.flushall)

    assert house.status(job_id)["status"] == "code"


def test_no_gate_is_a_dead_end(house: House) -> None:
    project = house.project()
    for decision in ("iterate", "ship", "park"):
        job_id = house.started(project)
        house.move(job_id, JobStatus.READY)
        gate = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH).json()["gate_id"]
        assert house.start(project).status_code == 409

        resolved = house.client.post(f"/api/gates/{gate}/resolve", json={"decision": decision}, headers=AUTH)
        twice = house.client.post(f"/api/gates/{gate}/resolve", json={"decision": decision}, headers=AUTH)
        again = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH).json()

        assert (resolved.status_code, resolved.json()["status"]) == (200, "decided")
        assert twice.status_code == 409
        assert again == {"gate_id": gate, "status": "gate_already_created"}
        if decision == "park":
            assert house.client.post(f"/api/projects/{project}/unpark", headers=AUTH).status_code == 200


def test_a_decision_of_the_other_gate_or_without_its_words_is_422(house: House) -> None:
    project = house.project()
    body = {"gate_type": "direction"}
    gate = house.client.post(f"/api/projects/{project}/gates", json=body, headers=AUTH).json()["gate_id"]

    def resolve(**decision: str) -> int:
        answer = house.client.post(f"/api/gates/{gate}/resolve", json=decision, headers=AUTH)
        return int(answer.status_code)

    assert resolve(decision="ship") == 422
    assert resolve(decision="pivot") == 422
    assert resolve(decision="pivot", text="  ") == 422
    assert resolve(decision="pivot", text="A climbing gym instead") == 200


def test_four_viewers_at_once_make_one_gate(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.READY)
    path = f"/api/generation/{job_id}/preview-viewed"

    with ThreadPoolExecutor(4) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: house.client.post(path, headers=AUTH), range(4))]

    assert len({answer["gate_id"] for answer in answers}) == 1
    assert sorted(answer["status"] for answer in answers) == ["gate_already_created"] * 3 + ["gate_created"]


def test_without_a_subscription_starting_is_402_with_the_way_to_one(house: House) -> None:
    class Lapsed:
        async def subscription_of(self, subject: str) -> Subscription:
            return Subscription(active=False, tier=Tier.BOOTSTRAPPER, upgrade_url="https://example.test/plans")

    project = house.project()
    house.services.founders._billing = Lapsed()

    answer = house.start(project)

    assert (answer.status_code, answer.json()["code"]) == (402, "subscription_required")
    assert answer.json()["upgrade_url"] == "https://example.test/plans"


def test_over_the_daily_limit_a_job_is_scheduled_and_can_be_cancelled(house: House) -> None:
    class Small:
        async def subscription_of(self, subject: str) -> Subscription:
            return Subscription(active=True, tier=Tier.BOOTSTRAPPER, upgrade_url="")

    house.services.founders._billing = Small()
    for _ in range(5):
        house.move(house.started(), JobStatus.READY)

    answer = house.start(house.project())

    assert (answer.status_code, answer.json()["status"]) == (201, "scheduled")
    job_id = JobId(UUID(answer.json()["job_id"]))
    assert house.status(job_id)["stage_label"] == "Scheduled"
    assert house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH).status_code == 200


def test_lists_come_in_pages(house: House) -> None:
    made = [house.project(f"Project {number}") for number in range(5)]

    first = house.client.get("/api/projects", params={"limit": 3}, headers=AUTH).json()
    rest = house.client.get(
        "/api/projects", params={"limit": 3, "cursor": first["next_cursor"]}, headers=AUTH
    ).json()

    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_meta_and_health_are_open(house: House) -> None:
    assert house.client.get("/api/health").json() == {"status": "alive"}
    assert house.client.get("/api/ready").json()["dependencies"] == {"database": "ok", "cache": "ok"}
    stages = house.client.get("/api/meta").json()["stages"]
    assert {"status": "code", "label": "Writing code..."} in stages


def test_every_route_has_a_path_and_keeps_what_the_app_gives_it() -> None:
    app = create_app()

    paths = [route.path for route in app.routes]  # type: ignore[attr-defined]  # the founding document's own check

    assert {path for path in paths if "generation" in path} >= {
        "/api/generation/start",
        "/api/generation/{job_id}/status",
        "/api/generation/{job_id}/cancel",
        "/api/generation/{job_id}/preview-viewed",
    }
    operation = app.openapi()["paths"]["/api/generation/start"]["post"]
    assert operation["tags"] == ["generation"]
    assert {"401", "403", "404", "409", "413", "421", "422", "503"} <= operation["responses"].keys()
    assert operation["operationId"] == "start_generation"
    asked = app.openapi()["paths"]["/api/generation/{job_id}/status"]["get"]["parameters"]
    assert [one["name"] for one in asked] == ["job_id", "If-None-Match", "wait"]
    app.dependency_overrides[get_services] = lambda: None
    assert app.router.routes[-1].dependency_overrides_provider is app  # type: ignore[attr-defined]


def test_the_document_tells_of_subscriptions_and_revisions_where_they_are_asked_for() -> None:
    operations = [
        operation for methods in create_app().openapi()["paths"].values() for operation in methods.values()
    ]
    told = {
        operation["operationId"]: {"402", "412", "428"} & operation["responses"].keys() for operation in operations
    }

    assert told["start_generation"] == {"402"}
    assert told["put_spec"] == told["undo_spec_change"] == {"412", "428"}
    assert told["list_projects"] == set()
    assert all(
        {"412", "428"} <= told[operation["operationId"]]
        for operation in operations
        if any(asked["name"].lower() == "if-match" for asked in operation.get("parameters", ()))
    )


def test_the_answer_of_start_is_in_the_record_before_it_is_sent(house: House, database_url: str) -> None:
    job_id = house.started()

    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT status, last_seq FROM jobs WHERE id = %s", (job_id,)).fetchone()

    assert row == ("queued", 1)


class OutsideRunner(RunnerFake):
    """Writes a file that would leave the workspace."""

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        result = await super().run(goal, spec, say=say)
        return replace(result, working_files={**result.working_files, "../outside.py": ""})


def test_a_file_that_cannot_be_kept_is_the_apps_fault_and_tried_once(
    database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    with open_house(database_url, valkey_url, tmp_path, runner=OutsideRunner()) as house:
        job_id = house.started()
        house.build(job_id)

        assert house.status(job_id)["error_code"] == "unusable_files"
        said = [told["text"] for _, kind, told in events_of(house, job_id) if kind == "say"]
        assert not any("once more" in text for text in said)


class Interrupted:
    """A connection on which something else happens after its first insert."""

    def __init__(self, tx: Any, meanwhile: Any) -> None:
        self._tx = tx
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def named_row(self, query: str, values: Any) -> Any:
        row = await self._tx.named_row(query, values)
        if "INSERT" in query and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            await meanwhile()
        return row


def test_a_decision_that_is_taken_while_the_next_version_is_looked_at_leaves_room_for_its_own(
    house: House,
) -> None:
    project = house.project()
    first = house.started(project)
    house.move(first, JobStatus.READY)
    second = house.started(project)
    house.move(second, JobStatus.READY)
    house.client.post(f"/api/generation/{first}/preview-viewed", headers=AUTH)
    [waiting] = house.client.get(f"/api/projects/{project}/gates", headers=AUTH).json()["items"]

    async def look() -> tuple[Any, bool]:
        services = house.services
        founder = await services.founders.caller(AUTH["Authorization"].removeprefix("Bearer "))

        async def decide() -> None:
            async with services.database.transaction() as other:
                gate_id = GateId(UUID(waiting["gate_id"]))
                await services.gates.resolve(other, founder.id, gate_id, decision="iterate", text=None)

        async with services.database.transaction() as tx:
            job = await services.generation.job(tx, founder.id, second)
            slow: Any = Interrupted(tx, decide)
            return await services.gates.preview_viewed(slow, job)

    gate, is_new = house.call(look)

    assert is_new
    assert gate.job_id == second
