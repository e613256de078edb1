"""The answers in place of an app that does not answer: a plain page, or a problem document for programs."""

from __future__ import annotations

import html
import json
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

PROBLEM: Final = "application/problem+json"
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem;color:#1f2430;"
    "background:#fff}h1{font-size:1.4rem}small{color:#5b6270}"
    "input,button{font:inherit;min-height:44px;padding:.4rem .8rem;border:1px solid #767d8b;border-radius:8px}"
    "@media(prefers-color-scheme:dark){body{background:#14171c;color:#e8eaee}small{color:#a5acb8}}"
)
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_REFRESH_S: Final = 1


def is_navigation(request: web.BaseRequest) -> bool:
    """True when a person waits for a page, and not a script for an answer."""
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("Accept", "")
        # Older browsers and those on plain http do not send it.
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def starting() -> web.Response:
    """The page that waits for the app by loading itself again."""
    return web.Response(
        status=503,
        text=_html_page(
            "Starting your app...",
            "It was asleep. This page opens it as soon as it is up.",
            head=f'<meta http-equiv="refresh" content="{_REFRESH_S}">',
        ),
        content_type="text/html",
        headers={**_PAGE_HEADERS, "Retry-After": str(_REFRESH_S)},
    )


def plain_page(title: str, body: str, *, status: int, sends_form: bool = False) -> web.Response:
    """A page whose body is HTML of ours."""
    policy = _PAGE_HEADERS["Content-Security-Policy"] + ("; form-action 'self'" if sends_form else "")
    return web.Response(
        status=status,
        text=_framed_html(title, body),
        content_type="text/html",
        headers={**_PAGE_HEADERS, "Content-Security-Policy": policy, "X-Frame-Options": "DENY"},
    )


def failure(
    request: web.BaseRequest,
    *,
    status: int,
    title: str,
    detail: str,
    code: str,
    debug_id: str,
    remedy: str | None = None,
    retry_after: int | None = None,
) -> web.Response:
    """The answer in place of the app's: a page for a person, problem+json for a program."""
    headers: CIMultiDict[str] = CIMultiDict(_PAGE_HEADERS)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if is_navigation(request):
        text = _html_page(title, f"{detail} {remedy or ''}".strip(), small=f"Reference {debug_id}")
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "debug_id": debug_id,
        **({"remedy": remedy} if remedy else {}),
    }
    return web.Response(status=status, text=json.dumps(problem), content_type=PROBLEM, headers=headers)


def _html_page(title: str, text: str, *, head: str = "", small: str = "") -> str:
    return _framed_html(
        title, f'<p role="status">{html.escape(text)}</p><small>{html.escape(small)}</small>', head=head
    )


def _framed_html(title: str, body: str, *, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width">{head}<style>{_STYLE}</style></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )
