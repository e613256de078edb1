"""Assistants over streamable HTTP: every request stands for itself, so that none is lost by a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp

from app.core.lan import shared_origin
from app.mcp_server.mount import CALLER
from app.mcp_server.server import answer, make_server
from app.mcp_server.tools import Session


async def serve(ready: asyncio.Future[ASGIApp]) -> None:
    """Answer assistants until cancelled; `ready` gets what answers a request.

    Hosts, origins and sizes are judged before, for the whole API.
    """

    async def call(
        name: str, arguments: Mapping[str, Any], context: ServerRequestContext[Any, Any]
    ) -> types.CallToolResult:
        async def report(done: float, text: str) -> None:
            await context.session.report_progress(done, 1.0, text)

        assert context.request is not None
        scope = context.request.scope
        state = scope["app"].state
        # A link goes to somebody else's device, where "localhost" would be their own.
        origin = shared_origin(state.settings) or str(context.request.base_url).rstrip("/")
        return await answer(name, arguments, Session(state.services, scope[CALLER], report, origin))

    manager = StreamableHTTPSessionManager(make_server(call), stateless=True)
    async with manager.run():
        ready.set_result(manager.handle_request)
        # The manager serves as long as its block lasts, and `answering` ends it.
        await asyncio.Event().wait()
