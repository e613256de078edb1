"""An assistant of the founder's, by the protocol's own client over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent


class Assistant:
    """Calls tools; `call` expects an answer, `refused` expects none."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The data of an answer; the words are its `summary`."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, text_of(result)
        return result.structured_content or {"summary": text_of(result)}

    async def refused(self, tool: str, **arguments: Any) -> tuple[str, str]:
        """The code and the words of a refusal."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, text_of(result)
        assert result.structured_content is not None
        return str(result.structured_content["code"]), text_of(result)

    async def built(self, **arguments: Any) -> dict[str, Any]:
        """A build followed to its end."""
        return await self.followed(await self.call("build", **arguments))

    async def followed(self, started: dict[str, Any]) -> dict[str, Any]:
        """A started build once it has ended."""
        last = 0
        while True:
            told = await self.call("follow", job_id=started["job_id"], after=last, wait_s=30)
            if told["ended"]:
                if told["status"] == "failed":
                    # pytest shows it beside the assertion that follows
                    print((await self.call("evidence", job_id=started["job_id"]))["summary"])
                return told
            last = told["last_event"]


def text_of(result: CallToolResult) -> str:
    """The words of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


@asynccontextmanager
async def assistant(url: str, token: str, *, mode: str = "auto") -> AsyncIterator[Assistant]:
    """An assistant that is connected while the block lasts."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=90, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield Assistant(client)
