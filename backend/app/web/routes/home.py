"""The founder's projects."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from app.api.deps import ServicesDep
from app.web.rendering import page
from app.web.session import PageCaller

router = APIRouter(include_in_schema=False)

MOST: Final = 60


@router.get("/", response_class=Response)
async def home(request: Request, caller: PageCaller, services: ServicesDep) -> Response:
    """Every project as a card, newest first."""
    async with services.database.autocommit() as tx:
        views = await services.projects.page(tx, caller.id, after=None, limit=MOST)
        ready = await services.projects.newest_versions(tx, [view.project.id for view in views])
    return page(request, "home.html", views=views, ready=ready)
