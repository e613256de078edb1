"""Puts the app together: `uvicorn app.main:app` serves it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from . import accounts, database, pages, public, seed, sheets, view_pages
from .rendering import render
from .schema import ABOUT, SIGN_IN
from .security import Guard

HERE = Path(__file__).parent
MESSAGES = {404: "There is no such page.", 405: "This page cannot be used that way."}


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    if database.migrate():
        seed.fill()
    app.state.key = database.secret()
    yield


def create_app() -> FastAPI:
    """The whole app; its database is opened when it starts."""
    app = FastAPI(
        title=ABOUT.title, lifespan=_life, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.add_middleware(Guard)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    # The more particular address comes first: /{table} takes whatever is left.
    if SIGN_IN:
        app.include_router(accounts.router)
    for one in (public, sheets, view_pages, pages):
        app.include_router(one.router)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(RequestValidationError, _show_bad_address)
    app.add_exception_handler(Exception, _show_failure)
    return app


async def _show_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    headers = (error.headers or {}) if isinstance(error, HTTPException) else {}
    if "location" in headers:
        return RedirectResponse(headers["location"], status)
    generic = not detail or (status in MESSAGES and detail in ("Not Found", "Method Not Allowed"))
    return _error_page(request, status, MESSAGES.get(status, "That did not work.") if generic else detail)


async def _show_bad_address(request: Request, error: Exception) -> Response:
    return _error_page(request, 404, MESSAGES[404])


async def _show_failure(request: Request, error: Exception) -> Response:
    logging.getLogger("app").error("%s failed", request.url.path, exc_info=error)
    return _error_page(request, 500, "Something went wrong on our side. Nothing was lost; please try again.")


def _error_page(request: Request, status: int, message: str) -> HTMLResponse:
    context = {"status": status, "message": message, "heading": message}
    return render(request, "error.html", context, status=status)


app = create_app()
