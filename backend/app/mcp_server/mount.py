"""The address `/mcp` of the API: checks the token, and starts the server behind it with the first assistant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final, Protocol, cast

import structlog
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import render
from app.container import Services
from app.core.errors import AppError, Unauthenticated, Unavailable

log = structlog.get_logger(__name__)

PATH: Final = "/mcp"
CALLER: Final = "cofounder.caller"
"""The member of a request's scope that says which founder asks."""

Refuse = Callable[[Scope, AppError], ASGIApp]

_REFUSED: Final = -32600
"""The protocol's code of a request that is not served."""

_KEPT_HEADERS: Final = frozenset({"www-authenticate", "retry-after"})

_CALLED: Final = frozenset({PATH, f"{PATH}/"})


class _Serving(Protocol):
    async def serve(self, ready: asyncio.Future[ASGIApp]) -> None: ...


class AssistantMount:
    """Serves assistants at `/mcp` and hands every other request on.

    The protocol's library is imported in a thread at the first request: who uses no assistant pays nothing for it.
    """

    def __init__(self, app: ASGIApp, *, assistants: Assistants) -> None:
        self._app = app
        self._assistants = assistants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an assistant, or let the rest of the API answer."""
        if scope["type"] != "http" or scope["path"] not in _CALLED:
            await self._app(scope, receive, send)
            return
        try:
            server = await self._assistants.find_server(scope)
        except AppError as error:
            await refuse_assistant(error)(scope, receive, send)
            return
        await server(scope, receive, send)


def refuse_assistant(error: AppError) -> ASGIApp:
    """The document of a failure, with a message of the protocol in it: its clients hand on no other sentence."""
    document = render(error)
    message = "\n".join([error.detail, f"What to do: {error.remedy}" if error.remedy else ""]).rstrip()
    envelope = {"jsonrpc": "2.0", "id": None, "error": {"code": _REFUSED, "message": message}}
    headers = {name: value for name, value in document.headers.items() if name in _KEPT_HEADERS}
    return JSONResponse({**json.loads(bytes(document.body)), **envelope}, document.status_code, headers)


def refusing(refuse: Refuse) -> Refuse:
    """Answers what was refused before it came here: an assistant as assistants are, others by `refuse`."""
    return lambda scope, error: refuse_assistant(error) if scope["path"] in _CALLED else refuse(scope, error)


class Assistants:
    """Owns the server for assistants from its first request until the API stops."""

    def __init__(self) -> None:
        self._serving: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ASGIApp] | None = None

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """While the block lasts, assistants are answered."""
        try:
            yield
        finally:
            if self._serving is not None:
                self._serving.cancel()
                # Not its result: what failed has been told, and the API must stop all the same.
                await asyncio.wait({self._serving})

    async def find_server(self, scope: Scope) -> ASGIApp:
        """The server for this request; its scope says from now on which founder asks. Unauthenticated."""
        services: Services = scope["app"].state.services
        scheme, token = get_authorization_scheme_param(Headers(scope=scope).get("authorization"))
        # Before the library is imported: who has no token costs nothing.
        if scheme.lower() != "bearer" or not token:
            remedy = "Send 'Authorization: Bearer <token>' (see: cofounder mcp config)."
            raise Unauthenticated("This needs an access token.", remedy=remedy)
        scope[CALLER] = await services.founders.caller(token)
        # Also after one that could not start or has ended: nobody else would begin another.
        if self._ready is None or self._serving is None or self._serving.done():
            self._ready = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(_serve_assistants(self._ready), name="assistants")
        # A request that is cut off must not cancel the start that others wait for.
        return await asyncio.shield(self._ready)


async def _serve_assistants(ready: asyncio.Future[ASGIApp]) -> None:
    try:
        # In a thread: the import takes long enough to hold up every other request.
        serving = cast("_Serving", await asyncio.to_thread(import_module, "app.mcp_server.http"))
        await serving.serve(ready)
    except Exception:
        log.exception("assistants_not_answered")
    finally:
        if not ready.done():
            ready.set_exception(Unavailable("Assistants cannot be answered now."))
