"""The founder's own page, and the settings of one project."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from app.api.deps import ServicesDep
from app.container import Services
from app.core.errors import BuildInProgress, InvalidInput, NotFound
from app.core.ids import ProjectId
from app.db.engine import Connection
from app.schemas.text import Name
from app.services.founder_service import Caller
from app.web.form import Form, FormDep, check_text
from app.web.rendering import go_to, page
from app.web.room_view import Room, look_into
from app.web.session import BuildingCaller, PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)

NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


@router.get("/settings", response_class=Response)
async def settings(
    request: Request, caller: BuildingCaller, services: ServicesDep, look: bool = False
) -> Response:
    """The signed-in founder, the usage, and the places of everything; `look` for model servers on this machine."""
    return await _settings_page(request, caller, services, looks=look)


@router.post("/settings", response_class=Response)
async def change_settings(
    request: Request, caller: BuildingCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Choose the model for all projects, or keep and remove keys."""
    try:
        async with services.database.transaction() as tx:
            if form["do"] == "remove key":
                place = {"provider": form["provider"], "url": form["url"]}
                await services.choices.remove_key(tx, caller.id, **place)
            else:
                await change_model(tx, services, caller, form, project_id=None)
    except (InvalidInput, NotFound) as error:
        problem = problem_of(error)
        return await _settings_page(request, caller, services, status=error.status, problem=problem)
    return go_to("/settings#model")


async def change_model(
    tx: Connection, services: Services, caller: Caller, form: Form, *, project_id: ProjectId | None
) -> None:
    """Choose or forget a model, and keep the key that is given with it. InvalidInput."""
    if form["do"] == "forget model":
        await services.choices.forget(tx, caller.id, project_id)
        return
    name, url = form["model"].strip(), form["url"].strip() or None
    model = f"{form['provider']}:{name}" if form["provider"] else name
    await services.choices.choose(tx, caller.id, project_id, model=model, url=url)
    if form["key"].strip():
        provider = model.partition(":")[0].strip()
        await services.choices.keep_key(tx, caller.id, provider=provider, url=url, key=form["key"])


async def _settings_page(
    request: Request,
    caller: BuildingCaller,
    services: ServicesDep,
    *,
    looks: bool = False,
    status: int = 200,
    problem: str = "",
) -> Response:
    async with services.database.autocommit() as tx:
        usage = await services.queue.usage(tx, caller.id, caller.tier)
        usual = await services.queue.usual_seconds(tx)
        spent = await services.models.usage(tx, caller.id, job_id=None)
        chosen = await services.choices.find(tx, caller.id, None)
        keys = await services.choices.keys(tx, caller.id)
    return page(
        request,
        "settings.html",
        status=status,
        caller=caller,
        chosen=chosen,
        keys=keys,
        servers=await services.models.servers_here() if looks else None,
        only_named=services.models.only_named,
        problem=problem,
        usage=usage,
        usual=usual,
        shares=spent.shares,
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
    return await _project_page(request, services, caller, room)


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
                case "use model" | "forget model":
                    await change_model(tx, services, caller, form, project_id=key)
                case "park" | "unpark":
                    await services.projects.set_parked(tx, caller.id, key, parked=form["do"] == "park")
                # The name has to be typed, since nothing brings a project back.
                case "delete" if form["name"].strip() == room.project.name:
                    await services.projects.delete(tx, caller.id, key)
                case "delete":
                    raise InvalidInput("Write the name of the project as it is, to delete it.")
    except (InvalidInput, BuildInProgress) as error:
        problem = problem_of(error)
        return await _project_page(request, services, caller, room, status=error.status, problem=problem)
    if form["do"] == "delete":
        # After the commit, so that a deletion that fails has lost no files.
        await services.versions.forget(key)
        return go_to("/")
    return go_to(f"/p/{project_id}/settings")


async def _project_page(
    request: Request, services: Services, caller: Caller, room: Room, *, status: int = 200, **values: Any
) -> Response:
    async with services.database.autocommit() as tx:
        chosen = await services.choices.find(tx, caller.id, room.project.id)
    context = {"problem": "", "chosen": chosen, **values}
    return page(request, "project_settings.html", status=status, room=room, **context)
