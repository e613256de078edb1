"""One build: what is kept of it, its preview and its files."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.api.answers import answer
from app.api.deps import CallerDep, ServicesDep
from app.api.downloads import bundle_of, paper_file, zip_of
from app.api.status import build_out, evidence_out
from app.blueprint.spec_changes import changes_between
from app.container import Services
from app.core.errors import NotFound
from app.core.ids import JobId
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.preview.links import Access
from app.schemas.generation import BuildOut, ChangesOut, EvidenceOut, PreviewOut, PushIn, PushOut, RecordsOut
from app.services.founder_service import Caller
from app.services.gate_service import require_ready
from app.services.git_export import push
from app.services.opening import open_version

router = APIRouter()


async def _ready_job(services: Services, caller: Caller, job_id: UUID) -> Job:
    async with services.database.autocommit() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
    require_ready(job)
    return job


@router.get("/{job_id}", operation_id="get_build", response_model=BuildOut)
async def get(job_id: UUID, caller: CallerDep, services: ServicesDep) -> Response:
    """A build with everything that is kept of it."""
    async with services.database.autocommit() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
    return answer(build_out(services, job))


@router.get("/{job_id}/evidence", operation_id="get_evidence")
async def evidence(job_id: UUID, caller: CallerDep, services: ServicesDep) -> EvidenceOut:
    """The checks that this version passed before it became ready, and their findings."""
    async with services.database.transaction() as tx:
        return evidence_out(await services.generation.job(tx, caller.id, JobId(job_id)))


@router.get("/{job_id}/pictures/{name}", operation_id="get_picture", response_class=Response)
async def picture(job_id: UUID, name: str, caller: CallerDep, services: ServicesDep) -> Response:
    """A picture of this version's first page, as `evidence` lists it."""
    job = await _ready_job(services, caller, job_id)
    pictures = job.evidence.get("pictures") or {}
    if name not in pictures.get("names", ()):
        raise NotFound("There is no such picture of this version.")
    files = await services.versions.files_of(job.project_id, TreeDigest(pictures["digest"]))
    # The picture was made where the app's own code runs; nothing in it may be taken for a page.
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(files[name], media_type="image/webp", headers=headers)


@router.post("/{job_id}/preview", operation_id="wake_preview")
async def preview(
    job_id: UUID, caller: CallerDep, services: ServicesDep, access: Access = Access.OWNER
) -> PreviewOut:
    """Wake the preview of this version; the link opens it as the app's owner, or as a visitor sees it."""
    job = await _ready_job(services, caller, job_id)
    # Woken now, so that the link opens a running app and a failure is told here.
    await open_version(services.waker, services.versions, job)
    return PreviewOut(preview_url=services.previews.url(job.id, access))


@router.delete("/{job_id}/links", operation_id="revoke_links", status_code=204)
async def revoke_links(job_id: UUID, caller: CallerDep, services: ServicesDep) -> None:
    """Have no link to this version's preview open it any more, nor any page that one has opened go on."""
    job = await _ready_job(services, caller, job_id)
    async with services.database.transaction() as tx:
        await services.links.revoke(tx, job.id)
    # This process makes links too, and must not wait to be notified of its own commit.
    await services.links.refresh()


@router.get("/{job_id}/export", operation_id="export_build", response_class=StreamingResponse)
async def export(
    job_id: UUID, caller: CallerDep, services: ServicesDep, with_data: bool = False
) -> StreamingResponse:
    """The files of this version as a zip archive; `with_data` adds the app's records, which may name people."""
    return await zip_of(services, await _ready_job(services, caller, job_id), with_data=with_data)


@router.get("/{job_id}/bundle", operation_id="export_bundle", response_class=Response)
async def export_bundle(job_id: UUID, caller: CallerDep, services: ServicesDep) -> Response:
    """Every version of the project up to this one as a git repository in a file: `git clone FILE`."""
    return await bundle_of(services, caller, await _ready_job(services, caller, job_id))


@router.get("/{job_id}/papers/{name}", operation_id="get_paper", response_class=Response)
async def get_paper(job_id: UUID, name: str, caller: CallerDep, services: ServicesDep) -> Response:
    """Brief, scope, milestones, risks or how-it-works of this version, as `.md` or `.pdf`."""
    return await paper_file(services, caller, await _ready_job(services, caller, job_id), name)


@router.post("/{job_id}/push", operation_id="push_build")
async def push_build(job_id: UUID, body: PushIn, caller: CallerDep, services: ServicesDep) -> PushOut:
    """Push every version up to this one to a branch of a git server. The token is used for this and not kept."""
    job = await _ready_job(services, caller, job_id)
    async with services.database.autocommit() as tx:
        commits = await services.launches.commits(tx, caller.id, job)
    pushed = await push(commits, url=body.url, branch=body.branch, token=body.token.get_secret_value())
    return PushOut(url=pushed.url, branch=pushed.branch, commit=pushed.commit)


@router.get("/{job_id}/changes", operation_id="get_changes")
async def changes(job_id: UUID, caller: CallerDep, services: ServicesDep, since: UUID | None = None) -> ChangesOut:
    """The differences from the version that this one grew from, or from the one that is named, in words."""
    async with services.database.transaction() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
        before_id = since or job.parent_id
        before = None if before_id is None else await services.generation.job(tx, caller.id, JobId(before_id))
        new = await services.specs.of_version(tx, job)
        old = None if before is None else await services.specs.of_version(tx, before)
    differences = changes_between(old, new) if old is not None and new is not None else []
    return ChangesOut(
        job_id=job.id,
        build_version=job.build_version,
        since=before.build_version if before is not None else None,
        changes=differences,
    )


@router.get("/{job_id}/data", operation_id="backup_data", response_class=StreamingResponse)
async def backup(job_id: UUID, caller: CallerDep, services: ServicesDep) -> StreamingResponse:
    """The records of this version's app as one SQLite file, whole as of now; the app may be in use."""
    job = await _ready_job(services, caller, job_id)
    copy = await services.data.backup(job)
    headers = {
        "Content-Disposition": f'attachment; filename="{job.build_version}.db"',
        # So that a download which broke off can be told from a whole one.
        "Content-Length": str(copy.size),
    }
    return StreamingResponse(copy.read(), media_type="application/vnd.sqlite3", headers=headers)


@router.put("/{job_id}/data", operation_id="restore_data")
async def restore(job_id: UUID, request: Request, caller: CallerDep, services: ServicesDep) -> RecordsOut:
    """Put a SQLite file in the place of this version's records; they stay unless its app starts on the file."""
    job = await _ready_job(services, caller, job_id)
    records = await services.data.restore(job, request.stream())
    return RecordsOut(job_id=job.id, rows=dict(records.rows), notes=list(records.notes))
