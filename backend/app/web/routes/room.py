"""The build room: progress, preview and versions of a project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response
from pydantic import TypeAdapter

from app.api.deps import ServicesDep
from app.api.streams import EventStream
from app.container import Services
from app.core.errors import (
    AlreadyTerminal,
    BuildInProgress,
    EngineUnavailable,
    GateAlreadyDecided,
    InvalidInput,
    NotFound,
    NotReady,
)
from app.core.ids import GateId, ProjectId
from app.db.engine import Connection
from app.domain.job import JobStatus
from app.events.model import Event
from app.ports.storage import TreeDigest
from app.queue.worker import process_next_job
from app.schemas.text import Goal, Sentence
from app.services.gate_service import require_ready
from app.services.generation_service import StartRequest
from app.web.form import FormDep, check_text
from app.web.progress import Story
from app.web.rendering import fragment, go_to, page
from app.web.room_page import room_page
from app.web.room_view import find_version, look_into
from app.web.session import BuildingCaller, PageCaller
from app.web.words import problem_of, stage_name

router = APIRouter(include_in_schema=False)

ANSWER: Final[TypeAdapter[str]] = TypeAdapter(Sentence)
CHANGE: Final[TypeAdapter[str]] = TypeAdapter(Goal)
Number = Annotated[int, Path(ge=1, le=2**31 - 2)]
Version = Annotated[int | None, Query(alias="v", ge=1, le=2**31 - 2)]
_PICTURE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=3600",
}


@router.get("/p/{project_id}", response_class=Response)
async def room(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, version: Version = None
) -> Response:
    """The project at its newest build, or at the version that is asked for."""
    return await room_page(request, services, caller, project_id, version=version)


@router.get("/p/{project_id}/v/{number}/events", response_class=EventStream)
async def events(project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep) -> EventStream:
    """The progress of a build as parts of the page, from its beginning each time; the last event ends it."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    story = Story()

    def written(event: Event) -> bytes:
        story.add(event)
        html = fragment("progress.html", story=story, job=job)
        pill = fragment("pill.html", number=job.number, status=story.status.value, words=_state_words(story))
        parts = (
            _sse_event("progress", html) + _sse_event("pill", pill) + _sse_event("say", stage_name(story.status))
        )
        return parts + (_sse_event("end", job.build_version) if event.is_last else b"")

    # From the beginning, whatever the browser has seen: each event renders the whole list, so the last one is
    # enough.
    return EventStream(services.feeds, job.id, after=0, written=written)


def _state_words(story: Story) -> str:
    waiting = story.status in (JobStatus.QUEUED, JobStatus.SCHEDULED)
    return "Ready" if story.status is JobStatus.READY else "Waiting" if waiting else "Building"


