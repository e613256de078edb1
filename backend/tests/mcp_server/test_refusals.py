"""Each refusal says what, why and what to do; nothing of another founder is seen or touched."""

from __future__ import annotations

import asyncio
import copy
import re
import uuid
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from app.blueprint.contract import examples
from app.domain.tier import Tier
from app.mcp_server import mount
from app.mcp_server.toolbox import TOOLS
from app.mcp_server.tools import Answer
from app.ports.billing import Subscription
from tests.mcp_server.served import Served, make_ready
from tests.support.assistant import assistant
from tests.support.house import OTHER_TOKEN, TOKEN
from tests.support.instance import eventually

SPECIFICATION: dict[str, Any] = examples()[0][1]


async def test_an_invalid_plan_names_each_fault_and_what_would_be_right(served: Served) -> None:
    broken = copy.deepcopy(SPECIFICATION)
    broken["entities"][0]["fields"][1]["type"] = "price"
    broken["rules"][0]["fields"] = ["starts_at", "ends", "room"]
    async with assistant(served.url, TOKEN) as ada:
        for tool in ("check_plan", "build"):
            code, words = await ada.refused(tool, specification=broken)
            assert code == "spec_refused"
            assert "2 faults" in words
            assert (
                "entities 'Room', fields 'price_per_hour', type: 'price' is none of them; did you mean money?"
                in words
            )
            assert "Booking.ends does not exist" in words
            assert "What to do: Mend every fault" in words
        assert (await ada.call("projects"))["projects"] == []


