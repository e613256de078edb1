"""Tools that build and follow: from a goal or a specification to a version, watched as long as wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import structlog
from pydantic import Field

from app.blueprint.spec import AppSpec
from app.core.errors import InvalidInput
from app.core.ids import JobId, ProjectId
from app.db.engine import Connection
from app.domain.job import BUILD_STAGES, JobStatus
from app.events.feeds import Listener
from app.events.model import Event, EventType
from app.mcp_server.designing import GoalField, read_goal_spec, read_spec
from app.mcp_server.repeating import RequestKey, once
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.mcp_server.words import job_data, job_lines, shorten
from app.ports.runner import MODEL_ENGINE
from app.queue.worker import process_next_job
from app.schemas.generation import MOST_ANSWERS, AnswerIn
from app.schemas.text import Name
from app.services.generation_service import StartRequest
from app.services.plan_service import TooLittleKept, require_enough_kept
from app.services.project_service import owned

log = structlog.get_logger(__name__)

FOLLOW_DEFAULT_S: Final = 30
FOLLOW_MOST_S: Final = 50
"""Below the minute after which many assistants give up on a tool."""
GRACE_S: Final = 2.0
NAME_LENGTH: Final = 60

JobField = Annotated[UUID, Field(description="The job_id that build or versions told.")]


class BuildIn(Arguments):
    """The app to build."""

    specification: Annotated[
        dict[str, Any] | None, Field(description="The whole specification, as describe_apps says. The better way.")
    ] = None
    goal: Annotated[
        GoalField | None,
        Field(
            description="The founder's goal in their own words. With a specification it is kept with the app; "
            "alone it is read by the built-in reader, which understands little."
        ),
    ] = None
    name: Annotated[Name | None, Field(description="A name for the new project; by default the app's title.")] = (
        None
    )
    project_id: Annotated[UUID | None, Field(description="Build in this project instead of a new one.")] = None
    answers: Annotated[
        list[AnswerIn] | None,
        Field(
            max_length=MOST_ANSWERS,
            description="With a goal and the project_id: the founder's answers to the questions that status told "
            "of a version which the model of this instance designed. It designs that anew.",
        ),
    ] = None
    anyway: Annotated[
        bool, Field(description="Build a goal although most of it would be left out. Only if the founder says so.")
    ] = False
    confirmed: Annotated[
        bool, Field(description="Make a further version after confirmation_needed. Only if the founder says so.")
    ] = False
    request_key: RequestKey = None


class JobIn(Arguments):
    """A build."""

    job_id: JobField


class FollowIn(JobIn):
    """The build to follow, and how long."""

    after: Annotated[int, Field(ge=0, description="The last_event of an earlier answer; 0 tells all.")] = 0
    wait_s: Annotated[
        int, Field(ge=0, le=FOLLOW_MOST_S, description="Seconds to wait at most for the build to end.")
    ] = FOLLOW_DEFAULT_S


async def _start_build(session: Session, arguments: BuildIn) -> Answer:
    spec = await _spec_to_build(session, arguments)
    services = session.services
    # Before anything is written: whoever may not build leaves no empty project.
    caller = await services.founders.require_subscription(session.caller)
    if spec is None and await _planner_of(session, arguments) == MODEL_ENGINE:
        await services.models.require_answering(caller.id, _project_in(arguments))
    async with services.database.transaction() as tx, once(tx, session, arguments) as repeated:
        if repeated.answer is None:
            project_id = await _project_for(tx, session, arguments, spec)
            if spec is not None:
                # The build reads the specification from the draft, as it does when the founder has edited it.
                await services.specs.draft(tx, caller.id, project_id, spec)
            request = _request_of(project_id, arguments, has_spec=spec is not None)
            started = await services.generation.start(tx, caller.id, request, tier=caller.tier)
            repeated.answer = {**started, "project_id": str(project_id)}
    # After the commit: a worker that hears of a job before it is there finds nothing.
    await process_next_job(services.queue)
    return started_answer(repeated.answer)


async def _spec_to_build(session: Session, arguments: BuildIn) -> AppSpec | None:
    """The specification to build from, None for the goal alone. SpecRefused, TooLittleKept."""
    if arguments.specification is not None:
        # Ours to say: the app tells its readers who planned it.
        raw = {**arguments.specification, "engine": "assistant"}
        if arguments.goal is not None:
            raw["goal"] = arguments.goal
        return await read_spec(raw)
    if arguments.goal is None:
        raise InvalidInput("There is nothing to build.", remedy="Give a specification, or at least a goal.")
    if not arguments.anyway and await _planner_of(session, arguments) != MODEL_ENGINE:
        await _require_enough_kept(arguments.goal)
    return None


def _request_of(project_id: ProjectId, arguments: BuildIn, *, has_spec: bool) -> StartRequest:
    if has_spec:
        return StartRequest(project_id, None, is_confirmed=arguments.confirmed)
    answers = None if arguments.answers is None else {said.question: said.answer for said in arguments.answers}
    return StartRequest(project_id, arguments.goal, answers=answers)


def _project_in(arguments: BuildIn) -> ProjectId | None:
    return None if arguments.project_id is None else ProjectId(arguments.project_id)


async def _planner_of(session: Session, arguments: BuildIn) -> str:
    """Who plans what has no specification: rules, or the model that is chosen."""
    services, project_id = session.services, _project_in(arguments)
    async with services.database.autocommit() as tx:
        project = None if project_id is None else await owned(tx, session.caller.id, project_id)
        return await services.choices.engine_for(tx, session.caller.id, project)


async def _require_enough_kept(goal: str) -> None:
    await read_goal_spec(goal)
    try:
        await asyncio.to_thread(require_enough_kept, goal)
    except TooLittleKept as error:
        # The service speaks to a person at the page; an assistant has other ways on.
        error.remedy = (
            "Write a specification (describe_apps) and build from it; or, if the founder wants it all the same, "
            "repeat with anyway true."
        )
        raise


async def _project_for(tx: Connection, session: Session, arguments: BuildIn, spec: AppSpec | None) -> ProjectId:
    """The project that is named, else a new one; it is gone again when the build is refused."""
    if arguments.project_id is None:
        title = spec.title if spec is not None else arguments.goal or ""
        name = arguments.name or shorten(title, NAME_LENGTH)
        view = await session.services.projects.create(tx, session.caller.id, name=name, description="")
        return view.project.id
    return ProjectId(arguments.project_id)


def started_answer(started: Mapping[str, Any]) -> Answer:
    """An accepted build in words."""
    usage = started["usage"]
    if started["status"] == JobStatus.SCHEDULED:
        text = (
            f"{started['build_version']} is accepted, but today's limit of {usage['daily_jobs']} builds is "
            "reached: it starts after midnight UTC. Tell the founder; cancel takes it back."
        )
    else:
        text = f"{started['build_version']} is accepted. Call follow with job_id {started['job_id']}."
    return Answer(text, started)


async def _follow_build(session: Session, arguments: FollowIn) -> Answer:
    services, job_id = session.services, JobId(arguments.job_id)
    async with services.database.autocommit() as tx:
        # Whose it is, first: the feed itself lets everybody listen.
        await services.generation.job(tx, session.caller.id, job_id)
    events = await _collect_events(session, job_id, after=arguments.after, wait_s=arguments.wait_s)
    async with services.database.autocommit() as tx:
        job = await services.generation.job(tx, session.caller.id, job_id)
    story = [line for event in events if (line := _event_line(event))]
    # Even of a call that heard nothing, so that the next one can go on from there.
    last_seq = events[-1].seq if events else arguments.after
    lines = [*story, *job_lines(job)]
    if not job.status.is_terminal:
        lines.append(f"It goes on whether or not anybody watches. Call follow again with after {last_seq}.")
    return Answer("\n".join(lines), {**job_data(job), "last_event": last_seq})


async def _collect_events(session: Session, job_id: JobId, *, after: int, wait_s: int) -> list[Event]:
    """The events after one, until the last of the build or until the time is over."""
    listener, collected = Listener(), list[Event]()
    timer = asyncio.get_running_loop().call_later(wait_s, listener.leave)
    events = session.services.feeds.follow(job_id, listener, after=after)
    try:
        # The timer ends the listening; this only guards against a feed that does not hear it.
        async with asyncio.timeout(wait_s + GRACE_S):
            async for event in events:
                if event is not None:
                    collected.append(event)
                    await session.report(_share_done(event), _event_line(event) or "Going on...")
    except TimeoutError:
        log.info("follow_ends", job_id=str(job_id))
    finally:
        timer.cancel()
        await events.aclose()
    return collected


def _share_done(event: Event) -> float:
    """The share of a build that is done when this happens."""
    steps = (*BUILD_STAGES, JobStatus.READY)
    status = event.payload.get("status")
    return round(steps.index(JobStatus(status)) / (len(steps) - 1), 2) if status in steps else 0.0


def _event_line(event: Event) -> str:
    if event.type is EventType.STATUS:
        return str(event.payload.get("label", ""))
    return str(event.payload.get("text", "")) if event.type is EventType.SAY else ""


async def _tell_status(session: Session, arguments: JobIn) -> Answer:
    services, job_id = session.services, JobId(arguments.job_id)
    view = await services.generation.status(session.caller.id, job_id)
    async with services.database.autocommit() as tx:
        job = await services.generation.job(tx, session.caller.id, job_id)
    lines = job_lines(job)
    if view.queue_position:
        lines.append(f"Place in the queue: {view.queue_position}.")
    return Answer("\n".join(lines), job_data(job))


async def _cancel_build(session: Session, arguments: JobIn) -> Answer:
    await session.services.generation.cancel(session.caller.id, JobId(arguments.job_id))
    return Answer("The build is cancelled. Earlier versions are unchanged.", {"job_id": str(arguments.job_id)})


BUILDING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "build",
        "Build an app",
        "Starts a build of a new project (or, with project_id, of a project without a version yet) and answers "
        "at once with its job_id. Give the specification that check_plan found no fault in. For the next version "
        "of an app use change.",
        BuildIn,
        _start_build,
    ),
    Tool(
        "follow",
        "Follow a build",
        "Waits until a build ends, at most wait_s seconds, and tells what happened since the event `after`. A "
        "build takes 10 to 60 seconds and goes on by itself; call again while it runs.",
        FollowIn,
        _follow_build,
        only_reads=True,
    ),
    Tool(
        "status",
        "Where a build is",
        "Where a build is now, without waiting; for a build that failed, why.",
        JobIn,
        _tell_status,
        only_reads=True,
    ),
    Tool(
        "cancel",
        "Stop a build",
        "Stops a build for good; earlier versions stay. Only if the founder says so.",
        JobIn,
        _cancel_build,
        destroys=True,
    ),
)
