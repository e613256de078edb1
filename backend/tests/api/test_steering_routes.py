"""What the page does, for programs: plans, changes in words, links for visitors, going back, readiness."""

from __future__ import annotations

import uuid
from typing import Any

from app.core.ids import ProjectId
from app.domain.job import JobStatus
from tests.support.house import AUTH, OTHER_AUTH, House
from tests.support.studio import studio


def drafted(house: House) -> str:
    """A project with a plan, and nothing built."""
    project = house.project()

    async def draft() -> None:
        async with house.services.database.transaction() as tx:
            caller = await house.services.founders.caller("token-of-ada")
            await house.services.specs.draft(tx, caller.id, ProjectId(uuid.UUID(project)), studio())

    house.call(draft)
    return project


def ask(house: House, method: str, path: str, body: Any = None, *, auth: dict[str, str] = AUTH) -> Any:
    return house.client.request(method, path, json=body, headers=auth)


def test_a_plan_says_what_is_left_out_and_makes_nothing(house: House) -> None:
    goal = "A booking app for a yoga studio. Send a text message before each class."

    plan = ask(house, "POST", "/api/plans", {"goal": goal}).json()

    assert "Send a text message" in str(plan["left_out"])
    assert ask(house, "GET", "/api/projects").json()["items"] == []
    assert ask(house, "POST", "/api/plans", {"goal": "asdf"}).json()["code"] == "goal_refused"


def test_a_change_in_words_is_told_back_with_what_was_not_understood(house: House) -> None:
    project = drafted(house)

    told = ask(house, "POST", f"/api/projects/{project}/changes", {"text": "Rename clients to members"})

    assert told.status_code == 200
    spec = ask(house, "GET", f"/api/projects/{project}/spec").json()["spec"]
    assert "Members" in [entity["plural"] for entity in spec["entities"]]
    refused = ask(house, "POST", f"/api/projects/{project}/changes", {"text": "blue sky"})
    assert refused.status_code == 422


def test_a_correction_in_product_words_is_kept(house: House) -> None:
    project = drafted(house)
    revision = ask(house, "GET", f"/api/projects/{project}/spec").json()["revision"]
    body = {"change": "add_detail", "values": {"record": "Client", "label": "Birthday", "kind": "date"}}

    answer = house.client.post(
        f"/api/projects/{project}/plan/corrections", json=body, headers={**AUTH, "If-Match": f'"{revision}"'}
    )

    assert answer.status_code == 200, answer.text
    client = next(one for one in answer.json()["spec"]["entities"] if one["name"] == "Client")
    assert client["fields"][-1]["type"] == "date"


def test_a_link_is_told_once_and_closed_by_its_founder_alone(house: House) -> None:
    project = house.project()

    made = ask(house, "POST", f"/api/projects/{project}/shares", {"label": "Anna", "days": 7})

    assert made.status_code == 201
    assert "/s/" in made.json()["url"]
    [kept] = ask(house, "GET", f"/api/projects/{project}/shares").json()["items"]
    assert (kept["label"], kept["url"]) == ("Anna", None)
    path = f"/api/projects/{project}/shares/{kept['id']}"
    assert ask(house, "DELETE", path, auth=OTHER_AUTH).status_code == 404
    assert ask(house, "DELETE", path).status_code == 204
    assert ask(house, "DELETE", path).status_code == 404
    assert ask(house, "POST", f"/api/projects/{project}/shares", {"label": "x", "days": 91}).status_code == 422


def test_readiness_and_going_back_are_for_versions_that_are_ready(house: House) -> None:
    job_id = house.started()

    for method, path in (("GET", "readiness"), ("POST", "return")):
        assert ask(house, method, f"/api/builds/{job_id}/{path}").status_code == 409
        assert ask(house, method, f"/api/builds/{job_id}/{path}", auth=OTHER_AUTH).status_code == 404
    house.move(job_id, JobStatus.FAILED)
    assert ask(house, "GET", f"/api/builds/{job_id}/readiness").status_code == 409
