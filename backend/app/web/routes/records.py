"""The records of a version's app: saved as a file, put back from one, or taken from another version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from app.api.deps import ServicesDep
from app.container import Services
from app.core.errors import AppError, InvalidInput
from app.core.ids import ProjectId
from app.domain.job import Job, JobStatus
from app.services.gate_service import require_ready
from app.web.rendering import page
from app.web.room_view import Room, find_version, look_into
from app.web.routes.room import Number
from app.web.session import PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)

PIECE: Final = 1 << 20


@router.get("/p/{project_id}/v/{number}/records", response_class=Response)
async def records(
    request: Request, project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep
) -> Response:
    """The choices for the records of a version."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    return await _records_page(request, services, room)


@router.get("/p/{project_id}/v/{number}/records.db", response_class=StreamingResponse)
async def backup(project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep) -> StreamingResponse:
    """The records as one SQLite file, whole as of now."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    require_ready(job)
    copy = await services.data.backup(job)
    headers = {
        "Content-Disposition": f'attachment; filename="{job.build_version}.db"',
        "Content-Length": str(copy.size),
    }
    return StreamingResponse(copy.read(), media_type="application/vnd.sqlite3", headers=headers)


@router.post("/p/{project_id}/v/{number}/records", response_class=Response)
async def restore(
    request: Request, project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep
) -> Response:
    """Put the records of a chosen file in the place of this version's; they stay when the app does not take it."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    job = room.opened
    require_ready(job)
    status = 200
    context: dict[str, Any] = {}  # Any: what the template shows
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            chosen = form.get("file")
            if not isinstance(chosen, UploadFile) or not chosen.size:
                raise InvalidInput("Choose a file that was saved from this app.")
            context["done"] = await services.data.restore(job, _pieces(chosen))
    except AppError as error:
        status, context["problem"] = error.status, problem_of(error)
    return await _records_page(request, services, room, status=status, **context)


@router.post("/p/{project_id}/v/{number}/old-records", response_class=Response)
async def forget_old(
    request: Request, project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep
) -> Response:
    """Remove the records of the versions before the newest for good."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    try:
        old_versions = await services.old_records.forget(caller.id, room.project.id)
    except AppError as error:
        return await _records_page(request, services, room, status=error.status, problem=problem_of(error))
    return await _records_page(request, services, room, forgotten=[job.number for job in old_versions])


async def _records_page(
    request: Request,
    services: Services,
    room: Room,
    *,
    status: int = 200,
    **values: Any,  # Any: what the template shows
) -> Response:
    old_versions = await services.old_records.list(room.project.founder_id, room.project.id)
    context = {
        **{"problem": "", "done": None, "forgotten": None, "old": [job.number for job in old_versions]},
        **{"sheets": await _sheets_of(services, room.shown), **values},
    }
    return page(request, "records.html", status=status, room=room, **context)


async def _sheets_of(services: Services, job: Job | None) -> list[tuple[str, str, str]]:
    """Each kind of record with the places of its app where a spreadsheet comes in and goes out."""
    if job is None or job.status is not JobStatus.READY:
        return []
    async with services.database.autocommit() as tx:
        spec = await services.specs.of_version(tx, job)
    return [
        (
            entity.plural,
            services.previews.url(job.id, path=f"/{entity.table}/import"),
            services.previews.url(job.id, path=f"/{entity.table}/export.csv"),
        )
        for entity in (spec.entities if spec is not None else ())
    ]


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece
