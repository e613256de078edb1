"""The Generation API."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response

from app.api.answers import answer
from app.api.deps import CallerDep, ServicesDep, SubscribedDep, get_services
from app.api.status import etag_of, is_same, status_out
from app.api.streams import EventStream
from app.core.errors import InvalidInput
from app.core.ids import JobId, ProjectId
from app.domain.job import Job
from app.ports.runner import BLUEPRINT_ENGINE, MODEL_ENGINE
from app.queue.worker import process_next_job
from app.schemas.generation import CancelOut, PreviewViewedOut, StartIn, StartOut, StatusOut
from app.services.generation_service import GenerationService, ModelToAsk, StartRequest
from app.services.plan_service import require_enough_kept

router = APIRouter()

WAITS: Final = {str(seconds): seconds for seconds in range(1, 31)}
"""How long a status may be held back, as it is asked for."""

_CONDITIONS: Final = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "The ETag of an answer that is known already: the same again is a 304.",
            "schema": {"type": "string"},
        },
        {
            "name": "wait",
            "in": "query",
            "description": "Seconds that an answer which is known already is held back for a new one.",
            "schema": {"type": "integer", "minimum": 1, "maximum": len(WAITS)},
        },
    ]
}

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
    request = StartRequest(
        ProjectId(body.project_id),
        body.goal,
        idempotency_key,
        change=body.change,
        engine=body.engine,
        is_confirmed=body.confirmed,
        answers=None if body.answers is None else {said.question: said.answer for said in body.answers},
    )
    is_asked_first = body.goal is not None and not body.anyway
    # Most starts need neither, and are spared the look.
    if body.engine == MODEL_ENGINE or body.change is not None or is_asked_first:
        async with services.database.autocommit() as tx:
            engine = await generation.engine_for(tx, caller.id, request)
        if is_asked_first and engine == BLUEPRINT_ENGINE:
            # In a thread: reading a goal takes long enough to hold up everybody else's requests.
            await asyncio.to_thread(require_enough_kept, str(body.goal))
        if engine == MODEL_ENGINE:
            # Before a job is made, and outside its transaction: the provider is asked.
            await services.models.require_answering(caller.id, request.project_id)
    else:
        request = replace(request, model_was_asked=False)
    try:
        accepted = await generation.start(None, caller.id, request, tier=caller.tier)
    except ModelToAsk:
        await services.models.require_answering(caller.id, request.project_id)
        request = replace(request, model_was_asked=True)
        accepted = await generation.start(None, caller.id, request, tier=caller.tier)
    # After the answer: a lost notification costs a second, and the founder should not wait for it.
    background_tasks.add_task(process_next_job, services.queue)
    return answer(StartOut.model_validate(accepted), status=201)


@router.get(
    "/{job_id}/status", operation_id="generation_status", response_model=StatusOut, openapi_extra=_CONDITIONS
)
async def status(job_id: UUID, caller: CallerDep, request: Request) -> Response:
    """The status of a build. `wait` holds the answer back, at most that many seconds, until it is a new one."""
    # Asked most often by far: what FastAPI would look up for each parameter costs more than the answer.
    services = await get_services(request)
    generation = services.generation
    if_none_match, wait = request.headers.get("If-None-Match"), _wait_of(request)
    view = await generation.status(caller.id, JobId(job_id))
    etag = etag_of(services, view)
    # Only who has this answer already waits: anybody else has something to read now.
    if wait is not None and is_same(if_none_match, etag):
        view = await generation.status_after(caller.id, view, feeds=services.feeds, wait_s=wait)
        etag = etag_of(services, view)
    headers = {"ETag": etag}
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return answer(status_out(services, view), headers=headers)


def _wait_of(request: Request) -> int | None:
    asked = request.query_params.get("wait")
    if asked is None:
        return None
    if asked not in WAITS:
        raise InvalidInput(f"query.wait is not a whole number from 1 to {len(WAITS)}.")
    return WAITS[asked]


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
