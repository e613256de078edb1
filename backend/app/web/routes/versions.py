"""One version of a project: what changed, its files, its checks; and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response

from app.api.deps import ServicesDep
from app.blueprint.spec_changes import changes_between
from app.container import Services
from app.core.errors import InvalidInput, NotFound
from app.core.ids import ProjectId
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.queue.worker import process_next_job
from app.services.gate_service import require_ready
from app.services.generation_service import StartRequest
from app.web.file_views import difference, file_changes, highlight_file
from app.web.form import FormDep
from app.web.rendering import go_to, page
from app.web.room_page import room_page
from app.web.room_view import Room, find_version, look_into, new_wishes, version_before
from app.web.routes.room import Number
from app.web.session import BuildingCaller, PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)

FilePath = Annotated[str, Query(max_length=240)]


async def _files_of(services: Services, job: Job) -> Mapping[str, bytes]:
    require_ready(job)
    return await services.versions.files_of(job.project_id, TreeDigest(job.digest or ""))


async def _tell_changes(services: Services, old: Job | None, new: Job) -> list[str]:
    """The differences between two versions, in words."""
    if old is None:
        return []
    async with services.database.autocommit() as tx:
        before, after = await services.specs.of_version(tx, old), await services.specs.of_version(tx, new)
    return [] if before is None or after is None else changes_between(before, after)


@router.get("/p/{project_id}/v/{number}/changes", response_class=Response)
async def changes(
    request: Request,
    project_id: UUID,
    number: Number,
    caller: PageCaller,
    services: ServicesDep,
    path: FilePath = "",
) -> Response:
    """The differences from the version before: in words, then the files, then the lines."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    job = room.opened
    before = version_before(room, job)
    old, new = ({} if before is None else await _files_of(services, before)), await _files_of(services, job)
    lines = difference(old.get(path, b""), new.get(path, b"")) if path in old or path in new else []
    return page(
        request,
        "changes.html",
        room=room,
        before=before,
        told=await _tell_changes(services, before, job),
        asked=new_wishes(job, before),
        # Of a first version every file is new, and a list of all says nothing.
        files=file_changes(old, new) if before is not None else [],
        opened=path,
        lines=lines,
        taken=job.evidence.get("data") or {},
    )


@router.get("/p/{project_id}/v/{number}/files", response_class=Response)
async def files(
    request: Request,
    project_id: UUID,
    number: Number,
    caller: PageCaller,
    services: ServicesDep,
    path: FilePath = "README.md",
) -> Response:
    """Every file of a version, and one of them in colours."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    tree = await _files_of(services, room.opened)
    if path not in tree:
        raise NotFound("There is no such file in this version.")
    return page(
        request, "files.html", room=room, tree=sorted(tree), opened=path, text=highlight_file(path, tree[path])
    )


@router.get("/p/{project_id}/v/{number}/checks", response_class=Response)
async def checks(
    request: Request, project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep
) -> Response:
    """The reasons to trust this version: its wishes, checks and pictures."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=number)
    return page(request, "checks.html", room=room)


VersionQuery = Annotated[int | None, Query(ge=1, le=2**31 - 2)]


@router.get("/p/{project_id}/compare", response_class=Response)
async def compare(
    request: Request,
    project_id: UUID,
    caller: PageCaller,
    services: ServicesDep,
    a: VersionQuery = None,
    b: VersionQuery = None,
) -> Response:
    """Two versions side by side, with their differences in words; without two numbers, a choice of versions."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=b or a)
    if a is None or b is None:
        return page(request, "compare.html", room=room, sides=[], chosen=_suggest_pair(room, a or b), told=[])
    pair = [await find_version(services, caller.id, ProjectId(project_id), number) for number in (a, b)]
    for job in pair:
        require_ready(job)
    sides = [(job, services.previews.url(job.id)) for job in pair]
    told = await _tell_changes(services, *pair)
    return page(request, "compare.html", room=room, sides=sides, chosen=(a, b), told=told)


def _suggest_pair(room: Room, asked: int | None) -> tuple[int, ...]:
    """The numbers of the versions that are chosen at first: the newest, and one before it or the one asked for."""
    numbers = [job.number for job in room.ready_builds]
    newest = next((number for number in numbers if number != asked), None)
    older = asked or next((number for number in numbers if number != newest), None)
    return tuple(sorted(number for number in (older, newest) if number is not None))


@router.post("/p/{project_id}/v/{number}/back", response_class=Response)
async def go_back(
    project_id: UUID,
    number: Number,
    caller: BuildingCaller,
    services: ServicesDep,
    background_tasks: BackgroundTasks,
) -> Response:
    """Build an earlier version again, as a new one with the records of the newest."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    require_ready(job)
    async with services.database.transaction() as tx:
        await services.specs.return_to(tx, caller.id, ProjectId(project_id), job)
        request = StartRequest(ProjectId(project_id), None, is_confirmed=True)
        await services.generation.start(tx, caller.id, request, tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{project_id}")


@router.post("/p/{project_id}/v/{number}/branch", response_class=Response)
async def branch(project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep) -> Response:
    """Begin another project with the plan of this version."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    async with services.database.transaction() as tx:
        view = await services.beginnings.branch(tx, caller.id, job)
    return go_to(f"/p/{view.project.id}/plan")


@router.post("/p/{project_id}/change", response_class=Response)
async def change(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Make what the founder asks for a change of the plan; nothing is built yet."""
    text = form["text"].strip()[:4_000]
    try:
        async with services.database.transaction() as tx:
            if form.ticked("undo"):
                await services.specs.reset(tx, caller.id, ProjectId(project_id))
                return go_to(f"/p/{project_id}#change")
            if not text:
                raise InvalidInput("Say what should be different.")
            await services.specs.request(tx, caller.id, ProjectId(project_id), text, instead_of=form["instead_of"])
    except InvalidInput as error:
        problem = problem_of(error)
        lost = error.extra.get("lost", ())
        return await room_page(
            request, services, caller, project_id, status=422, text=text, problem=problem, lost=lost
        )
    return await room_page(request, services, caller, project_id, text=form["rest"])