async def test_a_goal_of_which_most_would_be_left_out_is_not_built_without_a_word(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        code, words = await ada.refused(
            "build", goal="Translate my poems, compose music to them, bake a cake for me"
        )

    assert code in ("too_little_kept", "goal_refused")
    assert "specification" in words.partition("What to do: ")[2]


async def test_over_quota_is_told_and_without_a_subscription_nothing_starts(served: Served) -> None:
    served.plans.subscription = Subscription(active=True, tier=Tier.BOOTSTRAPPER, upgrade_url="")
    async with assistant(served.url, TOKEN) as ada:
        for _ in range(Tier.BOOTSTRAPPER.limits.daily_jobs):
            make_ready(served, await ada.call("build", specification=SPECIFICATION))
        late = await ada.call("build", specification=SPECIFICATION)
        served.plans.subscription = Subscription(
            active=False, tier=Tier.BOOTSTRAPPER, upgrade_url="https://x.example/"
        )
        code, words = await ada.refused("build", specification=SPECIFICATION)

    assert late["status"] == "scheduled"
    assert "today's limit of 5 builds" in late["summary"]
    assert code == "subscription_required"
    assert "only they can choose a plan" in words


async def test_a_running_build_a_pending_decision_and_a_parked_project_each_say_the_way_on(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION)
        project = started["project_id"]
        goal = "Track the bands of a rehearsal room"
        code, words = await ada.refused("build", project_id=project, goal=goal)
        assert (code, started["job_id"] in words) == ("build_in_progress", True)
        assert "Call follow" in words

        assert "cancelled" in (await ada.call("cancel", job_id=started["job_id"]))["summary"]
        started = await ada.call("build", project_id=project, specification=SPECIFICATION)
        make_ready(served, started)
        gate = (await ada.call("preview_link", job_id=started["job_id"]))["gate"]
        code, words = await ada.refused("build", project_id=project, goal=goal)
        assert (code, gate["gate_id"] in words) == ("gate_pending", True)

        code, words = await ada.refused("decide", gate_id=gate["gate_id"], decision="perhaps")
        assert "'iterate', 'ship', 'park'" in words
        await ada.call("decide", gate_id=gate["gate_id"], decision="park")
        code, words = await ada.refused("decide", gate_id=gate["gate_id"], decision="ship")
        assert code == "gate_already_decided"
        code, words = await ada.refused("build", project_id=project, goal=goal)
        assert (code, "call unpark" in words) == ("project_parked", True)
        await ada.call("unpark", project_id=project)
        code, words = await ada.refused("build", project_id=project, specification=SPECIFICATION)
        assert (code, "Call change" in words) == ("conflict", True)
        assert (await ada.call("build", project_id=project, goal=goal))["status"] == "queued"


async def test_nothing_of_another_founder_is_seen_or_touched_by_any_tool(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada, assistant(served.url, OTHER_TOKEN) as bob:
        started = await ada.call("build", specification=SPECIFICATION)
        make_ready(served, started)
        gate = (await ada.call("preview_link", job_id=started["job_id"]))["gate"]["gate_id"]
        hers = {"job_id": started["job_id"], "project_id": started["project_id"], "gate_id": gate}
        more = {
            "label": "Eve",
            "decision": "ship",
            "specification": SPECIFICATION,
            "revision": "0-1",
            "goal": "A yoga studio",
        }
        tried = set()
        for tool in TOOLS.values():
            members = tool.arguments.model_fields
            if not set(members) & set(hers):
                continue
            arguments = {name: value for name, value in {**hers, **more}.items() if name in members}
            if tool.name == "build":
                del arguments["specification"]
            assert (await bob.refused(tool.name, **arguments))[0] == "not_found", tool.name
            tried.add(tool.name)

        link = (await ada.call("share", project_id=started["project_id"], label="Bo"))["link_id"]
        own = await bob.call("build", specification=SPECIFICATION)
        for name, arguments in (
            ("compare", {"old_job_id": started["job_id"], "new_job_id": own["job_id"]}),
            ("compare", {"old_job_id": started["job_id"], "new_job_id": started["job_id"]}),
            ("share", {"project_id": own["project_id"], "action": "close", "link_id": link}),
        ):
            assert (await bob.refused(name, **arguments))[0] == "not_found", name
            tried.add(name)
        assert len((await ada.call("share", project_id=started["project_id"], action="list"))["links"]) == 1

        # Every tool that is called with an id at all.
        asking = {
            name for name, tool in TOOLS.items() if any(m.endswith("_id") for m in tool.arguments.model_fields)
        }
        assert tried == asking
        assert [one["project_id"] for one in (await bob.call("projects"))["projects"]] == [own["project_id"]]
        assert (await ada.call("decisions", project_id=started["project_id"]))["decisions"][0]["waits"]


async def test_of_two_assistants_on_one_project_one_builds_and_the_other_is_told(served: Served) -> None:
    async with assistant(served.url, TOKEN) as one, assistant(served.url, TOKEN, mode="legacy") as other:
        started = await one.call("build", specification=SPECIFICATION)
        await one.call("cancel", job_id=started["job_id"])
        arguments = {"project_id": started["project_id"], "specification": SPECIFICATION}
        results = await asyncio.gather(*(each.client.call_tool("build", arguments) for each in (one, other)))

    assert sorted(result.is_error for result in results) == [False, True]
    refused = next(result for result in results if result.is_error)
    assert refused.structured_content is not None
    assert refused.structured_content["code"] == "build_in_progress"


async def test_an_assistant_that_vanishes_leaves_nothing_behind_and_the_next_one_goes_on(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION, request_key="once")
        following = asyncio.create_task(
            ada.client.call_tool("follow", {"job_id": started["job_id"], "wait_s": 50})
        )
        feeds = served.house.services.feeds._feeds
        await asyncio.to_thread(eventually, lambda: bool(feeds), within_s=20)
        following.cancel()
    await asyncio.to_thread(eventually, lambda: not feeds, within_s=20)

    async with assistant(served.url, TOKEN) as again:
        repeated = await again.call("build", specification=SPECIFICATION, request_key="once")
        other = await again.refused("build", goal="A yoga studio", request_key="once")
        make_ready(served, started)
        told = await again.call("follow", job_id=started["job_id"])

    assert repeated["job_id"] == started["job_id"]
    assert other[0] == "idempotency_key_reused"
    assert told["status"] == "ready"


async def test_wrong_arguments_and_unknown_tools_are_told_in_words(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        code, words = await ada.refused("follow", job="x", wait_s=600)
        assert code == "invalid_input"
        assert "job_id: is missing" in words
        assert "job: is not an argument of this tool" in words
        code, words = await ada.refused("delete_everything")
        assert "The tools are: describe_apps" in words
        assert (await ada.refused("status", job_id=str(uuid.uuid4())))[0] == "not_found"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "unauthenticated"),
        ({"Authorization": "Bearer wrong"}, 401, "unauthenticated"),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}, 403, "forbidden"),
    ],
)
async def test_who_has_no_token_or_comes_from_another_site_is_refused(
    served: Served, headers: dict[str, str], status: int, code: str
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        refused = await http.post(f"{served.url}/mcp", json={}, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_what_nobody_foresaw_is_told_with_the_id_under_which_the_log_has_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(_: object, __: object) -> Answer:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setitem(TOOLS, "projects", replace(TOOLS["projects"], run=break_down))
    async with assistant(served.url, TOKEN) as ada:
        code, words = await ada.refused("projects")

    assert code == "internal_error"
    assert re.search(r"the log knows more under \w+", words)
    assert "foresaw" not in words


async def test_a_server_for_assistants_that_could_not_start_is_started_for_the_next_request(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise OSError("too many open files")

    with monkeypatch.context() as once:
        once.setattr(mount, "import_module", fail)
        async with httpx2.AsyncClient() as http:
            answer = await http.post(f"{served.url}/mcp", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")

    async with assistant(served.url, TOKEN) as ada:
        assert (await ada.call("projects"))["projects"] == []
