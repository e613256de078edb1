"""The plan of a project, to read, to correct and to build."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.api.deps import ServicesDep
from app.blueprint.plan import plan_of
from app.core.ids import ProjectId
from app.web.rendering import page
from app.web.room_view import look_into
from app.web.session import PageCaller

router = APIRouter(include_in_schema=False)


@router.get("/p/{project_id}/plan", response_class=Response)
async def plan(request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """What the next build makes."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=None)
    async with services.database.autocommit() as tx:
        view = await services.specs.get(tx, caller.id, ProjectId(project_id))
    return page(request, "plan.html", room=room, view=view, plan=plan_of(view.spec))
