"""An assistant leads a project from goal to ready, changes it and decides, over HTTP, against a real instance."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from app.blueprint.contract import examples
from tests.support.assistant import assistant
from tests.support.instance import Instance

GOAL, SPECIFICATION = examples()[0]
NOTES: dict[str, Any] = {"op": "add", "at": "entities/Band/fields", "value": {"name": "genre"}}
RENAME: dict[str, Any] = {"op": "rename", "at": "entities/Room/fields/price_per_hour", "to": "hourly_price"}


def token_of(instance: Instance) -> str:
    return (instance.data_dir / "token").read_text().strip()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_assistant_of_either_era_is_told_how_to_go_about_it(instance: Instance, mode: str) -> None:
    async with assistant(instance.url, token_of(instance), mode=mode) as helper:
        tools = {tool.name: tool for tool in (await helper.client.list_tools()).tools}
        contract = (await helper.call("describe_apps"))["summary"]
        read = await helper.call("read_goal", goal="An app to lend out the tools of a pottery studio")
        instructions = helper.client.instructions or ""

    assert {"describe_apps", "check_plan", "build", "follow", "evidence", "change", "decide"} <= set(tools)
    assert "describe_apps once" in instructions
    assert all(tool.annotations is not None and tool.description for tool in tools.values())
    assert "no_overlap" in contract
    assert read["specification"]["entities"]


async def test_a_goal_becomes_ready_is_looked_at_decided_and_changed(instance: Instance) -> None:
    async with assistant(instance.url, token_of(instance)) as helper:
        checked = await helper.call("check_plan", specification=SPECIFICATION)
        assert "This room is taken at that time." in checked["summary"]
        asked = await helper.call("ask_founder", specification=SPECIFICATION)
        assert all(one["default"] for one in asked["questions"])

        first = await helper.built(specification=SPECIFICATION, goal=GOAL)
        assert first["status"] == "ready", first
        evidence = await helper.call("evidence", job_id=first["job_id"])
        assert "acceptance" in evidence["summary"]
        link = await helper.call("preview_link", job_id=first["job_id"])
        assert instance.open_preview(link["preview_url"]).status_code == 200

        assert (await helper.refused("change", project_id=first["project_id"], operations=[NOTES]))[0] == (
            "gate_pending"
        )
        await helper.call(
            "decide", gate_id=link["gate"]["gate_id"], decision="iterate", text="Show what they play"
        )
        told = await helper.call("change", project_id=first["project_id"], operations=[NOTES, RENAME], build=False)
        assert any("is kept under the new name" in line for line in told["changes"])
        started = await helper.call("change", project_id=first["project_id"], operations=[NOTES, RENAME])
        second = await helper.followed(started)
        assert second["status"] == "ready", second
        assert "records came along from build_v0_1" in second["summary"]
        compared = await helper.call("compare", old_job_id=first["job_id"], new_job_id=second["job_id"])
        assert "Bands have a new detail: Genre." in compared["changes"]

        files = await helper.call("export", job_id=second["job_id"])
        schema = await helper.call("export", job_id=second["job_id"], path="app/schema.py")
        versions = (await helper.call("versions", project_id=first["project_id"]))["versions"]

    assert "README.md" in files["files"]
    assert "hourly_price" in schema["summary"]
    assert [one["build_version"] for one in versions] == ["build_v0_2", "build_v0_1"]
    goal = httpx2.get(
        f"{instance.url}/api/builds/{first['job_id']}",
        headers={"Authorization": f"Bearer {token_of(instance)}"},
        trust_env=False,
    ).json()["goal"]
    assert goal == GOAL
