"""The records of versions that newer ones have followed are forgotten when the founder says so, and no others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.core.ids import JobId
from app.ports.sandbox import SandboxRequest
from tests.support.house import AUTH, OTHER_AUTH, House
from tests.web.test_pages import built, newest, post


def _keeps_records(house: House, job_id: JobId) -> None:
    async def open_preview() -> None:
        await house.adapters.runtime.start(SandboxRequest(job_id, purpose="preview", keeps_data=True))

    house.call(open_preview)


def _kept(house: House) -> set[str]:
    async def kept() -> set[str]:
        return {str(one) for one in await house.services.data.kept_jobs()}

    found: set[str] = house.call(kept)
    return found


@pytest.fixture
def project(signed_in: House) -> str:
    """A project of three versions, each of which keeps records."""
    project = built(signed_in)
    for _ in range(2):
        post(signed_in, f"/p/{project}/build", again="1")
        signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    for one in _builds(signed_in, project):
        _keeps_records(signed_in, JobId(UUID(one["job_id"])))
    return project


def _builds(house: House, project: str) -> list[Any]:
    answer = house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()
    found: list[Any] = answer["items"]
    assert [one["status"] for one in found] == ["ready"] * len(found)
    return found


def test_older_copies_go_and_the_newest_records_stay(signed_in: House, project: str) -> None:
    other = built(signed_in)
    others = newest(signed_in, other)["job_id"]
    _keeps_records(signed_in, JobId(UUID(others)))
    page = signed_in.client.get(f"/p/{project}/v/1/records").text
    assert "Version 2, Version 1 keep a whole copy" in page

    answer = post(signed_in, f"/p/{project}/v/1/old-records")

    assert (answer.status_code, "They are gone" in answer.text) == (200, True)
    assert "keep a whole copy" not in answer.text
    assert _kept(signed_in) == {newest(signed_in, project)["job_id"], others}
    assert [one["build_version"] for one in _builds(signed_in, project)] == [
        *("build_v0_3", "build_v0_2", "build_v0_1")
    ]
    assert "There were none" in post(signed_in, f"/p/{project}/v/1/old-records").text


def test_nothing_goes_while_a_build_may_take_records_along(signed_in: House, project: str) -> None:
    before = _kept(signed_in)
    post(signed_in, f"/p/{project}/build", again="1")

    answer = post(signed_in, f"/p/{project}/v/3/old-records")

    assert (answer.status_code, "has not ended" in answer.text) == (409, True)
    assert _kept(signed_in) == before


def test_the_api_tells_and_forgets_only_ones_own(signed_in: House, project: str) -> None:
    path = f"/api/projects/{project}/old-records"
    assert signed_in.client.get(path, headers=OTHER_AUTH).status_code == 404
    assert signed_in.client.delete(path, headers=OTHER_AUTH).status_code == 404
    assert signed_in.client.get(path, headers=AUTH).json() == {"versions": ["build_v0_2", "build_v0_1"]}
    assert signed_in.client.delete(path, headers=AUTH).json() == {"versions": ["build_v0_2", "build_v0_1"]}
    assert signed_in.client.get(path, headers=AUTH).json() == {"versions": []}
