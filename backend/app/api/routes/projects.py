"""Projects and their builds."""

from __future__ import annotations

from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api import cursors
from app.api.answers import answer
from app.api.deps import CallerDep, ServicesDep
from app.api.status import build_out
from app.container import Services
from app.core.errors import SubscriptionRequired
from app.core.ids import ProjectId
from app.db.engine import Connection
from app.schemas.generation import BuildsOut
from app.schemas.projects import (
    IterationsOut,
    LatestBuildOut,
    OldRecordsOut,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    ProjectsOut,
)
from app.services.founder_service import Caller
from app.services.project_service import ProjectView

router = APIRouter()

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=300)]


def project_out(view: ProjectView) -> ProjectOut:
    """A project on the wire."""
    project, latest = view.project, view.latest
    newest = latest and LatestBuildOut(
        job_id=latest.id,
        build_version=latest.build_version,
        status=latest.status.value,
        error_message=latest.error_message,
    )
    return ProjectOut(
        id=project.id,
        name=project.name,
        description=project.description,
        status=project.status,
        stage=project.stage,
        created_at=project.created_at.isoformat(),
        engine=project.engine_asked,
        model=project.model,
        latest_build=newest,
    )


def _page_start(cursor: str | None) -> tuple[datetime, ProjectId] | None:
    if cursor is None:
        return None
    moment, project_id = cursors.unpack(cursor, parts=(str, str))
    try:
        at = datetime.fromisoformat(moment)
        place = at, ProjectId(UUID(project_id))
    except ValueError as error:
        raise cursors.refusal() from error
    # The database cannot compare a moment that leaves the calendar when it is turned into UTC.
    if at.tzinfo is None or not MINYEAR < at.year < MAXYEAR:
        raise cursors.refusal()
    return place


@router.post("", status_code=201, operation_id="create_project")
async def create(body: ProjectIn, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """A new project."""
    async with services.database.transaction() as tx:
        view = await services.projects.create(tx, caller.id, name=body.name, description=body.description or "")
        return await _whole(tx, services, caller, view)


@router.get("", operation_id="list_projects", response_model=ProjectsOut)
async def list_projects(
    caller: CallerDep, services: ServicesDep, cursor: Cursor = None, limit: Limit = 20
) -> Response:
    """The founder's projects, newest first."""
    async with services.database.autocommit() as tx:
        # One more than is shown tells whether there is a next page, without counting them all.
        views = await services.projects.page(tx, caller.id, after=_page_start(cursor), limit=limit + 1)
    page, next_project = views[:limit], views[limit - 1].project if len(views) > limit else None
    following = cursors.pack([next_project.created_at.isoformat(), str(next_project.id)]) if next_project else None
    return answer(ProjectsOut(items=[project_out(view) for view in page], next_cursor=following))


@router.get("/{project_id}", operation_id="get_project", response_model=ProjectOut)
async def get(project_id: UUID, caller: CallerDep, services: ServicesDep) -> Response:
    """One project."""
    async with services.database.autocommit() as tx:
        view = await services.projects.get(tx, caller.id, ProjectId(project_id))
        project = await _whole(tx, services, caller, view)
    return answer(project)


async def _whole(tx: Connection, services: Services, caller: Caller, view: ProjectView) -> ProjectOut:
    """A project with what a list leaves out."""
    project = project_out(view)
    with suppress(SubscriptionRequired):  # who may not build may still look
        tier = (await services.founders.require_subscription(caller)).tier
        iterations = await services.generation.iterations(tx, view.project.id, tier)
        project.iterations = IterationsOut(number=iterations.number, until=iterations.until)
    return project


@router.patch("/{project_id}", operation_id="change_project")
async def change(project_id: UUID, body: ProjectChange, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """Rename a project, or describe it anew."""
    async with services.database.transaction() as tx:
        view = await services.projects.change(
            tx, caller.id, ProjectId(project_id), name=body.name, description=body.description
        )
        return await _whole(tx, services, caller, view)


@router.delete("/{project_id}", status_code=204, operation_id="delete_project")
async def delete(project_id: UUID, caller: CallerDep, services: ServicesDep) -> None:
    """Remove a project for good: its builds, versions, previews, and the records of its apps."""
    async with services.database.transaction() as tx:
        await services.projects.delete(tx, caller.id, ProjectId(project_id))
    # After the commit, so that a deletion that fails has lost no files.
    await services.versions.forget(ProjectId(project_id))


@router.get("/{project_id}/old-records", operation_id="list_old_records")
async def list_old_records(project_id: UUID, caller: CallerDep, services: ServicesDep) -> OldRecordsOut:
    """The versions before the newest that still keep a copy of the records."""
    old_versions = await services.old_records.list(caller.id, ProjectId(project_id))
    return OldRecordsOut(versions=[job.build_version for job in old_versions])


@router.delete("/{project_id}/old-records", operation_id="forget_old_records")
async def forget_old_records(project_id: UUID, caller: CallerDep, services: ServicesDep) -> OldRecordsOut:
    """Remove those copies for good; the records of the newest version stay, and so does every version."""
    old_versions = await services.old_records.forget(caller.id, ProjectId(project_id))
    return OldRecordsOut(versions=[job.build_version for job in old_versions])


@router.post("/{project_id}/park", operation_id="park_project")
async def park(project_id: UUID, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """Put a project aside."""
    async with services.database.transaction() as tx:
        return project_out(await services.projects.set_parked(tx, caller.id, ProjectId(project_id), parked=True))


@router.post("/{project_id}/unpark", operation_id="unpark_project")
async def unpark(project_id: UUID, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """Take a project up again."""
    async with services.database.transaction() as tx:
        return project_out(await services.projects.set_parked(tx, caller.id, ProjectId(project_id), parked=False))


@router.get("/{project_id}/builds", operation_id="list_builds", response_model=BuildsOut)
async def builds(
    project_id: UUID, caller: CallerDep, services: ServicesDep, cursor: Cursor = None, limit: Limit = 20
) -> Response:
    """The builds of a project, newest first."""
    below: int | None = cursors.unpack(cursor, parts=(int,))[0] if cursor else None
    # The column holds no larger number, and comparing with one would be an error of the database.
    if below is not None and not 0 < below < 1 << 31:
        raise cursors.refusal()
    async with services.database.autocommit() as tx:
        jobs = await services.projects.builds(tx, caller.id, ProjectId(project_id), below=below, limit=limit + 1)
    following = cursors.pack([jobs[limit - 1].number]) if len(jobs) > limit else None
    return answer(BuildsOut(items=[build_out(services, job) for job in jobs[:limit]], next_cursor=following))
