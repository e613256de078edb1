"""From a goal to a build: accept, show, cancel, and carry it out."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from app.blueprint.spec import AppSpec
from app.core.errors import (
    AlreadyTerminal,
    AppError,
    ConfirmationNeeded,
    Conflict,
    IdempotencyKeyReused,
    IllegalTransition,
    NotFound,
    NotReady,
    ProjectParked,
)
from app.core.ids import FounderId, JobId, ProjectId, SandboxId, new_debug_id
from app.core.retry import retry_while_unavailable
from app.db.engine import Connection, Database
from app.domain.failure import BuildFailed, FailureCode
from app.domain.gate import Gate, GateType
from app.domain.job import Change, Job, JobStatus, NewJob, SpecifiedJob
from app.domain.status import StatusView
from app.domain.tier import Iterations, Tier
from app.events.feeds import Feeds
from app.ports.runner import MODEL_ENGINE, RunnerError
from app.ports.sandbox import SandboxError, SandboxRuntime
from app.queue.manager import Accepted, NotAccepted, QueueManager
from app.queue.state_machine import JobStateMachine
from app.repositories import jobs
from app.services.build_pipeline import BuildPipeline, BuildTools, Step
from app.services.failures import explain_failure
from app.services.gate_service import GateService, gate_pending
from app.services.model_choices import ModelChoices
from app.services.project_service import build_in_progress, no_project, owned
from app.services.spec_service import SpecService

log = structlog.get_logger(__name__)

KILL_TIMEOUT_S: Final = 5.0
SPEC_TRIES: Final = 5
"""Once without a specification, and then for as often as it is changed in the moment it is read."""
FAILURE_KEPT: Final = 4_000
"""Characters of what a failed check said: enough to see which, for whoever designs the next try."""


@dataclass(frozen=True)
class StartRequest:
    """A founder's wish to build. `idempotency_key` makes a repeated request the same request."""

    project_id: ProjectId
    goal: str | None
    """None builds the specification as it stands."""
    idempotency_key: str | None = None
    change: str | None = None
    """What is to be otherwise, in the founder's words; then there is no goal, and a model plans it."""
    engine: str | None = None
    """Who plans it, `blueprint` or `model`; None is what its project says, or else the instance."""

    answers: Mapping[str, str] | None = None
    """To questions of a model; None keeps those of the version before."""

    is_confirmed: bool = False
    """Whether the founder wants a further iteration although so many were made."""

    model_was_asked: bool = True
    """False to be told by ModelToAsk where a model plans it, before anything is accepted."""

    @property
    def digest(self) -> str:
        """Equal for equal requests."""
        # Added only where they are said: a key that an earlier release has kept still means the same request.
        extras: list[object] = [self.engine] if self.engine else []
        extras += [{"answers": dict(self.answers)}] if self.answers else []
        extras += [{"change": self.change}] if self.change else []
        return hashlib.sha256(json.dumps([str(self.project_id), self.goal, *extras]).encode()).hexdigest()


class ModelToAsk(Exception):
    """A model plans this build, and nobody has looked yet whether it answers."""


