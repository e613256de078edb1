"""Every failure as a problem document (RFC 9457); what was sent is never repeated in the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.core.errors import AppError
from app.core.ids import new_debug_id

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
ABOUT: Final = "urn:cofounder:problem:"

_PLAIN: Final = {
    "uuid_parsing": "is not a UUID",
    "uuid_type": "is not a UUID",
    "string_type": "is not a text",
    "string_unicode": "holds characters that are not text",
    "json_invalid": "is not valid JSON",
    "text_blank": "is blank",
    "text_unusable": "holds characters that are not text",
    "text_lines": "is more than one line",
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "int_parsing": "is not a whole number",
}


class Problem(BaseModel):
    """An error: `detail` is a sentence for people, `code` is for programs, `debug_id` is found in the log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    debug_id: str


Responses = dict[int | str, dict[str, Any]]  # Any: what FastAPI takes


def problem_responses(*statuses: int) -> Responses:
    """What the document of the API says of these refusals."""
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {}}}
        for status in statuses
    }


PROBLEMS: Final = problem_responses(401, 403, 404, 409, 413, 421, 422, 503)
"""The refusals of every route; `include_flat` adds those that come from what a route asks for."""

FRAMEWORK_CODES: Final = {400: "bad_request", 401: "unauthenticated", 404: "not_found", 405: "method_not_allowed"}
"""The codes of what the web framework refuses before a route is found or read."""


def problem(
    status: int, code: str, title: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
) -> JSONResponse:
    """One problem document; its debug id goes to the log as well."""
    debug_id = new_debug_id()
    log.info("request_refused", debug_id=debug_id, status=status, code=code)
    body = {
        "type": ABOUT + code,
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "debug_id": debug_id,
        **extra,
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def install_error_handlers(app: FastAPI) -> None:
    """Render every exception of the app."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _render_invalid)
    app.add_exception_handler(HTTPException, _render_http)
    app.add_exception_handler(Exception, _render_unexpected)


def render(error: AppError) -> JSONResponse:
    """The document of an expected failure."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    # HTTP asks that a 401 says how to sign in.
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    remedy = {"remedy": error.remedy} if error.remedy else {}
    return problem(error.status, error.code, error.title, error.detail, headers=headers, **remedy, **error.extra)


async def _app_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    # What a caller has done wrong is no news for whoever keeps the instance.
    if error.status >= 500:
        log.warning("request_failed", code=error.code, detail=error.detail, exc_info=error.__cause__)
    return render(error)


async def _render_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"field": _field_name(mistake["loc"]), "problem": _problem_text(mistake)} for mistake in error.errors()
    ]
    detail = "; ".join(f"{mistake['field']} {mistake['problem']}" for mistake in wrong[:5]) + "."
    return problem(422, "invalid_input", "The request is not valid", detail, errors=wrong[:20])


def _field_name(loc: tuple[int | str, ...]) -> str:
    """The place of a mistake by names of ours; the name of an unknown member would be the sender's."""
    safe_parts = [str(part) for part in loc[:2] if isinstance(part, str) and part.replace("_", "").isalpha()]
    return ".".join(safe_parts)[:80] or "body"


def _problem_text(one: dict[str, Any]) -> str:
    plain = _PLAIN.get(one["type"])
    if plain:
        return plain
    if one["type"] == "string_too_long":
        return f"is longer than {one['ctx']['max_length']} characters"
    return "is not valid"


async def _render_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, AppError):  # FastAPI wraps what goes wrong while it reads a body
        return render(error.__cause__)
    # The framework calls it a 400 without saying which part cannot be read.
    if isinstance(error.__cause__, UnicodeDecodeError):
        return problem(422, "invalid_input", "The request is not valid", "body is not valid UTF-8.")
    phrase = HTTPStatus(error.status_code).phrase
    code = FRAMEWORK_CODES.get(error.status_code, AppError.code)
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, code, phrase, f"{phrase}.", headers=headers)


async def _render_unexpected(_: Request, error: Exception) -> JSONResponse:
    # First, so that the debug id that the founder reads stands in the log just before the traceback.
    answer = problem(
        500, "internal_error", "Something went wrong", "Something went wrong on our side. Nothing was lost."
    )
    log.error("unexpected_error", exc_info=error)
    return answer
