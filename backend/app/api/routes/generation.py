"""The Generation API."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request, Response

from app.api.answers import answer
from app.api.deps import CallerDep, ServicesDep, SubscribedDep, get_services
from app.api.status import etag_of, is_same, status_out
from app.api.streams import EventStream
from app.core.ids import JobId, ProjectId
from app.queue.worker import process_next_job
from app.repositories.jobs import Job
from app.schemas.generation import CancelOut, PreviewViewedOut, StartIn, StartOut, StatusOut
from app.services.generation_service import GenerationService, StartRequest

router = APIRouter()

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=255)]


async def get_generation(services: ServicesDep) -> GenerationService:
    """The service behind these routes."""
    return services.generation


GenerationDep = Annotated[GenerationService, Depends(get_generation)]


@router.post("/start", status_code=201, operation_id="start_generation", response_model=StartOut)
async def start(
    body: StartIn,
    caller: SubscribedDep,
    services: ServicesDep,
    generation: GenerationDep,
    background_tasks: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept a build of a project."""
    request = StartRequest(ProjectId(body.project_id), body.goal, idempotency_key)
    async with services.database.transaction() as tx:
        accepted = await generation.start(tx, caller.id, request, tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return answer(StartOut.model_validate(accepted), status=201)


@router.get("/{job_id}/status", operation_id="generation_status", response_model=StatusOut)
async def status(
    job_id: UUID,
    caller: CallerDep,
    request: Request,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    wait: Annotated[int | None, Query(ge=1, le=30)] = None,
) -> Response:
    """Where a build is. `wait` holds the answer back, at most that many seconds, until it is a new one."""
    services = await get_services(request)  # asked most often by far, and each further dependency costs
    generation = services.generation
    view = await generation.status(caller.id, JobId(job_id))
    etag = etag_of(services, view)
    if wait is not None and is_same(if_none_match, etag):
        view = await generation.status_after(caller.id, view, bell=services.bell, wait_s=wait)
        etag = etag_of(services, view)
    headers = {"ETag": etag}
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return answer(status_out(services, view), headers=headers)


@router.post("/{job_id}/cancel", operation_id="cancel_generation")
async def cancel(job_id: UUID, caller: CallerDep, generation: GenerationDep) -> CancelOut:
    """Stop a build for good."""
    await generation.cancel(caller.id, JobId(job_id))
    return CancelOut(job_id=job_id)


@router.post("/{job_id}/preview-viewed", operation_id="preview_viewed")
async def preview_viewed(
    job_id: UUID, caller: CallerDep, services: ServicesDep, generation: GenerationDep
) -> PreviewViewedOut:
    """Note that the founder has seen the preview; the first time asks what is next."""
    async with services.database.transaction() as tx:
        gate, is_new = await generation.preview_viewed(tx, caller.id, JobId(job_id))
    return PreviewViewedOut(gate_id=gate.id, status="gate_created" if is_new else "gate_already_created")


async def get_own_job(job_id: UUID, caller: CallerDep, services: ServicesDep, generation: GenerationDep) -> Job:
    """The caller's job, decided before a stream begins: an error inside a stream could only be a 200."""
    async with services.database.autocommit() as tx:
        return await generation.job(tx, caller.id, JobId(job_id))


@router.get("/{job_id}/events", status_code=200, operation_id="generation_events", response_class=EventStream)
async def events(
    job: Annotated[Job, Depends(get_own_job)],
    services: ServicesDep,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> EventStream:
    """Every event of a build, from after `Last-Event-ID`; the stream ends after the last one."""
    return EventStream(services.feeds, job.id, after=last_event_id or 0)
