"""The page on the application: its addresses, its files and its failures."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from app.api.flat import include_flat
from app.web import static_files
from app.web.failures import install_failure_pages
from app.web.routes import (
    decide,
    enter,
    gallery,
    help_desk,
    home,
    launch,
    new,
    plan,
    records,
    room,
    settings,
    share,
    versions,
)

PARTS: Final = (
    *(static_files, enter, home, new, plan, room, versions, launch),
    *(share, records, settings, decide, help_desk, gallery),
)


def install_page(app: FastAPI) -> None:
    """Add the page to the application of the API, after its error handlers."""
    for part in PARTS:
        include_flat(app, part.router, prefix="", tag="page")
    # After the routes and after the API's handlers, which it wraps.
    install_failure_pages(app)
