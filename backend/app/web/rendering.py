"""Pages from templates, with the headers that keep other sites and scripts out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import __version__
from app.web import words
from app.web.static_files import address_of

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    # A name that a route forgot is an error in its test, and not an empty place on the page.
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(asset=address_of, version=__version__)
_TEMPLATES.filters.update(
    ago=words.ago,
    seconds=words.seconds,
    moment=words.moment,
    version_name=words.version_name,
    check_name=words.check_name,
    state=words.state_of,
    clip=words.clip,
    pictures=words.pictures_of,
    stage=words.stage_name,
    hint=words.stage_hint,
    by_reason=words.by_reason,
)

_HEADERS: Final = {
    # After signing out, the back button must not show what was there.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def policy(request: Request, *, form_leads_to_app: bool = False) -> str:
    """The content security policy: this origin's own files, and frames of previews.

    Browsers hold the answer to a form against it as well, so a form that leads to an app has to name the apps.
    """
    previews = f"http://*.localhost:{request.app.state.settings.previews_port}"
    forms = f"'self' {previews}" if form_leads_to_app else "'self'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        # Previews have origins of their own and may be framed here; this page itself may be framed by nobody.
        f"form-action {forms}; frame-src {previews}; frame-ancestors 'none'; base-uri 'none'"
    )


def is_keyless(request: Request) -> bool:
    """True if no AI model can be asked here, so that nothing costs money."""
    # Refusals are shown also before anybody is known.
    return not getattr(request.state, "has_model", False)


def fragment(template: str, /, **values: Any) -> str:  # Any: what the template shows
    """A part of a page."""
    return _TEMPLATES.get_template(template).render(now=datetime.now(UTC), **values)


def page(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    form_leads_to_app: bool = False,
    **values: Any,  # Any: likewise
) -> HTMLResponse:
    """A whole page."""
    text = fragment(template, path=request.url.path, is_keyless=is_keyless(request), **values)
    allowed = policy(request, form_leads_to_app=form_leads_to_app)
    return HTMLResponse(text, status, {**_HEADERS, "Content-Security-Policy": allowed})


def go_to(path: str) -> RedirectResponse:
    """Lead to another page, after something was done."""
    # 303, so that a reload shows the page again and does not send the form again.
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
