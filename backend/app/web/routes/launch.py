"""Going online: whether a version is ready for it, ways to do it, and everything to take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.api.deps import ServicesDep
from app.api.downloads import bundle_of, paper_file, zip_of
from app.container import Services
from app.core.errors import ConfigurationError, InvalidInput
from app.core.ids import ProjectId
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.services.founder_service import Caller
from app.services.gate_service import require_ready
from app.services.git_export import PushRefused, push
from app.services.launch_files import short_name
from app.services.launch_papers import PAPERS
from app.services.readiness import readiness_of
from app.web.form import FormDep
from app.web.rendering import go_to, page
from app.web.room_view import find_version, look_into
from app.web.routes.room import Number, Version
from app.web.session import PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)


@router.get("/p/{project_id}/launch", response_class=Response)
async def launch(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, version: Version = None
) -> Response:
    """The traffic light of a version, and two or three ways to put it online."""
    return await _launch_page(request, services, caller, project_id, version)


@router.get("/p/{project_id}/v/{number}/export.zip", response_class=StreamingResponse)
async def export(
    project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep, with_data: bool = False
) -> StreamingResponse:
    """The files of a version with what a launch needs, as a zip archive; `with_data` adds its records."""
    return await zip_of(services, await _ready_job(services, caller, project_id, number), with_data=with_data)


@router.get("/p/{project_id}/v/{number}/export.bundle", response_class=Response)
async def export_bundle(project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep) -> Response:
    """Every version up to this one as a git repository in a file."""
    return await bundle_of(services, caller, await _ready_job(services, caller, project_id, number))


@router.get("/p/{project_id}/v/{number}/papers/{name}", response_class=Response)
async def paper(
    project_id: UUID, number: Number, name: str, caller: PageCaller, services: ServicesDep
) -> Response:
    """A paper about a version, such as `brief.md` or `brief.pdf`."""
    return await paper_file(services, caller, await _ready_job(services, caller, project_id, number), name)


@router.post("/p/{project_id}/v/{number}/push", response_class=Response)
async def push_versions(
    request: Request, project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Push every version up to this one to a server, by a token that is used once and not kept."""
    job = await _ready_job(services, caller, project_id, number)
    url, branch = form["url"].strip(), form["branch"].strip() or "main"
    context: dict[str, Any] = {"url": url, "branch": branch}  # Any: what the template shows
    status = 200
    async with services.database.autocommit() as tx:
        commits = await services.launches.commits(tx, caller.id, job)
    try:
        context["pushed"] = await push(commits, url=url, branch=branch, token=form["token"].strip())
    except (InvalidInput, PushRefused, ConfigurationError) as error:
        status, context["problem"] = error.status, problem_of(error)
    return await _launch_page(request, services, caller, project_id, number, status=status, **context)


async def _ready_job(services: Services, caller: Caller, project_id: UUID, number: int) -> Job:
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    require_ready(job)
    return job


async def _launch_page(
    request: Request,
    services: Services,
    caller: Caller,
    project_id: UUID,
    version: int | None,
    *,
    status: int = 200,
    **values: Any,  # Any: what the template shows
) -> Response:
    room = await look_into(services, caller.id, ProjectId(project_id), version=version)
    job = room.previewed
    if job is None:
        return go_to(f"/p/{project_id}")
    async with services.database.autocommit() as tx:
        spec = await services.specs.of_version(tx, job)
    files = await services.versions.files_of(job.project_id, TreeDigest(job.digest or ""))
    return page(
        request,
        "launch.html",
        status=status,
        room=room,
        job=job,
        readiness=readiness_of(job, spec, files),
        name=short_name(spec.title if spec is not None else room.project.name),
        papers=PAPERS if spec is not None else {},
        **{"problem": "", "url": "", "branch": "main", "pushed": None, **values},
    )
