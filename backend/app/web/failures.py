"""Errors as pages for people, at every address that is not the API's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from app.api.errors import render
from app.core.errors import AppError, ConfirmationNeeded, InvalidInput
from app.mcp_server.mount import PATH as MCP_PATH
from app.web.form import Form, read_form
from app.web.rendering import page

FOR_PROGRAMS: Final = ("/api/", f"{MCP_PATH}/")
_NOTHING_HERE: Final = {
    "title": "There is nothing here",
    "remedy": "It was deleted, or the address is not whole.",
}
SENT_AGAIN: Final = (401, 500, 503)
"""The same form may be taken once somebody is signed in, or once what was away is back."""
NOT_SHOWN_AGAIN: Final = frozenset({"token", "key", "code"})
"""Secrets: whoever sends one again types it again."""
_NO_ADDRESS: Final = "No page of Co-Founder has this address."
Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


def install_failure_pages(app: FastAPI) -> None:
    """Show what the handlers of the API say as a page, where a person reads it."""
    for kind in (AppError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _as_page(cast("Handler", app.exception_handlers[kind])))


def _as_page(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def shown(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        is_sent_again = answer.status_code in SENT_AGAIN or isinstance(error, ConfirmationNeeded)
        written = await _written_in(request, answer.status_code) if is_sent_again else []
        return _for_program_or_person(request, answer, error, written)

    return shown


def refusal_of(scope: Scope, error: AppError) -> Response:
    """The answer to a request that reaches no handler."""
    return _for_program_or_person(Request(scope), render(error), error)


async def _written_in(request: Request, status: int) -> list[tuple[str, str]]:
    """The fields of a form that was sent after its session had ended, so that it can be sent again.

    Only pages of ours come as far as that: a post from elsewhere is refused before anybody asks for the session.
    """
    form: Form | None = getattr(request.state, "form", None)
    # What nobody foresaw is told where the body is out of reach.
    if form is None and request.method == "POST" and status != 500:
        with suppress(InvalidInput, ClientDisconnect):
            form = await read_form(request)
    return [(name, value) for name, value in form.items() if name not in NOT_SHOWN_AGAIN] if form else []


def _for_program_or_person(
    request: Request, answer: JSONResponse, error: Exception, written: Sequence[tuple[str, str]] = ()
) -> Response:
    """The answer as a program reads it, or as a page for a person."""
    # With a slash behind, so that /mcp itself counts and /apiary does not.
    if f"{request.url.path}/".startswith(FOR_PROGRAMS):
        return answer
    problem = json.loads(bytes(answer.body))
    if isinstance(error, RequestValidationError) or problem["status"] == 405:
        # The forms are read by the page itself, so it is the address: nobody wrote that field by field.
        problem |= _NOTHING_HERE | {"detail": _NO_ADDRESS}
    if problem["status"] == 404 and problem["code"] == "not_found":
        # A router that knows no such address has no words for a person.
        detail = _NO_ADDRESS if problem["detail"] == "Not Found." else problem["detail"]
        problem |= _NOTHING_HERE | {"detail": detail}
    failure = failure_page(request, problem, written)
    if "retry-after" in answer.headers:
        failure.headers["retry-after"] = answer.headers["retry-after"]
    return failure


def failure_page(request: Request, problem: dict[str, Any], written: Sequence[tuple[str, str]] = ()) -> Response:
    """The page that says what is wrong and what to do; `written` is kept on it, to be sent again."""
    status = int(problem["status"])
    template = "locked.html" if status == 401 else "failure.html"
    return page(request, template, status=status, problem=problem, written=written)
