"""Puts the app together: `uvicorn app.main:app` serves it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from . import database, pages, seed
from .schema import ABOUT
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
    app.include_router(pages.router)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(RequestValidationError, _show_bad_address)
    app.add_exception_handler(Exception, _show_failure)
    return app


async def _show_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    generic = not detail or (status in MESSAGES and detail in ("Not Found", "Method Not Allowed"))
    return _error_page(status, MESSAGES.get(status, "That did not work.") if generic else detail)


async def _show_bad_address(request: Request, error: Exception) -> Response:
    return _error_page(404, MESSAGES[404])


async def _show_failure(request: Request, error: Exception) -> Response:
    logging.getLogger("app").error("%s failed", request.url.path, exc_info=error)
    return _error_page(500, "Something went wrong on our side. Nothing was lost; please try again.")


def _error_page(status: int, message: str) -> HTMLResponse:
    return pages.render("error.html", {"status": status, "message": message, "heading": message}, status=status)


app = create_app()
