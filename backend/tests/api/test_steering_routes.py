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


FALCONRY = (
    "Falconry centre: we weigh every bird each morning, no flying above or below its weight, "
    "experience days for six at most, under 12s only with an adult"
)


def test_a_start_that_asks_first_refuses_a_goal_of_which_too_little_would_be_kept(house: House) -> None:
    body = {"project_id": house.project(), "goal": FALCONRY}

    refused = ask(house, "POST", "/api/generation/start", {**body, "anyway": False})

    assert (refused.status_code, refused.json()["code"]) == (422, "too_little_kept")
    assert "under 12s only with an adult" in refused.json()["detail"]
    assert {wish["state"] for wish in refused.json()["wishes"]} >= {"kept", "left_out"}
    assert ask(house, "GET", f"/api/projects/{body['project_id']}/builds").json()["items"] == []
    # The founding contract names no such refusal, so whoever does not ask for it gets a build.
    assert ask(house, "POST", "/api/generation/start", body).status_code == 201


def test_a_change_in_words_is_told_back_with_what_was_not_understood(house: House) -> None:
    project = drafted(house)

    told = ask(house, "POST", f"/api/projects/{project}/changes", {"text": "Rename clients to members"})

    assert told.status_code == 200
    spec = ask(house, "GET", f"/api/projects/{project}/spec").json()["spec"]
    assert "Members" in [entity["plural"] for entity in spec["entities"]]
    refused = ask(house, "POST", f"/api/projects/{project}/changes", {"text": "add a field for injuries"})
    assert (refused.status_code, refused.json()["code"]) == (422, "change_not_understood")
    assert "Add injuries to members" in refused.json()["offers"]
    words = "Add a birthday to members. add a field for injuries"
    told = ask(house, "POST", f"/api/projects/{project}/changes", {"text": words}).json()
    assert told["not_understood"] == ["add a field for injuries"]
    better = {"text": "Add injuries to members", "instead_of": told["not_understood"][0]}
    assert better["text"] in told["offers"][better["instead_of"]]
    assert ask(house, "POST", f"/api/projects/{project}/changes", better).json()["not_understood"] == []
    asked = ask(house, "GET", f"/api/projects/{project}/plan/questions").json()["items"]
    left = ask(house, "POST", f"/api/projects/{project}/plan/questions", {"question": asked[0]["text"]}).json()
    assert asked[0]["text"] not in [question["text"] for question in left["items"]]


def test_a_project_begins_with_a_plan_of_the_gallery(house: House) -> None:
    [first, *others] = ask(house, "GET", "/api/gallery").json()["items"]
    assert len(others) > 10

    begun = ask(house, "POST", f"/api/gallery/{first['name']}")

    assert (begun.status_code, begun.json()["name"]) == (201, first["title"])
    spec = ask(house, "GET", f"/api/projects/{begun.json()['id']}/spec").json()["spec"]
    assert spec["title"] == first["title"]
    assert ask(house, "POST", "/api/gallery/nothing").status_code == 404


def test_the_last_change_is_taken_back(house: House) -> None:
    project = drafted(house)
    before = ask(house, "GET", f"/api/projects/{project}/spec").json()
    ask(house, "POST", f"/api/projects/{project}/changes", {"text": "Rename clients to members"})
    path = f"/api/projects/{project}/spec/undo"
    assert house.client.post(path, headers=AUTH).status_code == 428
    revision = ask(house, "GET", f"/api/projects/{project}/spec").json()["revision"]

    undone = house.client.post(path, headers={**AUTH, "If-Match": f'"{revision}"'})

    assert undone.json()["spec"] == before["spec"]
    again = house.client.post(path, headers={**AUTH, "If-Match": undone.headers["ETag"]})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


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
