"""Tools that look: at the checks of a version, its preview and files, at projects and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from app.core.errors import NotFound
from app.core.ids import JobId, ProjectId
from app.domain.job import Job
from app.mcp_server.building import JobField, JobIn
from app.mcp_server.designing import NoArguments
from app.mcp_server.tools import Answer, Arguments, Picture, Session, Tool
from app.mcp_server.words import gate_data, gate_lines, job_data, project_data, project_line
from app.ports.storage import TreeDigest
from app.services.export_service import iter_zip
from app.services.gate_service import require_ready
from app.services.opening import open_version

MOST_PROJECTS: Final = 50
MOST_VERSIONS: Final = 50
MOST_PICTURES: Final = 4
MOST_FILE_CHARACTERS: Final = 30_000

ProjectField = Annotated[UUID, Field(description="The project_id that build or projects told.")]


class EvidenceIn(Arguments):
    """The version to look at."""

    job_id: JobField
    pictures: Annotated[bool, Field(description="Also show what the app looks like.")] = True


class ProjectIdIn(Arguments):
    """A project."""

    project_id: ProjectField


class ExportIn(Arguments):
    """The parts of a version to hand over."""

    job_id: JobField
    path: Annotated[
        str | None, Field(max_length=400, description="One file to read; left out, all of them as a list.")
    ] = None
    archive: Annotated[bool, Field(description="Also hand over everything as one zip file.")] = False


async def ready_job(session: Session, job_id: UUID) -> Job:
    """The founder's job, once it is a version. NotFound, NotReady."""
    async with session.services.database.autocommit() as tx:
        job = await session.services.generation.job(tx, session.caller.id, JobId(job_id))
    require_ready(job)
    return job


async def _show_evidence(session: Session, arguments: EvidenceIn) -> Answer:
    async with session.services.database.autocommit() as tx:
        job = await session.services.generation.job(tx, session.caller.id, JobId(arguments.job_id))
    checks = job.evidence.get("checks") or []
    lines = [f"{job.build_version} ({job.status.value}): {len(checks)} checks."]
    for check in checks:
        mark = "skipped" if check.get("skipped") else "ok" if check["ok"] else "FAILED"
        lines.append(f"- {mark}: {check['name']}: {check.get('detail', '')}")
        if check["name"] == "acceptance":
            lines += [f"  - {line}" for line in check.get("saw") or []]
    if job.evidence.get("failure"):
        lines += ["What the failed check said:", str(job.evidence["failure"])]
    stored: Mapping[str, Any] = job.evidence.get("pictures") or {}
    names = sorted(stored.get("names", ()))[:MOST_PICTURES] if arguments.pictures else []
    pictures: tuple[Picture, ...] = ()
    if names:
        files = await session.services.versions.files_of(job.project_id, TreeDigest(stored["digest"]))
        pictures = tuple(Picture("image/webp", files[name]) for name in names)
        lines.append(f"Pictures: {', '.join(names)}.")
    elif arguments.pictures:
        lines.append("There are no pictures of it.")
    return Answer("\n".join(lines), {**job_data(job), "pictures": names}, pictures)


async def _give_preview_link(session: Session, arguments: JobIn) -> Answer:
    services = session.services
    job = await ready_job(session, arguments.job_id)
    # First, so that a link that opens nothing never asks the founder for a decision.
    await open_version(services.waker, services.versions, job)
    async with services.database.transaction() as tx:
        gate, _ = await services.generation.preview_viewed(tx, session.caller.id, job.id)
    url = services.previews.url(job.id)
    lines = [f"{job.build_version} runs. Give the founder this link: {url}", *gate_lines(gate)]
    return Answer("\n".join(lines), {"preview_url": url, "job_id": str(job.id), "gate": gate_data(gate)})


async def _export_files(session: Session, arguments: ExportIn) -> Answer:
    job = await ready_job(session, arguments.job_id)
    digest = TreeDigest(job.digest or "")
    if arguments.path is not None:
        return await _show_file(session, job, digest, arguments.path)
    files = await session.services.versions.files_of(job.project_id, digest)
    lines = [f"{len(files)} files of {job.build_version}. On this machine: cofounder export {job.id}"]
    lines += [f"{path} ({len(content):,} bytes)" for path, content in sorted(files.items())]
    archive: tuple[tuple[str, str, bytes], ...] = ()
    if arguments.archive:
        stream = session.services.versions.stream(job.project_id, digest)
        packed = b"".join([piece async for piece in iter_zip(stream, folder=job.build_version)])
        archive = ((f"{job.build_version}.zip", "application/zip", packed),)
    return Answer("\n".join(lines), {"files": sorted(files)}, files=archive)


async def _show_file(session: Session, job: Job, digest: TreeDigest, path: str) -> Answer:
    files = await session.services.versions.files_of(job.project_id, digest)
    if path not in files:
        raise NotFound(
            f"{job.build_version} has no file {path!r}.", remedy="Call export without path to see them."
        )
    # A picture among the files must not fail the call.
    text = files[path].decode(errors="replace")
    remainder = (
        f"\n... and {len(text) - MOST_FILE_CHARACTERS:,} characters more."
        if len(text) > MOST_FILE_CHARACTERS
        else ""
    )
    return Answer(text[:MOST_FILE_CHARACTERS] + remainder)


async def _list_projects(session: Session, _: NoArguments) -> Answer:
    async with session.services.database.autocommit() as tx:
        views = await session.services.projects.page(tx, session.caller.id, after=None, limit=MOST_PROJECTS)
    text = "\n".join(map(project_line, views)) if views else "There are no projects yet. build makes one."
    return Answer(text, {"projects": [project_data(view) for view in views]})


async def _list_versions(session: Session, arguments: ProjectIdIn) -> Answer:
    project_id = ProjectId(arguments.project_id)
    async with session.services.database.autocommit() as tx:
        jobs = await session.services.projects.builds(
            tx, session.caller.id, project_id, below=None, limit=MOST_VERSIONS
        )
    lines = [f"- {job.build_version}: {job.status.value} (job_id {job.id})" for job in jobs]
    text = "\n".join(lines) if lines else "Nothing of this project is built yet."
    return Answer(text, {"versions": [job_data(job) for job in jobs]})


LOOKING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "evidence",
        "Why a version can be trusted",
        "What was checked before a version became ready and what was seen, with pictures of the app. Look at it "
        "before you tell the founder that the app is good.",
        EvidenceIn,
        _show_evidence,
        only_reads=True,
    ),
    Tool(
        "preview_link",
        "The link to the running app",
        "Wakes a ready version and gives the link that the founder opens. Giving it asks the founder what is next "
        "(improve, ship or park): the next build waits for that decision.",
        JobIn,
        _give_preview_link,
    ),
    Tool(
        "export",
        "The files of a version",
        "Lists the files of a version, shows one of them, or hands over all as a zip file.",
        ExportIn,
        _export_files,
        only_reads=True,
    ),
    Tool(
        "projects",
        "The founder's projects",
        "Every project of the founder with its newest version, the newest project first.",
        NoArguments,
        _list_projects,
        only_reads=True,
    ),
    Tool(
        "versions",
        "The versions of a project",
        "Every version of a project with its job_id, the newest first, also those that failed.",
        ProjectIdIn,
        _list_versions,
        only_reads=True,
    ),
)
