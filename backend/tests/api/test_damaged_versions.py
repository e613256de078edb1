"""A version whose stored files are damaged says so, whatever is asked of it."""

from __future__ import annotations

import pytest

from app.core.ids import JobId
from tests.api.test_refusals import problem_of
from tests.support.house import AUTH, AnsweringPreview, House


@pytest.fixture
def damaged(house: House) -> JobId:
    """A ready build with a byte of each stored file turned."""
    job_id = house.started()
    house.build(job_id)
    for path in (house.settings.data.root / "versions").glob("*.git/objects/??/*"):
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        content[-3] ^= 0xFF
        path.write_bytes(content)
    return job_id


@pytest.mark.parametrize("kind", ["export", "export?with_data=true", "bundle"])
def test_a_download_is_refused_before_it_begins(house: House, damaged: JobId, kind: str) -> None:
    answer = house.client.get(f"/api/builds/{damaged}/{kind}", headers=AUTH)

    problem = problem_of(answer)
    assert (problem["status"], problem["code"]) == (500, "version_damaged")
    assert "plan" in problem["remedy"]


def test_no_link_is_given_to_what_cannot_open(house: House, damaged: JobId) -> None:
    preview = house.adapters.probe
    assert isinstance(preview, AnsweringPreview)
    opening = f"/api/builds/{damaged}/preview"
    assert house.client.post(opening, headers=AUTH).status_code == 200  # it runs on with what it has

    preview.answer = 502
    assert problem_of(house.client.post(opening, headers=AUTH))["code"] == "version_damaged"
