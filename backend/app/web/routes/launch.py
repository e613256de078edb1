"""Going online: whether a version is ready for it, ways to do it, and everything to take along."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.api.deps import ServicesDep
from app.core.ids import ProjectId
from app.ports.storage import TreeDigest
from app.services.export_service import iter_zip
from app.services.gate_service import require_ready
from app.services.launch_files import launch_files, short_name
from app.services.readiness import readiness_of
from app.web.rendering import go_to, page
from app.web.room_view import find_version, look_into
from app.web.routes.room import Number, Version
from app.web.session import PageCaller

router = APIRouter(include_in_schema=False)


@router.get("/p/{project_id}/launch", response_class=Response)
async def launch(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, version: Version = None
) -> Response:
    """The traffic light of a version, and two or three ways to put it online."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=version)
    job = room.previewed
    if job is None:
        return go_to(f"/p/{project_id}")
    async with services.database.autocommit() as tx:
        spec = await services.specs.of_version(tx, job)
    files = await services.versions.files_of(job.project_id, TreeDigest(job.digest or ""))
    title = spec.title if spec is not None else room.project.name
    return page(
        request,
        "launch.html",
        room=room,
        job=job,
        readiness=readiness_of(job, spec, files),
        name=short_name(title),
        extra=sorted(launch_files(title)),
    )


@router.get("/p/{project_id}/v/{number}/export.zip", response_class=StreamingResponse)
async def export(
    project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep, with_data: bool = False
) -> StreamingResponse:
    """The files of a version with what a launch needs, as a zip archive; `with_data` adds its records."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    require_ready(job)
    extra = launch_files(str(job.evidence.get("title") or job.build_version))
    records = (await services.data.backup(job)).read() if with_data else None

    async def entries() -> AsyncGenerator[tuple[str, bytes], None]:
        async for path, content in services.versions.stream(job.project_id, TreeDigest(job.digest or "")):
            extra.pop(path, None)
            yield path, content
        for path, content in extra.items():
            yield path, content

    headers = {"Content-Disposition": f'attachment; filename="{job.build_version}.zip"'}
    return StreamingResponse(
        iter_zip(entries(), folder=job.build_version, records=records),
        media_type="application/zip",
        headers=headers,
    )
