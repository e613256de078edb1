"""A founder reads and edits the specification of a project, and the next build makes it the next version."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import JobId
from app.domain.job import BUILD_STAGES, Change, JobStatus
from app.repositories import jobs
from tests.support.house import AUTH, OTHER_AUTH, House
from tests.support.studio import GOAL, studio


@pytest.fixture
def project(house: House) -> str:
    """A project with one version."""
    made = house.project()
    built(house, made, goal=GOAL)
    return made


def built(house: House, project: str, **body: Any) -> Any:
    """A version that became ready: of the specification that its job was given, else of one read from the goal."""
    answer = house.client.post("/api/generation/start", json={"project_id": project, **body}, headers=AUTH)
    assert answer.status_code == 201, answer.text
    return finished(house, JobId(UUID(answer.json()["job_id"])))


def finished(house: House, job_id: JobId) -> Any:
    async def finish() -> Any:
        async with house.services.database.transaction() as tx:
            job = await jobs.find_specified(tx, job_id)
        assert job is not None
        spec = job.spec or studio(job.goal).model_dump(mode="json")
        for stage in BUILD_STAGES:
            await house.services.machine.transition(job_id, stage)
        made = Change(spec=spec, digest="git-tree:test", evidence={"title": spec["title"]})
        await house.services.machine.transition(job_id, JobStatus.READY, change=made)

    house.call(finish)
    return house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()


def read(house: House, project: str) -> Any:
    answer = house.client.get(f"/api/projects/{project}/spec", headers=AUTH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == f'"{answer.json()["revision"]}"'
    return answer.json()


def write(house: House, project: str, spec: Any, *, revision: str | None, **params: Any) -> Any:
    headers = AUTH | ({} if revision is None else {"If-Match": f'"{revision}"'})
    return house.client.put(f"/api/projects/{project}/spec", json=spec, headers=headers, params=params)


def entity(spec: Any, name: str) -> Any:
    return next(one for one in spec["entities"] if one["name"] == name)


def test_a_project_without_a_version_has_nothing_to_edit(house: House) -> None:
    path = f"/api/projects/{house.project()}/spec"
    answer = house.client.get(path, headers=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_spec")


def test_the_specification_of_the_newest_version_is_shown(house: House, project: str) -> None:
    found = read(house, project)
    assert found["spec"]["goal"] == GOAL
    assert (found["build_version"], found["edited"]) == ("build_v0_1", False)


def test_an_edited_specification_is_the_next_version(house: House, project: str) -> None:
    found = read(house, project)
    found["spec"]["title"] = "Sunrise Yoga"
    answer = write(house, project, found["spec"], revision=found["revision"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["edited"] is True

    build = built(house, project)

    assert (build["build_version"], build["goal"]) == ("build_v0_2", GOAL)
    assert build["evidence"]["title"] == "Sunrise Yoga"
    after = read(house, project)
    assert (after["edited"], after["spec"]["title"]) == (False, "Sunrise Yoga")


def test_the_same_goal_builds_the_edited_specification_also_later(house: House, project: str) -> None:
    found = read(house, project)
    found["spec"]["title"] = "Sunrise Yoga"
    write(house, project, found["spec"], revision=found["revision"])
    assert built(house, project, goal=GOAL)["evidence"]["title"] == "Sunrise Yoga"
    assert built(house, project, goal=GOAL)["evidence"]["title"] == "Sunrise Yoga"


def test_another_goal_is_read_anew_and_the_edit_waits_for_its_own_goal(house: House, project: str) -> None:
    found = read(house, project)
    found["spec"]["title"] = "Sunrise Yoga"
    write(house, project, found["spec"], revision=found["revision"])
    assert built(house, project, goal="An app to lend out tools")["evidence"]["title"] != "Sunrise Yoga"
    assert read(house, project)["spec"]["goal"] == "An app to lend out tools"
    assert built(house, project, goal=GOAL)["evidence"]["title"] == "Sunrise Yoga"


def test_two_editors_do_not_overwrite_each_other(house: House, project: str) -> None:
    found = read(house, project)
    first, second = copy.deepcopy(found["spec"]), copy.deepcopy(found["spec"])
    first["title"], second["title"] = "First", "Second"
    assert write(house, project, first, revision=found["revision"]).status_code == 200

    late = write(house, project, second, revision=found["revision"])

    assert (late.status_code, late.json()["code"]) == (412, "spec_changed")
    assert read(house, project)["spec"]["title"] == "First"


def test_an_edit_says_which_revision_it_began_with(house: House, project: str) -> None:
    answer = write(house, project, read(house, project)["spec"], revision=None)
    assert (answer.status_code, answer.json()["code"]) == (428, "revision_missing")


def test_a_renamed_kind_of_record_is_followed_everywhere_and_said(house: House, project: str) -> None:
    found = read(house, project)
    spec = found["spec"]
    entity(spec, "Client")["name"] = "Member"
    answer = write(house, project, spec, revision=found["revision"])
    assert answer.status_code == 200, answer.text
    after = answer.json()
    member = entity(after["spec"], "Member")
    assert (member["was"], member["label"], member["plural"]) == ("Client", "Member", "Members")
    assert next(one["ref"] for one in entity(after["spec"], "Booking")["fields"] if one["ref"]) == "Member"
    assert any("'Member'" in note and "'Client'" in note for note in after["notes"])


def test_as_written_takes_nothing_for_a_rename(house: House, project: str) -> None:
    found = read(house, project)
    spec = found["spec"]
    field = next(one for one in entity(spec, "Client")["fields"] if one["name"] == "phone")
    field["name"] = "mobile"
    answer = write(house, project, spec, revision=found["revision"], as_written=True)
    assert answer.status_code == 200, answer.text
    assert [one["was"] for one in entity(answer.json()["spec"], "Client")["fields"]] == [None] * 4
    assert answer.json()["notes"] == []


def test_what_is_wrong_is_named_in_words(house: House, project: str) -> None:
    found = read(house, project)
    spec = found["spec"]
    entity(spec, "Client")["fields"][1]["type"] = "colour"
    answer = write(house, project, spec, revision=found["revision"])
    assert (answer.status_code, answer.json()["code"]) == (422, "spec_refused")
    [wrong] = answer.json()["errors"]
    assert wrong["field"] == "entities 'Client', fields 'email', type"
    assert "there are: text, longtext" in wrong["problem"]
    assert read(house, project)["edited"] is False


def test_a_form_that_shows_visitors_everybodys_name_is_refused_as_it_is_on_the_page(
    house: House, project: str
) -> None:
    found = read(house, project)
    spec = found["spec"]
    booked, field = next(
        (kind, field["name"]) for kind in spec["entities"] for field in kind["fields"] if field["ref"] == "Client"
    )
    form = {"entity": booked["name"], "action": "Book", "about": "Say when.", "thanks": "Thank you."}
    required = [one["name"] for one in booked["fields"] if one["required"] and one["name"] != booked["state"]]
    spec["forms"] = [{**form, "fields": list({**dict.fromkeys(required), field: None})}]

    answer = write(house, project, spec, revision=found["revision"])

    assert (answer.status_code, answer.json()["code"]) == (422, "spec_refused")
    assert "visitors would choose from all clients" in answer.json()["detail"]
    assert read(house, project)["edited"] is False


@pytest.mark.parametrize("body", [{}, {"entities": 3}, {"entities": [1, None]}, {"entities": [{"fields": "x"}]}])
def test_nonsense_is_refused_with_a_reason(house: House, project: str, body: Any) -> None:
    answer = write(house, project, body, revision=read(house, project)["revision"])
    assert (answer.status_code, answer.json()["code"]) == (422, "spec_refused")


@pytest.mark.parametrize(
    "content", [b'{"\\ud800": 1}', b'{"title": "\\ud800"}', b'{"theme": {"hue": NaN}}', b"[1]", b"{"]
)
def test_a_body_that_is_no_specification_is_refused(house: House, project: str, content: bytes) -> None:
    headers = AUTH | {"If-Match": f'"{read(house, project)["revision"]}"', "Content-Type": "application/json"}
    answer = house.client.put(f"/api/projects/{project}/spec", content=content, headers=headers)
    assert answer.status_code == 422, answer.text


def test_the_engine_cannot_be_edited(house: House, project: str) -> None:
    found = read(house, project)
    found["spec"] |= {"engine": "the best model", "confidence": 1.0}
    answer = write(house, project, found["spec"], revision=found["revision"])
    assert answer.json()["spec"]["engine"] == "blueprint"


def test_somebody_elses_specification_is_not_there(house: House, project: str) -> None:
    path = f"/api/projects/{project}/spec"
    assert house.client.get(path, headers=OTHER_AUTH).status_code == 404
    headers = OTHER_AUTH | {"If-Match": '"0-1"'}
    assert house.client.put(path, json={}, headers=headers).status_code == 404


def test_a_start_without_a_goal_needs_a_specification(house: House) -> None:
    answer = house.client.post("/api/generation/start", json={"project_id": house.project()}, headers=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_spec")


def test_an_edit_made_while_a_build_runs_is_not_lost(house: House, project: str) -> None:
    running = house.started(project)
    found = read(house, project)
    found["spec"]["title"] = "Sunrise Yoga"
    assert write(house, project, found["spec"], revision=found["revision"]).status_code == 200
    finished(house, running)

    after = read(house, project)

    assert (after["build_version"], after["edited"], after["spec"]["title"]) == (
        "build_v0_2",
        True,
        "Sunrise Yoga",
    )
    assert built(house, project)["evidence"]["title"] == "Sunrise Yoga"


def test_a_type_that_is_not_known_is_told_what_yes_or_no_is_called(house: House, project: str) -> None:
    found = read(house, project)
    found["spec"]["entities"][0]["fields"][0]["type"] = "yesno"
    answer = write(house, project, found["spec"], revision=found["revision"])
    assert answer.status_code == 422
    assert "bool (yes or no)" in answer.json()["detail"]


@pytest.mark.parametrize("table", ["app_users", "setup", "static"])
def test_a_table_that_every_app_has_is_refused_with_its_place(house: House, project: str, table: str) -> None:
    read_now = read(house, project)
    spec = copy.deepcopy(read_now["spec"])
    entity = spec["entities"][0]
    entity["table"] = table

    answer = write(house, project, spec, revision=read_now["revision"])

    assert answer.status_code == 422
    [problem] = [one for one in answer.json()["errors"] if "reserved" in one["problem"]]
    assert problem["field"] == f"entities {entity['name']!r}"
    assert f"{table!r} is reserved" in problem["problem"]


def test_who_made_a_specification_is_not_the_founders_to_say(house: House, project: str) -> None:
    read_now = read(house, project)
    claims = {"engine": "gpt", "confidence": 1.0, "version": 1, "tagline": "Mine now."}

    kept = write(house, project, {**read_now["spec"], **claims}, revision=read_now["revision"]).json()["spec"]

    assert (kept["engine"], kept["confidence"]) == (read_now["spec"]["engine"], read_now["spec"]["confidence"])
    assert kept["tagline"] == "Mine now."