def _sse_event(name: str, data: str) -> bytes:
    # An event ends at an empty line, and each line of its text needs the word before it.
    lines = "".join(f"data: {line}\n" for line in data.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n".encode()


@router.get("/p/{project_id}/v/{number}/pictures/{name}", response_class=Response)
async def picture(
    project_id: UUID, number: Number, name: str, caller: PageCaller, services: ServicesDep
) -> Response:
    """A picture of a version's first page."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    stored: dict[str, Any] = job.evidence.get("pictures") or {}
    if name not in stored.get("names", ()):
        raise NotFound("There is no such picture of this version.")
    files = await services.versions.files_of(job.project_id, TreeDigest(stored["digest"]))
    return Response(files[name], media_type="image/webp", headers=_PICTURE)


@router.post("/p/{project_id}/v/{number}/open", response_class=Response)
async def open_preview(project_id: UUID, number: Number, caller: PageCaller, services: ServicesDep) -> Response:
    """Note that the founder looks at this version, and show it."""
    job = await find_version(services, caller.id, ProjectId(project_id), number)
    require_ready(job)
    async with services.database.transaction() as tx:
        await services.generation.preview_viewed(tx, caller.id, job.id)
    return go_to(f"/p/{project_id}?v={number}#preview")


@router.get("/p/{project_id}/stop", response_class=Response)
async def ask_to_stop(request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """Ask before a build is stopped, where no script opens the dialog."""
    view = await look_into(services, caller.id, ProjectId(project_id), version=None)
    if view.running is None:
        return go_to(f"/p/{project_id}")
    return page(request, "stop.html", room=view)


@router.post("/p/{project_id}/stop", response_class=Response)
async def stop(project_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """Stop the build that runs; one that has just ended is shown as it ended."""
    view = await look_into(services, caller.id, ProjectId(project_id), version=None)
    if view.running is not None:
        try:
            await services.generation.cancel(caller.id, view.running.id)
        except AlreadyTerminal:
            return go_to(f"/p/{project_id}")
    return go_to(f"/p/{project_id}")


@router.post("/p/{project_id}/build", response_class=Response)
async def build(
    project_id: UUID,
    caller: BuildingCaller,
    services: ServicesDep,
    form: FormDep,
    background_tasks: BackgroundTasks,
) -> Response:
    """Build the plan as it stands, or the newest goal once more; `improve` names the decision to take first."""
    goal = None
    # Of two windows that start it the second one shows what the first one has started.
    with suppress(BuildInProgress):
        async with _decided_first(services, caller, form) as tx:
            if form.ticked("again"):
                newest = await services.projects.builds(tx, caller.id, ProjectId(project_id), below=None, limit=1)
                goal = next((job.goal for job in newest if job.status is JobStatus.FAILED), None)
            request = StartRequest(ProjectId(project_id), goal, is_confirmed=form.ticked("confirmed"))
            await services.generation.start(tx, caller.id, request, tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{project_id}")


@router.post("/p/{project_id}/answers", response_class=Response)
async def answer_questions(
    request: Request,
    project_id: UUID,
    caller: BuildingCaller,
    services: ServicesDep,
    form: FormDep,
    background_tasks: BackgroundTasks,
) -> Response:
    """Have the model design the newest version anew with the founder's answers to its questions."""
    key = ProjectId(project_id)
    room = await look_into(services, caller.id, key, version=None)
    try:
        answers = {
            question["question"]: check_text(ANSWER, form[f"answer-{number}"], called="An answer")
            for number, question in enumerate(room.questions, start=1)
            if form[f"answer-{number}"].strip()
        }
        if not answers:
            raise InvalidInput("Answer at least one of the questions; what stands below each is built already.")
        await services.models.require_answering(caller.id, key)
        async with _decided_first(services, caller, form) as tx:
            await services.generation.answer(tx, caller.id, key, answers, tier=caller.tier)
    except (InvalidInput, EngineUnavailable, NotReady) as error:
        problem = problem_of(error)
        return await room_page(request, services, caller, project_id, status=error.status, unanswered=problem)
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{project_id}")


@router.post("/p/{project_id}/change-by-model", response_class=Response)
async def change_by_model(
    request: Request,
    project_id: UUID,
    caller: BuildingCaller,
    services: ServicesDep,
    form: FormDep,
    background_tasks: BackgroundTasks,
) -> Response:
    """Have the model plan a change in words, and build it as the next version."""
    key, text = ProjectId(project_id), form["text"]
    try:
        words = check_text(CHANGE, text, called="The change")
        await services.models.require_answering(caller.id, key)
        async with _decided_first(services, caller, form) as tx:
            request_to_build = StartRequest(key, None, change=words, is_confirmed=form.ticked("confirmed"))
            await services.generation.start(tx, caller.id, request_to_build, tier=caller.tier)
    except (InvalidInput, EngineUnavailable) as error:
        problem = problem_of(error)
        return await room_page(
            request, services, caller, project_id, status=error.status, text=text, problem=problem
        )
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{project_id}")


@asynccontextmanager
async def _decided_first(services: Services, caller: BuildingCaller, form: FormDep) -> AsyncIterator[Connection]:
    """A transaction in which the decision that the form names is taken, for the build that follows from it.

    One for both: a build that is refused leaves the decision open.
    """
    async with services.database.transaction() as tx:
        if form["improve"]:
            await _decide_to_improve(tx, services, caller, form["improve"])
        yield tx


async def _decide_to_improve(tx: Connection, services: Services, caller: BuildingCaller, gate: str) -> None:
    """Decide to improve what was seen, as the button said. NotFound; a decision that was taken stands."""
    try:
        gate_id = GateId(UUID(gate))
    except ValueError as error:
        raise NotFound("There is no such decision.") from error
    with suppress(GateAlreadyDecided):
        await services.gates.resolve(tx, caller.id, gate_id, decision="iterate", text=None)
