"""The page by plain forms, as a browser without any script uses it."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import UUID

from app.blueprint.generate.theme import settled_theme
from app.blueprint.spec import AppSpec
from app.core.ids import JobId
from app.domain.job import JobStatus
from tests.support.house import AUTH, House

IDEA = "A booking app for a yoga studio. Customers book a class online. Send a text message before each class."


def post(house: House, path: str, **fields: str) -> Any:
    return house.client.post(path, data=fields)


def drafted(house: House, idea: str = IDEA) -> str:
    """A project whose plan is to be corrected."""
    answer = post(house, "/new", goal=idea, do="correct")
    found = re.fullmatch(r"/p/([0-9a-f-]{36})/plan", answer.url.path)
    assert found is not None, answer.text
    return found[1]


def correct(house: House, project: str, change: str, **values: str) -> Any:
    page = house.client.get(f"/p/{project}/plan").text
    revision = re.search(r'name="revision" value="([^"]+)"', page)
    assert revision is not None
    return post(house, f"/p/{project}/plan", change=change, revision=revision[1], **values)


def newest(house: House, project: str) -> Any:
    return house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"][0]


def built(house: House, idea: str = IDEA) -> str:
    """A project with a version that is ready."""
    project = drafted(house, idea)
    post(house, f"/p/{project}/build")
    house.build(JobId(UUID(newest(house, project)["job_id"])))
    assert newest(house, project)["status"] == "ready"
    return project


def test_the_plan_of_an_idea_begins_with_what_is_left_out(signed_in: House) -> None:
    page = post(signed_in, "/new", goal=IDEA, do="plan").text

    assert "2 of 3" in page
    assert page.index("Left out") < page.index("What it keeps")
    assert "Send a text message" in page
    assert signed_in.client.get("/api/projects", headers=AUTH).json()["items"] == []


def test_an_idea_that_is_not_understood_keeps_its_words_and_makes_no_project(signed_in: House) -> None:
    answer = post(signed_in, "/new", goal="asdf", do="build")

    assert answer.status_code == 422
    assert ">asdf</textarea>" in answer.text
    assert signed_in.client.get("/api/projects", headers=AUTH).json()["items"] == []


def test_without_a_model_none_is_offered_and_none_is_asked(signed_in: House) -> None:
    page = post(signed_in, "/new", goal=IDEA, do="plan").text
    assert "Let the model design" not in page
    answer = post(signed_in, "/new", goal=IDEA, do="design")
    assert answer.status_code >= 400
    assert "No model is set on this instance" in answer.text
    assert signed_in.client.get("/api/projects", headers=AUTH).json()["items"] == []


def test_what_is_written_is_shown_as_text(signed_in: House) -> None:
    page = post(signed_in, "/new", goal=f"{IDEA} <script>alert(1)</script>", do="plan").text

    assert "<script>alert" not in page


def test_a_draft_is_corrected_and_the_first_version_is_built_from_it(signed_in: House) -> None:
    project = drafted(signed_in)

    page = correct(signed_in, project, "rename_record", record="Customer", label="Member").text
    assert "<h3>Members</h3>" in page
    assert (
        "At most 12 bookings for each yoga class."
        in correct(signed_in, project, "add_limit", record="Booking", detail="yoga_class", most="12").text
    )
    answer = post(signed_in, f"/p/{project}/build")

    assert answer.url.path == f"/p/{project}"
    assert "Building version 1" in answer.text
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    spec = signed_in.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()["spec"]
    assert next(entity["plural"] for entity in spec["entities"] if entity["name"] == "Customer") == "Members"


def test_a_question_of_the_plan_is_answered_by_a_click(signed_in: House) -> None:
    project = drafted(signed_in)
    page = signed_in.client.get(f"/p/{project}/plan").text
    asked = re.search(r'name="change" value="remove_form">.*?name="action" value="([^"]+)"', page, re.S)
    assert asked is not None
    assert f"Anybody may “{asked[1]}” without an account. Is that right?" in page

    after = correct(signed_in, project, "remove_form", action=asked[1]).text

    assert f"Anybody may “{asked[1]}”" not in after
    assert "May people outside send a booking without an account?" in after


def test_the_steps_of_a_record_are_renamed_added_and_taken_out_by_clicks(signed_in: House) -> None:
    project = drafted(signed_in)
    correct(signed_in, project, "rename_step", record="Booking", step="Attended", label="Was there")
    correct(signed_in, project, "add_step", record="Booking", label="Waiting", after="Booked")
    page = correct(signed_in, project, "remove_step", record="Booking", step="Cancelled").text

    assert re.findall(r'<details class="edit" id="s-Booking-\d"><summary>([^<]+)<', page) == [
        "Booked",
        "Waiting",
        "Was there",
    ]
    refused = correct(signed_in, project, "add_step", record="Booking", label="waiting")
    assert refused.status_code == 422
    assert "already" in refused.text


def test_what_a_person_may_do_is_shown_as_it_is(signed_in: House) -> None:
    project = drafted(signed_in)
    page = correct(signed_in, project, "add_person", name="Manager", record="").text

    def chosen(page: str) -> str:
        part = page[page.index('id="right-Booking"') :]
        found = re.search(r">Manager<.*?<option[^>]* selected>([^<]*)<", part, re.S)
        assert found is not None
        return found[1]

    assert chosen(page) == "as said at “Who uses it”: everything"
    page = correct(signed_in, project, "set_right", record="Booking", name="Manager", right="see_own").text
    assert chosen(page) == "sees only their own"


def test_a_correction_is_told_and_taken_back_step_by_step(signed_in: House) -> None:
    project = drafted(signed_in)
    assert "Your last change" not in signed_in.client.get(f"/p/{project}/plan").text
    correct(signed_in, project, "rename_record", record="Customer", label="Member")
    page = correct(signed_in, project, "add_record", label="Teacher").text
    assert re.search(r"Your last change:</b> It keeps teachers: Name\.", page)

    page = correct(signed_in, project, "undo").text
    assert "Customers are called members now." in page
    assert "Teachers" not in page
    page = correct(signed_in, project, "undo").text

    assert "Members" not in page
    assert "Your last change" not in page
    assert correct(signed_in, project, "undo").status_code == 422


def test_after_a_build_what_is_taken_back_ends_at_the_version(signed_in: House) -> None:
    project = drafted(signed_in)
    correct(signed_in, project, "rename_record", record="Customer", label="Member")
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    assert "Your last change" not in signed_in.client.get(f"/p/{project}/plan").text
    assert "Your last change" in correct(signed_in, project, "add_record", label="Teacher").text

    page = correct(signed_in, project, "undo").text

    assert "Members" in page
    assert "Nothing is changed since version 1." in page
    assert "Your last change" not in page


def test_a_question_whose_default_is_right_is_answered_and_gone(signed_in: House) -> None:
    project = drafted(signed_in)
    page = signed_in.client.get(f"/p/{project}/plan").text
    asked = re.search(r'name="question" value="(Anybody may[^"]+)"><button class="small">Yes<', page)
    assert asked is not None
    question = html.unescape(asked[1])

    page = correct(signed_in, project, "agree", question=question).text

    assert question not in html.unescape(page)
    refused = correct(signed_in, project, "agree", question=question)
    assert refused.status_code == 422
    assert "not asked any more" in refused.text


def test_only_people_are_offered_as_a_kind_of_person(signed_in: House) -> None:
    project = drafted(signed_in)
    page = signed_in.client.get(f"/p/{project}/plan").text

    offered = re.search(r'id="person-record".*?</select>', page, re.S)

    assert offered is not None
    assert "customers" in offered[0]
    assert "yoga classes" not in offered[0]
    refused = correct(signed_in, project, "add_person", name="Class", record="YogaClass")
    assert refused.status_code == 422
    assert "how to reach yoga classes" in refused.text


def test_a_correction_that_cannot_be_says_why_and_changes_nothing(signed_in: House) -> None:
    project = drafted(signed_in)
    before = signed_in.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()

    answer = correct(signed_in, project, "add_detail", record="Booking", label="Way", kind="choice", choices="")

    assert answer.status_code == 422
    assert "Say what can be chosen" in answer.text
    assert signed_in.client.get(f"/api/projects/{project}/spec", headers=AUTH).json() == before


def test_two_tabs_do_not_overwrite_each_other(signed_in: House) -> None:
    project = drafted(signed_in)
    page = signed_in.client.get(f"/p/{project}/plan").text
    revision = str(re.search(r'name="revision" value="([^"]+)"', page)[1])  # type: ignore[index]
    post(signed_in, f"/p/{project}/plan", change="add_record", revision=revision, label="Teacher")

    answer = post(signed_in, f"/p/{project}/plan", change="add_record", revision=revision, label="Room")

    assert answer.status_code == 422
    assert "changed by somebody else" in answer.text


def test_of_two_windows_that_start_a_build_both_show_it(signed_in: House) -> None:
    project = drafted(signed_in)
    post(signed_in, f"/p/{project}/build")

    second = post(signed_in, f"/p/{project}/build")

    assert (second.status_code, second.url.path) == (200, f"/p/{project}")
    assert "Building version 1" in second.text
    assert newest(signed_in, project)["build_version"] == "build_v0_1"


def test_a_build_is_stopped_after_a_question(signed_in: House) -> None:
    project = drafted(signed_in)
    post(signed_in, f"/p/{project}/build")

    assert "Stop this build?" in signed_in.client.get(f"/p/{project}/stop").text
    page = post(signed_in, f"/p/{project}/stop").text

    assert "Stopped" in page
    assert "Try again" in page
    assert newest(signed_in, project)["error_message"] == "Cancelled by user"


def test_the_events_of_a_build_tell_the_whole_story_as_parts_of_the_page(signed_in: House) -> None:
    project = built(signed_in)

    stream = signed_in.client.get(f"/p/{project}/v/1/events")

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert "Writing the app" in stream.text
    assert stream.text.rstrip().endswith("event: end\ndata: build_v0_1")


def test_opening_the_preview_asks_for_a_decision_which_leads_on(signed_in: House) -> None:
    project = built(signed_in)

    page = post(signed_in, f"/p/{project}/v/1/open").text
    assert "Ready to decide what&#39;s next?" in page or "Ready to decide what's next?" in page
    gate = re.search(rf"/p/{project}/decide/([0-9a-f-]+)", page)
    assert gate is not None
    asked = signed_in.client.get(gate[0]).text
    assert re.search(r"Left out.*?<q>Send a text message before each class</q>.*?Improve it", asked, re.S)
    assert post(signed_in, gate[0]).status_code == 422
    post(signed_in, gate[0], decision="iterate")

    assert "You decided" in signed_in.client.get(gate[0]).text


def test_a_change_in_words_becomes_version_two_and_version_one_stays(signed_in: House) -> None:
    project = built(signed_in)

    post(signed_in, f"/p/{project}/change", text="Add a birthday to customers. Blue sky")
    page = signed_in.client.get(f"/p/{project}").text
    assert "Customers have a new detail: Birthday." in page
    assert re.search(r"Not in it:</b> <q>Blue sky</q>. Nothing of it was understood", page)
    assert "Build version 2 without it" in page
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))

    assert f"/p/{project}/compare?a=1&b=2" in signed_in.client.get(f"/p/{project}").text
    told = signed_in.client.get(f"/p/{project}/v/2/changes").text
    assert "Its colours or its style" not in told
    assert "Customers have a new detail: Birthday." in told
    assert re.search(r"Left out.*?<q>Blue sky</q>.*?Kept.*?<q>Add a birthday to customers</q>", told, re.S)
    wishes = newest(signed_in, project)["evidence"]["wishes"]
    assert {"Blue sky": "left_out", "Add a birthday to customers": "kept"}.items() <= {
        wish["text"]: wish["state"] for wish in wishes
    }.items()
    assert signed_in.client.get(f"/p/{project}?v=1").status_code == 200
    job_id = newest(signed_in, project)["job_id"]
    by_program = signed_in.client.get(f"/api/builds/{job_id}/changes", headers=AUTH).json()
    assert by_program["since"] == "build_v0_1"
    assert "Customers have a new detail: Birthday." in by_program["changes"]
    assert signed_in.client.get(f"/p/{project}/compare?a=1&b=2").status_code == 200


def test_a_program_forgets_every_change_and_keeps_a_plan_as_the_page_does(signed_in: House) -> None:
    project = built(signed_in)
    for detail in ("Birthday", "Motto"):
        correct(signed_in, project, "add_detail", record="Customer", label=detail, kind="text")

    told = signed_in.client.post(f"/api/projects/{project}/spec/reset", headers=AUTH).json()

    assert told["edited"] is False
    assert "Motto" not in signed_in.client.get(f"/p/{project}/plan").text
    kept = signed_in.client.post("/api/plans/keep", json={"goal": IDEA}, headers=AUTH)
    assert kept.status_code == 201
    assert "Ready when you are" in signed_in.client.get(f"/p/{kept.json()['id']}/plan").text


def test_what_a_change_is_kept_of_only_in_part_is_said_before_it_is_built(signed_in: House) -> None:
    project = built(signed_in)
    text = "Each class costs 12 euro and the total is worked out"

    page = post(signed_in, f"/p/{project}/change", text=text).text

    assert re.search(r"Only in part:</b> <q>the total is worked out</q>: .+?\.", page)
    program = {"text": "Add a motto to customers"}
    told = signed_in.client.post(f"/api/projects/{project}/changes", json=program, headers=AUTH).json()
    assert "the total is worked out" in told["partly"]


def test_a_version_that_keeps_a_wish_only_in_part_is_told_so_before_a_launch(signed_in: House) -> None:
    project = built(signed_in)
    post(signed_in, f"/p/{project}/change", text="Each class costs 12 euro and the total is worked out")
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))

    page = signed_in.client.get(f"/p/{project}/launch").text

    assert re.search(r"Of \d wishes: 1 left out and \d only partly kept", page)
    assert "the total is worked out" in page
    assert "What you asked for is in it" not in page


def test_a_change_that_is_not_understood_is_said_and_kept_in_the_box(signed_in: House) -> None:
    project = built(signed_in)

    answer = post(signed_in, f"/p/{project}/change", text="blue sky")

    assert answer.status_code == 422
    assert "Nothing of this was understood" in answer.text
    assert ">blue sky</textarea>" in answer.text
    near = post(signed_in, f"/p/{project}/change", text="add a field for injuries. blue sky").text
    offer = re.search(
        r'name="text" value="(Add injuries to customers)"><input type="hidden" name="rest" value="(blue sky)"',
        near,
    )
    assert offer is not None
    page = post(signed_in, f"/p/{project}/change", text=offer[1], rest=offer[2]).text
    assert "Customers have a new detail: Injuries." in page
    assert ">blue sky</textarea>" in page


def test_other_words_leave_an_app_in_the_look_that_people_know(signed_in: House) -> None:
    project = built(signed_in)

    def look() -> Any:
        spec = signed_in.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()["spec"]
        return settled_theme(AppSpec.model_validate(spec))

    before = look()
    post(signed_in, f"/p/{project}/change", text="Add a birthday to customers. Blue sky, elegant wine, bakery")
    correct(signed_in, project, "name_app", title="Sunrise Bakery", tagline="Bread and cakes")
    correct(signed_in, project, "rename_record", record="YogaClass", label="Cake")

    assert look() == before


def test_going_back_makes_a_new_version(signed_in: House) -> None:
    project = built(signed_in)
    post(signed_in, f"/p/{project}/change", text="Add a birthday to customers")
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))

    post(signed_in, f"/p/{project}/v/1/back")

    assert newest(signed_in, project)["build_version"] == "build_v0_3"
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    spec = signed_in.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()["spec"]
    assert "birthday" not in str(spec["entities"])


def test_while_a_decision_waits_going_back_leads_to_it(signed_in: House) -> None:
    project = built(signed_in)
    post(signed_in, f"/p/{project}/change", text="Add a birthday to customers")
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    post(signed_in, f"/p/{project}/v/2/open")

    room = signed_in.client.get(f"/p/{project}?v=1").text
    compared = signed_in.client.get(f"/p/{project}/compare?a=1&b=2").text
    refused = post(signed_in, f"/p/{project}/v/1/back")

    for page in (room, compared):
        assert "Go back to this" not in page
        assert re.search(rf'<a href="/p/{project}/decide/[^"]+">decide</a> first', page)
    assert refused.status_code == 409
    assert re.search(rf'href="/p/{project}/decide/[^"]+">Decide now</a>', refused.text)
    assert "Pending gate" not in refused.text


def test_without_two_numbers_the_versions_to_compare_are_offered(signed_in: House) -> None:
    project = built(signed_in)
    alone = signed_in.client.get(f"/p/{project}/compare")
    assert alone.status_code == 200
    assert "There is one version only." in alone.text
    post(signed_in, f"/p/{project}/change", text="Add a birthday to customers")
    post(signed_in, f"/p/{project}/build")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))

    for query in ("", "?a=1", "?b=2"):
        offered = signed_in.client.get(f"/p/{project}/compare{query}").text
        first, second = re.findall(r'<select id="compare-[ab]".*?</select>', offered, re.S)
        assert re.findall(r'value="(\d+)"', first) == ["2", "1"]
        assert (re.findall(r'"(\d+)" selected', first), re.findall(r'"(\d+)" selected', second)) == (["1"], ["2"])
        assert "<iframe" not in offered
    assert signed_in.client.get(f"/p/{project}/compare?a=1&b=2").text.count("<iframe") == 2


def test_a_branch_is_a_project_of_its_own(signed_in: House) -> None:
    project = built(signed_in)

    answer = post(signed_in, f"/p/{project}/v/1/branch")

    assert answer.url.path.endswith("/plan")
    assert project not in answer.url.path
    job_id = newest(signed_in, project)["job_id"]
    by_program = signed_in.client.post(f"/api/builds/{job_id}/branch", headers=AUTH)
    assert by_program.json()["name"].endswith("(from version 1)")
    assert len(signed_in.client.get("/api/projects", headers=AUTH).json()["items"]) == 3


def test_after_five_iterations_the_founder_says_whether_to_go_on(signed_in: House) -> None:
    project = built(signed_in)
    for detail in ("Birthday", "Shoe size", "Nickname"):
        _iterate(signed_in, project, detail)
    assert "Round 4 of 5, then you are asked whether to go on.<" in signed_in.client.get(f"/p/{project}").text
    _iterate(signed_in, project, "Motto")
    last = "Round 5 of 5. Before the next you are asked whether to go on."
    assert last in signed_in.client.get(f"/p/{project}").text
    asked = signed_in.client.get(f"/api/projects/{project}", headers=AUTH).json()["iterations"]
    assert asked == {"number": 5, "until": 5}
    post(signed_in, f"/p/{project}/change", text="Add a hobby to customers")

    page = post(signed_in, f"/p/{project}/build")

    assert page.status_code == 409
    assert "You have made 5 versions of this app." in page.text
    assert "Yes, build the next version" in page.text
    assert newest(signed_in, project)["build_version"] == "build_v0_5"
    refused = signed_in.client.post("/api/generation/start", json={"project_id": project}, headers=AUTH)
    assert (refused.status_code, refused.json()["code"], refused.json()["iterations"]) == (
        409,
        "confirmation_needed",
        5,
    )

    post(signed_in, f"/p/{project}/build", confirmed="1")
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))

    assert newest(signed_in, project)["status"] == "ready"
    # One confirmation is good for as many as the first time.
    assert "Round 6 of 10, then" in signed_in.client.get(f"/p/{project}").text


def test_a_way_back_and_another_goal_are_no_iterations(signed_in: House) -> None:
    project = built(signed_in)
    for detail in ("Birthday", "Shoe size", "Nickname", "Motto"):
        _iterate(signed_in, project, detail)

    post(signed_in, f"/p/{project}/v/2/back")

    assert newest(signed_in, project)["build_version"] == "build_v0_6"
    signed_in.build(JobId(UUID(newest(signed_in, project)["job_id"])))
    for number in range(7, 11):
        signed_in.build(JobId(UUID(signed_in.start(project).json()["job_id"])))
        assert newest(signed_in, project)["build_version"] == f"build_v0_{number}"
    assert signed_in.start(project).status_code == 201


def test_a_start_that_is_repeated_under_its_key_is_not_asked_to_confirm(signed_in: House) -> None:
    project = built(signed_in)
    for detail in ("Birthday", "Shoe size", "Nickname"):
        _iterate(signed_in, project, detail)
    body, keyed = {"project_id": project}, {**AUTH, "Idempotency-Key": "the fifth"}
    correct(signed_in, project, "add_detail", record="Customer", label="Motto", kind="text")
    first = signed_in.client.post("/api/generation/start", json=body, headers=keyed)
    signed_in.build(JobId(UUID(first.json()["job_id"])))

    again = signed_in.client.post("/api/generation/start", json=body, headers=keyed)

    assert (again.status_code, again.json()["job_id"]) == (201, first.json()["job_id"])


def _iterate(house: House, project: str, detail: str) -> None:
    correct(house, project, "add_detail", record="Customer", label=detail, kind="text")
    post(house, f"/p/{project}/build")
    house.build(JobId(UUID(newest(house, project)["job_id"])))
    assert newest(house, project)["status"] == "ready"


def test_a_failed_build_says_so_kindly_and_offers_to_try_again(signed_in: House) -> None:
    project = drafted(signed_in)
    post(signed_in, f"/p/{project}/build")
    signed_in.move(JobId(UUID(newest(signed_in, project)["job_id"])), JobStatus.FAILED)

    page = signed_in.client.get(f"/p/{project}").text

    assert "This build did not work" in page
    assert "Try again" in page
    again = post(signed_in, f"/p/{project}/build", again="1")
    assert "Building version 2" in again.text


def test_launch_says_what_stands_in_the_way_and_the_export_starts_anywhere(signed_in: House) -> None:
    project = built(signed_in)

    page = signed_in.client.get(f"/p/{project}/launch")
    archive = signed_in.client.get(f"/p/{project}/v/1/export.zip")

    assert page.status_code == 200
    assert "to go online" in page.text
    # The little app of the fake runner has no sign-in, as the apps of the first releases had none.
    assert "Anybody could get at its records" in page.text
    assert "People sign in" not in page.text
    assert archive.content[:2] == b"PK"
    assert b"build_v0_1/Dockerfile" in archive.content


def test_help_answers_from_the_state_of_the_project(signed_in: House) -> None:
    project = built(signed_in)

    page = signed_in.client.get(f"/p/{project}/help", params={"q": "can I go back?"}).text
    nothing = signed_in.client.get(f"/p/{project}/help", params={"q": "sing a song"}).text

    assert "There is no earlier version yet" in page
    assert "I did not understand that" in nothing
    told = signed_in.client.get(
        f"/api/projects/{project}/help", params={"question": "Can I go back?"}, headers=AUTH
    )
    assert "There is no earlier version yet" in told.json()["text"]


def test_a_project_is_deleted_only_by_its_name(signed_in: House) -> None:
    project = built(signed_in)

    assert post(signed_in, f"/p/{project}/settings", do="delete", name="no").status_code == 422
    name = signed_in.client.get(f"/api/projects/{project}", headers=AUTH).json()["name"]
    post(signed_in, f"/p/{project}/settings", do="delete", name=name)

    assert signed_in.client.get(f"/p/{project}").status_code == 404


def test_the_room_is_light_on_the_wire(signed_in: House) -> None:
    project = built(signed_in)
    post(signed_in, f"/p/{project}/v/1/open")

    page = signed_in.client.get(f"/p/{project}")

    parts = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert len(parts) >= 3
    size = len(page.content) + sum(len(signed_in.client.get(part).content) for part in parts)
    assert size <= 60_000


def test_trying_again_before_there_is_a_build_makes_the_plan(signed_in: House) -> None:
    project = drafted(signed_in)

    assert post(signed_in, f"/p/{project}/build", again="1").status_code == 200
    assert newest(signed_in, project)["goal"] == IDEA


def test_an_old_version_is_shown_however_many_builds_came_after_it(signed_in: House) -> None:
    project = built(signed_in)

    async def add_builds() -> None:
        copies = """
            INSERT INTO jobs (project_id, founder_id, number, status, goal, tier, spec)
            SELECT project_id, founder_id, number + n, 'failed', goal, tier, spec
            FROM jobs, generate_series(1, 120) AS n WHERE project_id = %(project)s
            """
        async with signed_in.services.database.autocommit() as tx:
            await tx.execute(copies, {"project": project})

    signed_in.call(add_builds)

    assert signed_in.client.get(f"/p/{project}", params={"v": "1"}).status_code == 200
    for page in ("changes", "files", "checks", "records"):
        assert signed_in.client.get(f"/p/{project}/v/1/{page}").status_code == 200


def test_records_come_in_and_go_out_as_spreadsheets_in_the_app(signed_in: House) -> None:
    project = built(signed_in)

    page = signed_in.client.get(f"/p/{project}/v/1/records").text

    for path in ("/bookings/import", "/bookings/export.csv"):
        assert re.search(rf'href="http://build-[^"/]+{path}\?cf_access=[^"]+"', page), path


def test_a_version_that_is_being_built_says_so_wherever_it_is_looked_at(signed_in: House) -> None:
    project = drafted(signed_in)
    share = signed_in.client.get(f"/p/{project}/share").text
    assert f'<a class="button main" href="/p/{project}/plan">Build the plan first</a>' in share
    post(signed_in, f"/p/{project}/build")

    share = signed_in.client.get(f"/p/{project}/share").text
    checks = signed_in.client.get(f"/p/{project}/v/1/checks").text
    files = signed_in.client.get(f"/p/{project}/v/1/files")
    records = signed_in.client.get(f"/p/{project}/v/1/records").text

    assert f'<a class="button main" href="/p/{project}">Watch it being built</a>' in share
    assert "becomes ready only when every check has passed" in checks
    assert files.status_code == 409
    assert "Version 1 is still being built." in files.text
    assert "Version 1 is still being built" in records
    assert "Save the records" not in records
