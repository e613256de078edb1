"""Errors as pages for people, at every address that is not the API's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.api.errors import render
from app.core.errors import AppError
from app.mcp_server.mount import PATH as MCP_PATH
from app.web.rendering import page

FOR_PROGRAMS: Final = ("/api/", f"{MCP_PATH}/")
_NOTHING_HERE: Final = {
    "title": "There is nothing here",
    "remedy": "It was deleted, or the address is not whole.",
}
_NO_ADDRESS: Final = "No page of Co-Founder has this address."
Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


def install_failure_pages(app: FastAPI) -> None:
    """Show what the handlers of the API say as a page, where a person reads it."""
    for kind in (AppError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _as_page(cast("Handler", app.exception_handlers[kind])))


def _as_page(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def shown(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        return _for_program_or_person(request, answer)

    return shown


def refusal_of(scope: Scope, error: AppError) -> Response:
    """The answer to a request that reaches no handler."""
    return _for_program_or_person(Request(scope), render(error))


def _for_program_or_person(request: Request, answer: JSONResponse) -> Response:
    """The answer as a program reads it, or as a page for a person."""
    # With a slash behind, so that /mcp itself counts and /apiary does not.
    if f"{request.url.path}/".startswith(FOR_PROGRAMS):
        return answer
    problem = json.loads(bytes(answer.body))
    if problem["status"] == 404 and problem["code"] == "not_found":
        # A router that knows no such address has no words for a person.
        detail = _NO_ADDRESS if problem["detail"] == "Not Found." else problem["detail"]
        problem = _NOTHING_HERE | problem | {"title": _NOTHING_HERE["title"], "detail": detail}
    failure = failure_page(request, problem)
    if "retry-after" in answer.headers:
        failure.headers["retry-after"] = answer.headers["retry-after"]
    return failure


def failure_page(request: Request, problem: dict[str, Any]) -> Response:
    """The page that says what is wrong and what to do."""
    status = int(problem["status"])
    template = "locked.html" if status == 401 else "failure.html"
    return page(request, template, status=status, problem=problem)
