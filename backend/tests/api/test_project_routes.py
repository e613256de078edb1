"""A founder renames a project, and deletes it with everything that belongs to it."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from app.core.ids import JobId
from app.events.notifications import Notification
from tests.api.test_refusals import problem_of
from tests.support.house import AUTH, OTHER_AUTH, House

TABLES = ("projects", "jobs", "job_events", "gates", "project_specs", "idempotency_keys")


def rows(house: House) -> dict[str, int]:
    async def count() -> dict[str, int]:
        async with house.services.database.autocommit() as tx:
            return {table: int(await tx.value(f"SELECT count(*) FROM {table}")) for table in TABLES}

    counted: dict[str, int] = house.call(count)
    return counted


def versions_of(house: House, project: str) -> list[Path]:
    return list((house.settings.data.root / "versions").glob(f"{project}*"))


@pytest.fixture
def full(house: House) -> tuple[str, JobId]:
    """A project with a ready build, a decision and an edited specification."""
    project = house.project()
    answer = house.start(project, **{"Idempotency-Key": "k"})
    job_id = JobId(uuid.UUID(answer.json()["job_id"]))
    house.build(job_id)
    assert house.status(job_id)["status"] == "ready"
    house.client.post(f"/api/generation/{job_id}/preview-viewed", headers=AUTH)
    path = f"/api/projects/{project}/spec"
    spec = house.client.get(path, headers=AUTH)
    edited = {**spec.json()["spec"], "tagline": "Another."}
    saved = house.client.put(path, json=edited, headers=AUTH | {"If-Match": spec.headers["ETag"]})
    assert saved.status_code == 200, saved.text
    return project, job_id


def delete(house: House, project: str, **headers: str) -> Any:
    return house.client.delete(f"/api/projects/{project}", headers={**AUTH, **headers})


def test_a_deleted_project_leaves_nothing(house: House, full: tuple[str, JobId]) -> None:
    project, job_id = full
    assert min(rows(house).values()) > 0
    assert versions_of(house, project) != []

    assert (delete(house, project).status_code, delete(house, project).status_code) == (204, 404)

    assert set(rows(house).values()) == {0}
    assert versions_of(house, project) == []
    for path in (f"/api/projects/{project}", f"/api/generation/{job_id}/status", f"/api/builds/{job_id}"):
        assert house.client.get(path, headers=AUTH).status_code == 404, path


def test_other_projects_keep_what_they_have(house: House, full: tuple[str, JobId]) -> None:
    other = house.project("Another")
    house.start(other, **{"Idempotency-Key": "other"})
    before = rows(house)

    delete(house, full[0])

    after = rows(house)
    assert after == {
        "projects": 1,
        "jobs": 1,
        "job_events": 1,
        "gates": 0,
        "project_specs": 0,
        "idempotency_keys": 1,
    }
    assert before["jobs"] == 2


def test_the_previews_of_a_deleted_project_are_told_to_end(house: House, full: tuple[str, JobId]) -> None:
    project, job_id = full
    told = asyncio.Event()

    def hear(ring: Notification | None) -> None:
        if ring is not None and (ring.job_id, ring.status) == (job_id, "failed"):
            told.set()

    house.services.notifications.watch(hear)

    delete(house, project)

    house.call(asyncio.wait_for, told.wait(), 10)


def test_nothing_is_deleted_under_a_build_that_runs(house: House) -> None:
    project = house.project()
    job_id = house.started(project)

    refused = problem_of(delete(house, project))

    assert (refused["status"], refused["code"], refused["job_id"]) == (409, "build_in_progress", str(job_id))
    house.client.post(f"/api/generation/{job_id}/cancel", headers=AUTH)
    assert delete(house, project).status_code == 204


def test_a_stranger_deletes_and_renames_nothing(house: House) -> None:
    project = house.project("Mine")

    deleted = house.client.delete(f"/api/projects/{project}", headers=OTHER_AUTH)
    renamed = house.client.patch(f"/api/projects/{project}", json={"name": "Theirs"}, headers=OTHER_AUTH)

    assert (deleted.status_code, renamed.status_code) == (404, 404)
    assert house.client.get(f"/api/projects/{project}", headers=AUTH).json()["name"] == "Mine"


def test_what_a_change_leaves_out_stays(house: House) -> None:
    path = f"/api/projects/{house.project('Asdf')}"

    house.client.patch(path, json={"description": "For my mum."}, headers=AUTH)
    changed = house.client.patch(path, json={"name": "Bakery"}, headers=AUTH).json()

    assert (changed["name"], changed["description"]) == ("Bakery", "For my mum.")
    assert house.client.get(path, headers=AUTH).json() == changed


@pytest.mark.parametrize("body", [{"name": "\u200b"}, {"name": "a\nb"}, {"name": "x" * 201}, {"id": "x"}, []])
def test_a_bad_name_changes_nothing(house: House, body: Any) -> None:
    path = f"/api/projects/{house.project('Good')}"

    assert house.client.patch(path, json=body, headers=AUTH).status_code == 422
    assert house.client.get(path, headers=AUTH).json()["name"] == "Good"