class GenerationService:
    """The generation of apps, as the API and the worker see it."""

    def __init__(
        self,
        database: Database,
        machine: JobStateMachine,
        queue: QueueManager,
        gate_service: GateService,
        runtime: SandboxRuntime,
        specs: SpecService,
        *,
        choices: ModelChoices,
        disk_is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._machine = machine
        self._queue = queue
        self._gates = gate_service
        self._runtime = runtime
        self._specs = specs
        self._choices = choices
        self._disk_is_full = disk_is_full

    async def start(
        self, tx: Connection | None, founder_id: FounderId, request: StartRequest, *, tier: Tier
    ) -> Mapping[str, Any]:
        """Accept a build: version, job, first event, key and answer in the caller's one transaction.

        Without one, in a transaction with whatever else is started just now. ModelToAsk.
        """
        accepted = await self._enqueue(tx, self._new_job(founder_id, request, tier=tier), request)
        if accepted.kept_hash not in (None, request.digest):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for a different request.", remedy="Use a new key for a new request."
            )
        return accepted.answer

    def _new_job(self, founder_id: FounderId, request: StartRequest, *, tier: Tier) -> NewJob:
        return NewJob(
            project_id=request.project_id,
            founder_id=founder_id,
            goal=request.goal,
            tier=tier.value,
            priority=tier.limits.priority,
            usual_engine=self._choices.usual_engine if request.change is None else MODEL_ENGINE,
            engine_asked=request.engine,
            change=request.change,
            answers=request.answers,
            model_was_asked=request.model_was_asked,
            key=request.idempotency_key,
            key_hash=request.digest if request.idempotency_key is not None else None,
        )

    async def _enqueue(self, tx: Connection | None, job: NewJob, request: StartRequest) -> Accepted:
        """Have the job accepted, with the specification that it begins with where there is one."""
        for _ in range(SPEC_TRIES):
            try:
                return await self._queue.enqueue(tx, job)
            except NotAccepted as refused:
                if refused.reason == "model_to_ask":
                    raise ModelToAsk from refused
                if refused.reason != "spec_needed":
                    raise _refusal_of(refused, request.project_id) from refused
            if request.goal is None and not request.is_confirmed:
                await self._require_few_iterations(tx, request.project_id, Tier(job.tier))
            # Read without the project's lock, so it is accepted only if it still stands.
            spec, basis = await self._to_build(tx, request)
            # A change in words adds itself to the goal of the plan, so the plan knows the whole of it.
            goal = request.goal if spec is None else spec.goal
            written = None if spec is None else spec.model_dump(mode="json")
            job = replace(job, goal=goal, spec=written, basis=basis)
        raise Conflict("The specification is being changed right now.", remedy="Try again.")

    async def _require_few_iterations(self, tx: Connection | None, project_id: ProjectId, tier: Tier) -> None:
        """ConfirmationNeeded once as many were made as a tier makes before it asks.

        A goal that is built anew, a build that is tried again and a way back are no iterations.
        """
        if tx is None:
            async with self._database.autocommit() as connection:
                return await self._require_few_iterations(connection, project_id, tier)
        iterations = await self.iterations(tx, project_id, tier)
        if iterations.must_be_confirmed:
            raise ConfirmationNeeded(
                f"You have made {iterations.number} versions of this app. Does it still become what you want?",
                remedy="Nothing was built. To go on all the same, send the same again with `confirmed`: true.",
                project_id=str(project_id),
                iterations=iterations.number,
            )
        return None

    async def iterations(self, tx: Connection, project_id: ProjectId, tier: Tier) -> Iterations:
        """The versions of a project as its founder's tier counts them."""
        return Iterations(await jobs.count_ready(tx, project_id), tier.limits.iterations_before_confirmation)

    async def engine_for(self, tx: Connection, founder_id: FounderId, request: StartRequest) -> str | None:
        """The engine that would plan this build; None when its specification is there already."""
        project = await owned(tx, founder_id, request.project_id)
        if request.change is None and await self._specs.is_given(tx, project.id, request.goal):
            return None
        if request.change is not None:
            return MODEL_ENGINE
        return request.engine or await self._choices.engine_for(tx, project.founder_id, project)

    async def _to_build(self, tx: Connection | None, request: StartRequest) -> tuple[AppSpec | None, str | None]:
        if tx is None:
            async with self._database.autocommit() as connection:
                return await self._to_build(connection, request)
        if request.change is not None:
            return await self._specs.to_change(tx, request.project_id)
        return await self._specs.to_build(tx, request.project_id, request.goal)

    async def answer(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId,
        answers: Mapping[str, str],
        *,
        tier: Tier,
    ) -> Mapping[str, Any]:
        """Have the model design the newest version anew with answers to its questions; earlier answers stay.

        NotReady where the newest build asked nothing of the kind.
        """
        await owned(tx, founder_id, project_id, lock=True)
        newest = await jobs.newest_ready(tx, project_id)
        asked = {question["question"] for question in questions_of_build(newest)}
        accepted = {question: text for question, text in answers.items() if question in asked and text.strip()}
        if newest is None or not accepted:
            raise NotReady("These are no answers to what the newest version asks.", remedy="Look at it again.")
        all_answers = {**(newest.answers or {}), **accepted}
        request = StartRequest(project_id, newest.goal, engine=MODEL_ENGINE, answers=all_answers)
        return await self.start(tx, founder_id, request, tier=tier)

    async def job(self, tx: Connection, founder_id: FounderId, job_id: JobId) -> Job:
        """The founder's job; NotFound when it is somebody else's or nobody's."""
        job = await jobs.find(tx, job_id, founder_id=founder_id)
        if job is None:
            raise NotFound("There is no such build.", remedy="Check the id; you only see your own builds.")
        return job

    async def status(self, founder_id: FounderId, job_id: JobId) -> StatusView:
        """The founder's view of a job now."""
        view = await self._machine.get_status(job_id, founder_id=founder_id)
        if not view.waits:
            return view
        async with self._database.autocommit() as tx:
            wait = await self._queue.wait_of(tx, job_id)
        # An admission is no event, so the view, a copy perhaps, may still say that the job waits.
        return (
            view if wait is None else replace(view, queue_position=wait.position, wait_estimate_s=wait.estimate_s)
        )

    async def status_after(
        self, founder_id: FounderId, seen: StatusView, *, feeds: Feeds, wait_s: float
    ) -> StatusView:
        """A newer view than the one seen, or the same once `wait_s` seconds are over."""
        if not await feeds.wait_above(seen.job_id, seen.seq, timeout_s=wait_s):
            return seen
        # The copy may be older than the event that was waited for.
        await self._machine.refresh_cache(seen.job_id)
        return await self.status(founder_id, seen.job_id)

    async def cancel(self, founder_id: FounderId, job_id: JobId) -> None:
        """Decide that the job is cancelled, then stop its work; AlreadyTerminal when it has ended."""
        code = FailureCode.CANCELLED
        payload = {"error_code": code.value, "error_message": code.sentence}
        change = Change(error_code=code, error_message=code.sentence, payload=payload)
        # The decision comes before the kill: a sandbox that went first would look like a crash of the build.
        async with self._database.transaction() as tx:
            await self.job(tx, founder_id, job_id)
            try:
                await self._machine.transition_in(tx, job_id, JobStatus.FAILED, change=change)
            except IllegalTransition as error:
                raise AlreadyTerminal(
                    "The build has already ended, there is nothing to cancel.", job_id=str(job_id)
                ) from error
            job = await self.job(tx, founder_id, job_id)
        if job.sandbox_id:
            await self._kill_sandbox(SandboxId(job.sandbox_id))

    async def _kill_sandbox(self, sandbox_id: SandboxId) -> None:
        """Best effort: the worker that owns the sandbox is notified too, and the reaper looks after both."""
        try:
            async with asyncio.timeout(KILL_TIMEOUT_S):
                await self._runtime.kill(sandbox_id)
        except (SandboxError, TimeoutError, OSError) as error:
            log.warning("sandbox_kill_failed", sandbox_id=sandbox_id, reason=str(error))

    async def preview_viewed(self, tx: Connection, founder_id: FounderId, job_id: JobId) -> tuple[Gate, bool]:
        """Note that the founder has seen the preview: the gate that asks what is next, and whether it is new."""
        return await self._gates.preview_viewed(tx, await self.job(tx, founder_id, job_id))

    async def execute_build(self, tools: BuildTools, job: SpecifiedJob, *, step: Step) -> None:
        """Carry out a job that was claimed, under its attempt, to ready or to failed with a reason."""
        try:
            await BuildPipeline(tools, job, step=step).run()
        except IllegalTransition as error:
            log.info("build_stopped", job_id=str(job.id), reason=error.detail)
        # Anything else is a mistake of ours, which the worker's outermost handler ends the job with.
        except (AppError, RunnerError, SandboxError, OSError) as error:
            await self.fail(job.id, error, attempt=job.attempt)

    async def fail(self, job_id: JobId, error: Exception, *, attempt: int) -> None:
        """End a job with a sentence for the founder and a debug id that the log explains."""
        debug_id = new_debug_id()
        failure = explain_failure(error, is_full=self._disk_is_full)
        log.error(
            "build_failed",
            job_id=str(job_id),
            debug_id=debug_id,
            code=failure.code.value,
            detail=failure.detail,
            exc_info=error,
        )
        # What other errors say is about this machine, and evidence is shown to founders.
        is_shown = isinstance(error, BuildFailed) and failure.detail
        change = Change(
            error_code=failure.code,
            error_message=failure.message,
            debug_id=debug_id,
            evidence={"failure": failure.detail[-FAILURE_KEPT:]} if is_shown else None,
        )
        try:
            await retry_while_unavailable(
                lambda: self._machine.transition(job_id, JobStatus.FAILED, attempt=attempt, change=change)
            )
        # Cancelled or taken over in the meantime: the founder has been told by somebody else.
        except IllegalTransition as refused:
            log.info("build_already_ended", job_id=str(job_id), reason=refused.detail)


def questions_of_build(job: Job | None) -> list[Mapping[str, str]]:
    """What the model that designed a build would have liked to know: at most five questions, with defaults."""
    design = job.evidence.get("design") if job is not None else None
    return list((design or {}).get("questions") or [])


def _refusal_of(refused: NotAccepted, project_id: ProjectId) -> AppError:
    facts = refused.facts
    match refused.reason:
        case "no_project":
            return no_project()
        case "parked":
            return ProjectParked(
                f"The project {facts['name']!r} is parked.",
                remedy="Unpark it, then start the build.",
                project_id=str(project_id),
            )
        case "gate_pending":
            return gate_pending(facts["id"], GateType(facts["type"]), project_id)
        case "in_progress":
            return build_in_progress(facts["id"], project_id)
        case reason:
            raise ValueError(reason)
