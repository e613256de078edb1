"""An assistant leads a project from goal to ready, over HTTP, against a real instance."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.support.assistant import assistant
from tests.support.instance import Instance

SPECS = Path(__file__).parents[1] / "specs"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_assistant_of_either_era_lists_the_tools(instance: Instance, mode: str) -> None:
    token = (instance.data_dir / "token").read_text().strip()
    async with assistant(instance.url, token, mode=mode) as helper:
        tools = (await helper.client.list_tools()).tools

    assert {"describe_apps", "check_plan", "build", "follow", "evidence", "change", "decide"} <= {
        tool.name for tool in tools
    }


async def test_a_specification_becomes_ready_is_looked_at_and_decided(instance: Instance) -> None:
    token = (instance.data_dir / "token").read_text().strip()
    specification = tomllib.loads((SPECS / "apprentice_pay.toml").read_text())
    async with assistant(instance.url, token) as helper:
        assert (await helper.call("check_plan", specification=specification))["valid"]
        ready = await helper.built(specification=specification, goal="Hours of my apprentices.")
        assert ready["status"] == "ready", ready

        evidence = await helper.call("evidence", job_id=ready["job_id"])
        link = await helper.call("preview_link", job_id=ready["job_id"])

        assert "acceptance" in evidence["summary"]
        assert instance.open_preview(link["preview_url"]).status_code == 200
        assert (await helper.refused("build", project_id=ready["project_id"], goal="Track the windows of a shop"))[
            0
        ] == "gate_pending"
        await helper.call("decide", gate_id=link["gate"]["gate_id"], decision="iterate")
