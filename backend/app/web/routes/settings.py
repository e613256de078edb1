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
from app.web.form import FormDep, check_text
from app.web.rendering import go_to, page
from app.web.room_view import Room, look_into
from app.web.session import BuildingCaller, PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)

NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


@router.get("/settings", response_class=Response)
async def settings(request: Request, caller: BuildingCaller, services: ServicesDep) -> Response:
    """The signed-in founder, the usage, and the places of everything."""
    async with services.database.autocommit() as tx:
        usage = await services.queue.usage(tx, caller.id, caller.tier)
        usual = await services.queue.usual_seconds(tx)
        spent = await services.models.usage(tx, caller.id, job_id=None)
    return page(
        request,
        "settings.html",
        caller=caller,
        usage=usage,
        usual=usual,
        shares=spent.shares,
        engines=services.engines,
        data_dir=str(request.app.state.settings.data.root),
    )


@router.get("/usage", response_class=Response)
async def usage() -> Response:
    """Lead to the place where usage is shown."""
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
    key = ProjectId(project_id)
    room = await look_into(services, caller.id, key, version=None)
    try:
        async with services.database.transaction() as tx:
            match form["do"]:
                case "rename":
                    name = check_text(NAME, form["name"], called="The name")
                    await services.projects.change(tx, caller.id, key, name=name, description=None)
                case "park" | "unpark":
                    await services.projects.set_parked(tx, caller.id, key, parked=form["do"] == "park")
                # The name has to be typed, since nothing brings a project back.
                case "delete" if form["name"].strip() == room.project.name:
                    await services.projects.delete(tx, caller.id, key)
                case "delete":
                    raise InvalidInput("Write the name of the project as it is, to delete it.")
    except (InvalidInput, BuildInProgress) as error:
        problem = problem_of(error)
        return _project_page(request, room, status=error.status, problem=problem)
    if form["do"] == "delete":
        # After the commit, so that a deletion that fails has lost no files.
        await services.versions.forget(key)
        return go_to("/")
    return go_to(f"/p/{project_id}/settings")


def _project_page(request: Request, room: Room, *, status: int = 200, **values: Any) -> Response:
    context = {"problem": "", **values}
    return page(request, "project_settings.html", status=status, room=room, **context)
