"""Assistants over standard input and output: tools are listed here, calls go to the running instance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2
import mcp_types as types
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types.version import LATEST_MODERN_VERSION

from app.core.errors import AppError, Unauthenticated, Unavailable
from app.mcp_server.mount import PATH
from app.mcp_server.server import make_server, refusal_result

TIMEOUT_S: Final = 90.0
"""Longer than the longest wait of a tool."""

_FAILURES: Final = (MCPError, httpx2.TransportError, OSError)
"""What the client raises when the instance goes away or refuses."""


@dataclass(frozen=True)
class Place:
    """A running instance and the token of its founder."""

    url: str
    token: str


def run(find: Callable[[], Place]) -> None:
    """Serve until standard input ends. `find` names the instance anew for each call, or raises AppError."""
    asyncio.run(_serve_stdio(find))


async def _serve_stdio(find: Callable[[], Place]) -> None:
    async def call(
        name: str, arguments: Mapping[str, Any], context: ServerRequestContext[Any, Any]
    ) -> types.CallToolResult:
        try:
            # Anew for each call: the instance may have been started again on another port, with another token.
            return await _forward(find(), name, arguments, context)
        except AppError as error:
            return refusal_result(error)

    server = make_server(call)
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())


async def _forward(
    place: Place, name: str, arguments: Mapping[str, Any], context: ServerRequestContext[Any, Any]
) -> types.CallToolResult:
    """The instance's result. Unavailable, Unauthenticated."""

    async def pass_on(progress: float, total: float | None, message: str | None) -> None:
        await context.session.report_progress(progress, total, message)

    statuses: list[int] = []

    async def note(response: httpx2.Response) -> None:
        statuses.append(response.status_code)

    headers = {"Authorization": f"Bearer {place.token}"}
    try:
        # The instance is on this machine or named by its owner: no proxy from the environment may come between.
        async with (
            httpx2.AsyncClient(
                headers=headers, timeout=TIMEOUT_S, trust_env=False, event_hooks={"response": [note]}
            ) as http,
            Client(
                streamable_http_client(f"{place.url}{PATH}", http_client=http),
                mode=LATEST_MODERN_VERSION,
                # This client lives for one call and has nothing to remember.
                cache=None,
            ) as client,
        ):
            return await client.call_tool(name, dict(arguments), progress_callback=pass_on)
    except (ExceptionGroup, *_FAILURES) as error:
        # A group that holds anything else holds a fault of ours, which must not pass for an absent instance.
        if isinstance(error, ExceptionGroup) and error.split(_FAILURES)[1] is not None:
            raise
        raise _refusal_for(place, statuses) from error


def _refusal_for(place: Place, statuses: Sequence[int]) -> AppError:
    if HTTPStatus.UNAUTHORIZED in statuses:
        return Unauthenticated(
            "The instance does not know this token.", remedy="Ask the founder to start this assistant again."
        )
    return Unavailable(f"{place.url} did not answer as Co-Founder does.")
