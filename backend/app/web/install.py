"""The page on the application: its addresses, its files and its failures."""

from __future__ import annotations

from fastapi import FastAPI

from app.api.flat import include_flat
from app.web import static_files
from app.web.failures import install_failure_pages
from app.web.routes import decide, enter, home, new, plan, room


def install_page(app: FastAPI) -> None:
    """Add the page to the application of the API, after its error handlers."""
    for part in (static_files, enter, home, new, plan, room, decide):
        include_flat(app, part.router, prefix="", tag="page")
    install_failure_pages(app)
