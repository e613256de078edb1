"""The founder's own page, and the settings of one project."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from app.api.deps import ServicesDep
from app.core.errors import BuildInProgress, InvalidInput
from app.core.ids import ProjectId
from app.schemas.text import Name
from app.web.form import FormDep, checked
from app.web.rendering import go_to, page
from app.web.room_view import Room, look_into
from app.web.session import BuildingCaller, PageCaller

router = APIRouter(include_in_schema=False)

NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


@router.get("/settings", response_class=Response)
async def settings(request: Request, caller: BuildingCaller, services: ServicesDep) -> Response:
    """Who is signed in, what was used, and where everything is."""
    async with services.database.autocommit() as tx:
        usage = await services.queue.usage(tx, caller.id, caller.tier)
    return page(
        request,
        "settings.html",
        caller=caller,
        usage=usage,
        engines=services.engines,
        data_dir=str(request.app.state.settings.data.root),
    )


@router.get("/usage", response_class=Response)
async def usage() -> Response:
    """Where usage is shown."""
    return go_to("/settings#usage")


@router.get("/p/{project_id}/settings", response_class=Response)
async def project_settings(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep
) -> Response:
    """The name of a project, its decisions, and putting it aside or away."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=None)
    return _project_page(request, room)


@router.post("/p/{project_id}/settings", response_class=Response)
async def change_project(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Rename, park, take up again or delete a project."""
    found = ProjectId(project_id)
    room = await look_into(services, caller.id, found, version=None)
    try:
        async with services.database.transaction() as tx:
            match form["do"]:
                case "rename":
                    name = checked(NAME, form["name"], called="The name")
                    await services.projects.change(tx, caller.id, found, name=name, description=None)
                case "park" | "unpark":
                    await services.projects.set_parked(tx, caller.id, found, parked=form["do"] == "park")
                case "delete" if form["name"].strip() == room.project.name:
                    await services.projects.delete(tx, caller.id, found)
                case "delete":
                    raise InvalidInput("Write the name of the project as it is, to delete it.")
    except (InvalidInput, BuildInProgress) as error:
        told = f"{error.detail} {error.remedy or ''}".strip()
        return _project_page(request, room, status=error.status, problem=told)
    if form["do"] == "delete":
        await services.versions.forget(found)
        return go_to("/")
    return go_to(f"/p/{project_id}/settings")


def _project_page(request: Request, room: Room, *, status: int = 200, **values: Any) -> Response:
    told = {"problem": "", **values}
    return page(request, "project_settings.html", status=status, room=room, **told)
