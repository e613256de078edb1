"""Assistants that send garbage, too much or the wrong kind are told what is wrong, and harm nobody else."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any, Final

import httpx2
import pytest
from mcp.shared.exceptions import MCPError

from app.blueprint.contract import examples
from app.mcp_server.toolbox import TOOLS
from tests.mcp_server.served import Served, make_ready
from tests.support.assistant import assistant, text_of
from tests.support.house import OTHER_TOKEN, TOKEN

SPECIFICATION: Final[dict[str, Any]] = examples()[0][1]


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


WRONG: Final = {
    "nothing": None,
    "a list": [1, "two", None],
    "an object": {"a": {"b": []}},
    "a huge number": 10**30,
    "a negative number": -1,
    "a fraction": 1.5,
    "yes": True,
    "an empty text": "",
    "zero bytes": "a\x00b",
    "half a character": "\ud800"[:0] + "\ufffe\u202e",
    "a long text": "x" * 60_000,
    "depth": nested(150),
    "an id of nothing": str(uuid.UUID(int=0)),
    "a query": "' OR 1=1; --",
    "a path": "../../../etc/passwd",
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_no_argument_breaks_a_tool(served: Served, wrong: str) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION)
        make_ready(served, started)
        good = {
            "job_id": started["job_id"],
            "project_id": started["project_id"],
            "old_job_id": started["job_id"],
            "new_job_id": started["job_id"],
            "gate_id": str(uuid.uuid4()),
            "specification": SPECIFICATION,
            "revision": "0-1",
            "goal": "A yoga studio",
            "label": "Eve",
            "decision": "ship",
        }
        for tool in TOOLS.values():
            members = tool.arguments.model_fields
            for member in members:
                arguments = {name: value for name, value in good.items() if name in members}
                if tool.name == "build":
                    arguments = {"goal": good["goal"]}
                result = await ada.client.call_tool(tool.name, {**arguments, member: WRONG[wrong]})
                said = result.structured_content or {}
                assert said.get("code") != "internal_error", (tool.name, member, text_of(result))
                if result.is_error:
                    assert said["what_to_do"], (tool.name, member, said)
                    assert len(text_of(result)) < 5_000, (tool.name, member)


BODIES: Final = {
    "no JSON": b"{{{{",
    "no bytes": b"",
    "no text": b"\xff\xfe\x00\x01" * 50,
    "a number": b"7",
    "nothing": b"null",
    "a list": b"[]",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "no method": b'{"jsonrpc": "2.0", "id": 1}',
    "another protocol": b'{"jsonrpc": "1.0", "id": 1, "method": "tools/list"}',
    "an unknown method": b'{"jsonrpc": "2.0", "id": 1, "method": "tools/burn", "params": {}}',
    "arguments that are a list": b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": '
    b'{"name": "projects", "arguments": [1]}}',
    "a name that is an object": b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": '
    b'{"name": {"a": 1}}}',
    "a huge id": b'{"jsonrpc": "2.0", "id": ' + b"9" * 5_000 + b', "method": "tools/list"}',
    "a very long text": json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "build", "arguments": {"goal": "x" * 12_000_000}},
        }
    ).encode(),
}


@pytest.mark.parametrize("body", BODIES)
async def test_no_body_breaks_the_server(served: Served, body: str) -> None:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as http:
        answer = await http.post(f"{served.url}/mcp", content=BODIES[body], headers=headers)
    assert answer.status_code < 500, answer.text
    assert len(answer.text) < 20_000
    async with assistant(served.url, OTHER_TOKEN) as bob:
        assert (await bob.call("projects"))["projects"] == []


async def test_what_is_refused_at_the_door_is_told_in_words_too(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        with pytest.raises(MCPError, match=r"at most 128,000 bytes\.\nWhat to do: Say it in fewer words\."):
            await ada.client.call_tool("build", {"goal": "x" * 200_000})
        assert (await ada.call("projects"))["projects"] == []
    with pytest.raises(ExceptionGroup) as refused:
        async with assistant(served.url, "wrong"):
            raise AssertionError
    assert refused.group_contains(MCPError, match="not good")


async def test_one_that_vanishes_again_and_again_keeps_nobody_waiting(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION)
        for _ in range(10):
            async with assistant(served.url, TOKEN) as other:
                following = asyncio.create_task(
                    other.client.call_tool("follow", {"job_id": started["job_id"], "wait_s": 50})
                )
                await asyncio.sleep(0)
                following.cancel()
        assert (await ada.call("status", job_id=started["job_id"]))["status"] == "queued"
        await asyncio.gather(*(ada.call("projects") for _ in range(30)))
