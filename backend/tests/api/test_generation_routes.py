"""The Generation API as the founding document tells it."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.adapters.runners.fake import RunnerFake
from app.core.ids import JobId
from app.domain.job import JobStatus
from tests.support.house import AUTH, House


def test_start_generation_returns_job_id(house: House) -> None:
    answer = house.start(house.project())

    assert answer.status_code == 201
    assert UUID(answer.json()["job_id"])
    assert answer.json()["status"] == "queued"
    assert answer.json()["build_version"] == "build_v0_1"


def test_start_generation_blocked_by_gate(house: House) -> None:
    project = house.project()
    made = house.client.post(f"/api/projects/{project}/gates", json={"gate_type": "direction"}, headers=AUTH)
    assert made.status_code == 201

    answer = house.start(project)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Pending gate must be resolved first"


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (JobStatus.SCAFFOLD, "Scaffolding workspace..."),
        (JobStatus.CODE, "Writing code..."),
        (JobStatus.DEPS, "Installing dependencies..."),
        (JobStatus.CHECKS, "Running checks..."),
        (JobStatus.READY, "Build complete!"),
        (JobStatus.FAILED, "Build failed"),
    ],
)
def test_get_generation_status_stage_labels(house: House, status: JobStatus, label: str) -> None:
    job_id = house.started()
    house.move(job_id, status)

    answer = house.client.get(f"/api/generation/{job_id}/status", headers=AUTH)

    assert answer.status_code == 200
    assert answer.json()["status"] == status.value
    assert answer.json()["stage_label"] == label


def test_cancel_generation_in_progress(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.CODE)

    answer = house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH)

    assert answer.status_code == 200
    assert answer.json() == {"job_id": str(job_id), "status": "cancelled", "message": "Build cancelled"}
    after = house.status(job_id)
    assert (after["status"], after["error_message"]) == ("failed", "Cancelled by user")


def test_cancel_terminal_job_returns_409(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.READY)

    answer = house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH)

    assert answer.status_code == 409
    assert house.status(job_id)["status"] == "ready"


def test_preview_viewed_creates_gate_2(house: House) -> None:
    project = house.project()
    job_id = house.started(project)
    house.move(job_id, JobStatus.READY)

    answer = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH)

    assert answer.status_code == 200
    assert answer.json()["status"] == "gate_created"
    [gate] = house.client.get(f"/api/projects/{project}/gates", headers=AUTH).json()["items"]
    assert gate["gate_id"] == answer.json()["gate_id"]
    assert gate["gate_type"] == "solidification"


def test_preview_viewed_idempotent(house: House) -> None:
    job_id = house.started()
    house.move(job_id, JobStatus.READY)
    first = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH).json()

    second = house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH)

    assert second.status_code == 200
    assert second.json() == {"gate_id": first["gate_id"], "status": "gate_already_created"}


def test_rerun_creates_new_version(house: House) -> None:
    project = house.project()
    first = house.started(project)
    house.build(first)
    before = house.client.get(f"/api/builds/{first}", headers=AUTH).json()
    assert (before["status"], before["build_version"]) == ("ready", "build_v0_1")

    second = house.start(project, "A booking app for a yoga studio, with a waiting list")

    assert second.status_code == 201
    assert second.json()["build_version"] == "build_v0_2"
    assert second.json()["job_id"] != str(first)
    house.build(JobId(UUID(second.json()["job_id"])))
    after = house.client.get(f"/api/builds/{first}", headers=AUTH).json()
    assert after["digest"] == before["digest"]


async def test_workspace_files_expected() -> None:
    said: list[str] = []

    async def say(text: str) -> None:
        said.append(text)

    runner = RunnerFake()
    goal = "A booking app for a yoga studio"
    scaffold = await runner.scaffold(goal)
    result = await runner.run(goal, scaffold.spec, say=say)

    for files in (scaffold.working_files, result.working_files):
        assert {"README.md", ".env.example", "start.sh"} <= set(files)
        assert "PORT" in files["start.sh"] or "PORT" in files[".env.example"]
    assert said
