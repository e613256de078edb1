"""`cofounder mcp` over standard input and output, started by the protocol's own client as assistants start it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from tests.support.assistant import Assistant, text_of
from tests.support.instance import Instance

SPECS = Path(__file__).parents[1] / "specs"
BACKEND = Path(__file__).parents[2]


@asynccontextmanager
async def stdio_assistant(data_dir: Path) -> AsyncIterator[Assistant]:
    arguments = ["-m", "app.cli.main", "mcp", "--data-dir", str(data_dir)]
    server = StdioServerParameters(command=sys.executable, args=arguments, cwd=str(BACKEND))
    async with Client(server) as client:
        yield Assistant(client)


async def test_a_specification_becomes_ready_and_progress_is_told(instance: Instance) -> None:
    told: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    specification = tomllib.loads((SPECS / "flashcards.toml").read_text())
    async with stdio_assistant(instance.data_dir) as helper:
        started = await helper.call("build", specification=specification)
        followed = await helper.client.call_tool(
            "follow", {"job_id": started["job_id"], "wait_s": 50}, progress_callback=hear
        )

    assert followed.structured_content is not None
    assert followed.structured_content["status"] == "ready", text_of(followed)
    assert {"Starting...", "Running checks...", "Build complete!"} <= set(told)


async def test_without_an_instance_the_tools_are_listed_and_a_call_says_what_to_do(tmp_path: Path) -> None:
    async with stdio_assistant(tmp_path) as helper:
        tools = (await helper.client.list_tools()).tools
        code, words = await helper.refused("projects")

    assert {tool.name for tool in tools} >= {"describe_apps", "build"}
    assert code == "server_unreachable"
    assert "up` in a terminal" in words


async def test_a_wrong_token_is_refused_in_words(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text((instance.data_dir / "instance.json").read_text())
    (tmp_path / "token").write_text("cf_wrong")
    async with stdio_assistant(tmp_path) as helper:
        code, words = await helper.refused("projects")

    assert code == "unauthenticated", words


def test_the_lines_to_paste_start_this_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli.main", "mcp", "config", "--data-dir", str(tmp_path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=BACKEND).stdout
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, check=True, cwd=BACKEND).stdout)

    assert Path(told["command"]).is_file()
    assert told["args"] == ["mcp", "--data-dir", str(tmp_path)]
    for name in ("Claude", "Cursor", "VS Code", "ChatGPT"):
        assert name in lines
