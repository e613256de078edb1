"""An assistant changes an app: told before, built as the next version, compared, never over another's change."""

from __future__ import annotations

from typing import Any

from app.blueprint.contract import examples
from tests.mcp_server.served import Served, make_ready
from tests.support.assistant import assistant
from tests.support.house import TOKEN

SPECIFICATION: dict[str, Any] = examples()[0][1]
NOTES = {"op": "add", "at": "entities/Booking/fields", "value": {"name": "notes", "type": "longtext"}}


async def test_a_change_is_told_before_built_and_compared(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        first = await ada.call("build", specification=SPECIFICATION)
        make_ready(served, first)
        project = first["project_id"]

        told = await ada.call("change", project_id=project, operations=[NOTES], build=False)
        assert told["changes"] == [
            "Bookings have a new detail: Notes.", "Records: All records come along as they are."
        ]  # fmt: skip
        assert "notes" not in (await ada.call("specification", project_id=project))["summary"].lower()

        second = await ada.call("change", project_id=project, operations=[NOTES])
        assert second["build_version"] == "build_v0_2"
        assert "Bookings have a new detail: Notes." in second["summary"]
        code, _ = await ada.refused("change", project_id=project, operations=[NOTES])
        assert code in ("build_in_progress", "spec_refused")
        make_ready(served, second)
        compared = await ada.call("compare", old_job_id=first["job_id"], new_job_id=second["job_id"])
        assert compared["changes"] == ["Bookings have a new detail: Notes."]
        back = await ada.call("compare", old_job_id=second["job_id"], new_job_id=first["job_id"])
        assert back["changes"] == ["Bookings no longer have notes."]


async def test_an_assistant_cannot_say_that_another_engine_planned_the_app(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification={**SPECIFICATION, "engine": "blueprint"})
        seen = await ada.call("specification", project_id=started["project_id"])

    assert seen["specification"]["engine"] == "assistant"


async def test_a_change_that_began_with_an_older_revision_is_refused_with_the_way_on(served: Served) -> None:
    async with assistant(served.url, TOKEN) as one, assistant(served.url, TOKEN) as other:
        first = await one.call("build", specification=SPECIFICATION)
        make_ready(served, first)
        project = first["project_id"]
        seen = await one.call("specification", project_id=project)
        assert (await one.refused("change", project_id=project, specification=SPECIFICATION))[
            0
        ] == "revision_missing"
        make_ready(served, await other.call("change", project_id=project, operations=[NOTES]))

        edited = {**seen["specification"], "title": "Room Thirteen"}
        code, words = await one.refused(
            "change", project_id=project, specification=edited, revision=seen["revision"]
        )
        assert code == "spec_changed"
        assert "Call specification again" in words
        now = await one.call("specification", project_id=project)
        edited = {**now["specification"], "title": "Room Thirteen"}
        done = await one.call("change", project_id=project, specification=edited, revision=now["revision"])

    assert "It is called “Room Thirteen” now" in done["summary"]
    assert "notes" in str(now["specification"])


async def test_a_faulty_change_says_what_and_where_and_keeps_nothing(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        first = await ada.call("build", specification=SPECIFICATION)
        make_ready(served, first)
        project = first["project_id"]
        wrong = {"op": "add", "at": "entities/Booking/fields", "value": {"name": "fee", "type": "price"}}
        lost = {"op": "remove", "at": "entities/Bookng"}
        for operation, right in ((wrong, "did you mean money?"), (lost, "there are: Room, Band, Booking")):
            code, words = await ada.refused("change", project_id=project, operations=[operation])
            assert (code, right in words) == ("spec_refused", True)
        code, words = await ada.refused("change", project_id=project)
        assert "either operations or a whole specification" in words

        assert not (await ada.call("versions", project_id=project))["versions"][1:]
