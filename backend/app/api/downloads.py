"""The downloads of a version, for the API and the page alike."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from app.container import Services
from app.core.errors import NotFound
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.services.export_service import iter_zip
from app.services.founder_service import Caller
from app.services.git_export import make_bundle

_PDF: Final = "app.services.paper_pdf"


async def zip_of(services: Services, job: Job, *, with_data: bool) -> StreamingResponse:
    """The files of a version with what a launch needs; `with_data` adds its records. VersionDamaged."""
    # Before the answer begins: damage that shows while it is sent can only break it off.
    await services.versions.verify(job.project_id, TreeDigest(job.digest or ""))
    records = (await services.data.backup(job)).read() if with_data else None
    files = services.launches.files(job)
    return StreamingResponse(
        iter_zip(files, folder=job.build_version, records=records),
        media_type="application/zip",
        headers=_saved_as(f"{job.build_version}.zip"),
    )


async def bundle_of(services: Services, caller: Caller, job: Job) -> Response:
    """Every version up to this one as a git repository in a file."""
    async with services.database.autocommit() as tx:
        commits = await services.launches.commits(tx, caller.id, job)
    content = await make_bundle(commits)
    headers = _saved_as(f"{job.build_version}.bundle")
    return Response(content, headers=headers, media_type="application/x-git-bundle")


async def paper_file(services: Services, caller: Caller, job: Job, file: str) -> Response:
    """A paper by the name of its file, such as `brief.md` or `brief.pdf`. NotFound."""
    name, _, ending = file.rpartition(".")
    if ending not in ("md", "pdf"):
        raise NotFound("A paper ends in .md or .pdf.")
    async with services.database.autocommit() as tx:
        paper = await services.launches.paper(tx, caller.id, job, name)
    if ending == "md":
        return Response(paper.markdown(), headers=_saved_as(file), media_type="text/markdown; charset=utf-8")
    # Few ask for a PDF, so its writer is loaded when the first one does.
    content: bytes = import_module(_PDF).pdf_of(paper)
    return Response(content, headers=_saved_as(file), media_type="application/pdf")


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
