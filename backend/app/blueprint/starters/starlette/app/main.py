"""Puts the app together: `uvicorn app.main:app` serves it."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from . import (
    accounts, by_link, database, drafts, file_pages, mail, move_pages, moves, outbox_pages, pages, passwords, people, public, records, seed, sheets, site,
    tools, view_pages,
)  # fmt: skip
from .rendering import render
from .security import SECRETS, Guard, StalePage

HERE = Path(__file__).parent
FOR_VISITORS = ("/browse-", "/by-link/", "/calculate-", "/forms/")
MESSAGES = {404: "There is no such page.", 405: "This page cannot be used that way."}


class AutomaticMoves:
    """Takes the moves whose time has come before a page is shown, so that every page shows where records stand."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not scope["path"].startswith(("/static/", "/health")):
            await run_in_threadpool(_move_on)
        await self.app(scope, receive, send)


def _move_on() -> None:
    with database.session() as db:
        is_due = moves.any_due(db)
    if is_due:
        with records.writing() as db:
            moves.run_automatic(db)


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    seed.prepare()
    app.state.key = database.secret()
    app.state.setup_code = accounts.new_setup_code()
    _ask_for_owner(app.state.setup_code)
    postman = mail.Postman()
    postman.start()
    yield
    await run_in_threadpool(postman.stop)
    database.close_idle()


def _ask_for_owner(code: str) -> None:
    """Print how the app gets its owner, as long as it has none; in a preview the founder is the owner."""
    if os.environ.get("PREVIEW_KEY"):
        return
    with database.session() as db:
        if people.has_owner(db):
            return
    address = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/setup?code={code}"
    print(f"\nThis app has no owner yet. Open {address}\nor type this code at /setup: {code}\n", flush=True)


def create_app() -> Starlette:
    """The whole app; its database is opened when it starts."""
    # The more particular address comes first: /{table} takes whatever is left.
    groups = [accounts, passwords, outbox_pages, site, tools, public, by_link, file_pages, sheets, view_pages, move_pages, pages]
    static = Mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    made = Starlette(
        routes=[static, *(route for group in groups for route in group.routes.all)],
        middleware=[Middleware(Guard), *([Middleware(AutomaticMoves)] if moves.AUTOMATIC else [])],
        exception_handlers={HTTPException: _show_http_error, database.DiskFull: _show_full, Exception: _show_failure},
        lifespan=_life,
    )
    made.router.redirect_slashes = False
    return made


async def _show_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    headers = (error.headers or {}) if isinstance(error, HTTPException) else {}
    if "location" in headers:
        typed = await drafts.sent_too_late(request)
        return accounts.ask_again(request, typed) if typed else RedirectResponse(headers["location"], status)
    if isinstance(error, StalePage) and drafts.is_theirs(request, error.typed):
        return _ask_to_send_again(request, error)
    generic = not detail or (status in MESSAGES and detail in ("Not Found", "Method Not Allowed"))
    answer = _error_page(request, status, MESSAGES.get(status, "That did not work.") if generic else detail)
    answer.headers.update(headers)
    return answer


def _ask_to_send_again(request: Request, stale: StalePage) -> Response:
    context = {
        "heading": "Send it once more", "typed": {name: text for name, text in stale.typed.items() if name not in SECRETS},
        "asked": [name for name in SECRETS if name in stale.typed], "uploads": stale.uploads,
        "address": request.url.path, "front": request.url.path.startswith(FOR_VISITORS),
    }  # fmt: skip
    return render(request, "stale.html", context, status=stale.status_code)


async def _show_full(request: Request, error: Exception) -> Response:
    return _error_page(request, 507, f"{error} Go back to find it.")


async def _show_failure(request: Request, error: Exception) -> Response:
    logging.getLogger("app").error("%s failed", request.url.path, exc_info=error)
    return _error_page(request, 500, "Something went wrong on our side. Nothing was lost; please try again.")


def _error_page(request: Request, status: int, message: str) -> HTMLResponse:
    # Whoever came to the site stays on it.
    front = request.url.path.startswith(FOR_VISITORS)
    context = {"status": status, "message": message, "heading": message, "front": front}
    return render(request, "error.html", context, status=status)


app = create_app()
