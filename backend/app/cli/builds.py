"""Start, follow and stop builds."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from app.cli.answers import Answers, read_answers
from app.cli.asking import answers_yes, require_yes
from app.cli.client import ApiClient, JsonObject, open_client
from app.cli.config import load_settings
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import ApiProblem, Exit, Interrupted, ServerUnreachable, UsageError
from app.cli.events import BuildEvent, StageClock, follow
from app.cli.lookup import find_job_id, find_project_id, naming_a_build
from app.cli.plan_gate import agree_on_plan
from app.cli.progress import Progress, QuietProgress, make_progress
from app.cli.summary import exit_of_build, failed_lines, ready_lines, status_lines
from app.core.errors import AppError
from app.domain.job import GOAL_MAX, JobStatus
from app.domain.text import has_shape, holds_controls
from app.ports.runner import BLUEPRINT_ENGINE

NAME_LENGTH: Final = 60
SHORT_NAME: Final = 8
"""Of fewer characters a first clause says too little, such as "Hello"."""

Timeout = Annotated[float | None, Parameter(help="Seconds to wait at most; the build goes on after that.")]
Anyway = Annotated[bool, Parameter(help="Build although less than half of the wishes would be kept.")]
Engine = Annotated[
    Literal["blueprint", "model"] | None,
    Parameter(help="Who plans the app: rules, or the model that is set; the project remembers it."),
]
Yes = Annotated[bool, Parameter(help="Build a further version although so many were made; do not ask.")]
Job = Annotated[str, Parameter(help="The job's id, as `build` prints it, or its first characters.")]


def build(
    goal: Annotated[
        str | None,
        Parameter(help="What to build, in your own words; left out, a project's specification as it stands."),
    ] = None,
    /,
    *,
    project: Annotated[
        str | None, Parameter(help="The project to build, by name or id; a new one by default.")
    ] = None,
    engine: Engine = None,
    answer: Answers = (),
    detach: Annotated[bool, Parameter(help="Do not wait; print the job's id.")] = False,
    anyway: Anyway = False,
    yes: Yes = False,
    timeout: Timeout = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    if goal is not None:
        require_goal(goal)
    asks = not (yes or detach or common.json)
    # Of a new project the settings or its founder's choice say it; of one that there is only the instance knows.
    planner = engine or (planner_of_new(common, context) if project is None else None)
    if goal is not None and planner == BLUEPRINT_ENGINE:
        goal = agree_on_plan(context, require_goal(goal), command="cofounder build", anyway=anyway, asks=asks)
    with open_client(common, context) as client:
        if goal is not None and planner is None and planner_of(client, project, common) == BLUEPRINT_ENGINE:
            goal = agree_on_plan(context, require_goal(goal), command="cofounder build", anyway=anyway, asks=asks)
        answers = read_answers(client, project, answer) if answer else None

        def start(is_confirmed: bool) -> JsonObject:
            return start_build(
                client, goal, project=project, engine=engine, answers=answers, is_confirmed=is_confirmed
            )

        started = start_confirmed(context, start, yes=yes)
        context.say(f"Building {started['build_version']} (job {started['job_id']}).")
        return finish_started(client, started, context, common, detach=detach, timeout_s=timeout)


def start_confirmed(context: Context, start: Callable[[bool], JsonObject], *, yes: bool) -> JsonObject:
    """Start a build; one that its founder has to confirm is asked about at the terminal. ApiProblem."""
    try:
        return start(yes)
    except ApiProblem as problem:
        # A script must not wait for an answer for ever, and its silence is no yes.
        if problem.problem_code != "confirmation_needed" or not sys.stdin.isatty():
            raise
        if not answers_yes(context, f"{problem.detail} Build a further version?"):
            raise
    return start(True)


def finish_started(
    client: ApiClient,
    started: JsonObject,
    context: Context,
    common: Common,
    *,
    detach: bool,
    timeout_s: float | None,
) -> int:
    """Print the job's id when `detach`; otherwise follow the build to its end and print what it became."""
    job_id = started["job_id"]
    if detach:
        context.result_json(started) if common.json else context.result(job_id)
        return Exit.OK
    progress = make_progress(context, as_json=common.json)
    finished = follow_to_end(client, job_id, progress=progress, timeout_s=timeout_s)
    return print_outcome(finished, context, as_json=common.json)


def planner_of(client: ApiClient, project: str | None, common: Common) -> str:
    """The engine that plans the next build of a project."""
    project_id = find_project_id(client, project or "")
    record = client.get(f"/api/projects/{project_id}")
    return str(record.get("engine") or planner_by(client, common, project_id=project_id))


def planner_of_new(common: Common, context: Context) -> str:
    """The engine that plans a new project, where no instance answers by the settings of this command."""
    settings = load_settings(common)
    if settings.engine is not None or settings.model is not None:
        return settings.default_engine
    try:
        with open_client(common, context) as client:
            return planner_by(client, common)
    except AppError:
        return settings.default_engine


def planner_by(client: ApiClient, common: Common, **of: str) -> str:
    """The engine that plans by the choices of the founder, else by the settings."""
    try:
        return str(client.get("/api/models", **of)["engine"])
    except ApiProblem:
        return load_settings(common).default_engine


def watch(job: Job, /, *, timeout: Timeout = None, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        progress = EventLines(context) if common.json else make_progress(context, as_json=False)
        job_id = find_job_id(client, job)
        with naming_a_build(client, job_id):
            finished = follow_to_end(client, job_id, progress=progress, timeout_s=timeout)
    if common.json:
        return exit_of_build(finished)
    return print_outcome(finished, context, as_json=False)


def status(job: Job, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        job_id = find_job_id(client, job)
        with naming_a_build(client, job_id):
            state = client.get(f"/api/generation/{job_id}/status")
    if common.json:
        context.result_json(state)
    else:
        context.result("\n".join(status_lines(state)))
    return Exit.OK


def cancel(
    job: Job,
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do not ask.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        job_id = find_job_id(client, job)
        with naming_a_build(client, job_id):
            if not yes and not has_ended(client, job_id):
                question = "Stop this build? Its partial work is removed."
                command = f"cofounder cancel {job_id} --yes"
                require_yes(context, question, otherwise="Nothing was stopped.", command=command)
            answer = client.post(f"/api/generation/{job_id}/cancel")
    context.result_json(answer) if common.json else context.result(answer["message"])
    return Exit.OK


def has_ended(client: ApiClient, job_id: str) -> bool:
    """True when the build is over: a cancel then needs no question, its answer says so."""
    return JobStatus(client.get(f"/api/generation/{job_id}/status")["status"]).is_terminal


def start_build(
    client: ApiClient,
    goal: str | None,
    *,
    project: str | None,
    engine: str | None = None,
    answers: list[dict[str, str]] | None = None,
    is_confirmed: bool = False,
) -> JsonObject:
    """Start a build, in a new project unless one is named; asked twice it starts once.

    A new project whose build is refused is removed again.
    """
    if goal is not None or project is None:
        require_goal(goal or "")
    if project is not None or goal is None:
        project_id = find_project_id(client, project or "")
        return request_build(client, project_id, goal, engine=engine, answers=answers, is_confirmed=is_confirmed)
    project_id = client.post("/api/projects", {"name": project_name(goal)})["id"]
    try:
        return request_build(client, project_id, goal, engine=engine, answers=answers)
    except ApiProblem:
        discard_project(client, project_id)
        raise


def request_build(
    client: ApiClient,
    project_id: str,
    goal: str | None,
    *,
    engine: str | None = None,
    answers: list[dict[str, str]] | None = None,
    is_confirmed: bool = False,
) -> JsonObject:
    """Ask for a build of the project; without a goal, of its specification as it stands."""
    fields = {"goal": goal, "engine": engine, "answers": answers, "confirmed": is_confirmed or None}
    # What is null means something else to the API than what is left out.
    body = {"project_id": project_id, **{name: value for name, value in fields.items() if value is not None}}
    # A key of its own for each command: an answer that was lost is asked for again, and builds once.
    return client.post("/api/generation/start", body, idempotency_key=uuid.uuid4().hex)


def discard_project(client: ApiClient, project_id: str) -> None:
    """Remove a project whose only build was refused; when the instance has gone away, it stays."""
    with suppress(ApiProblem, ServerUnreachable):
        client.delete(f"/api/projects/{project_id}")


def require_goal(goal: str) -> str:
    """The goal, when it has words and is not too long. UsageError."""
    if not has_shape(goal):
        raise UsageError("The goal is empty.", remedy='cofounder build "A booking app for a yoga studio"')
    if len(goal.strip()) > GOAL_MAX:
        raise UsageError(
            f"The goal has {len(goal.strip()):,} characters; {GOAL_MAX:,} are the most.",
            remedy='cofounder build "the same in fewer words"',
        )
    return goal


def project_name(goal: str) -> str:
    """A short name made of the goal's first words."""
    visible = "".join(character for character in goal if character.isspace() or not holds_controls(character))
    words = re.sub(r"^(an?|the)\s+", "", " ".join(visible.split()), flags=re.IGNORECASE)
    # The first sentence or clause, if that is a name by itself.
    clause = re.split(r"[.:;,!?]\s", words, maxsplit=1)[0].rstrip(".:;,!?")
    words = clause if len(clause) >= SHORT_NAME else words
    if len(words) > NAME_LENGTH:
        words = words[:NAME_LENGTH].rsplit(" ", 1)[0].rstrip(".:;,!?")
    return words[:1].upper() + words[1:]


def follow_to_end(
    client: ApiClient, job_id: str, *, progress: Progress, timeout_s: float | None = None
) -> JsonObject:
    """Follow the build to its end, and return the build with the seconds of each stage. Interrupted on Ctrl-C."""
    clock = StageClock()
    try:
        with progress:
            for event in follow(client, job_id, timeout_s=timeout_s):
                clock.hear(event)
                progress.show(event)
    except KeyboardInterrupt:
        detail = f"Stopped watching; the build goes on. To see it again:\ncofounder watch {job_id}\nTo stop it:"
        raise Interrupted(detail, remedy=f"cofounder cancel {job_id}") from None
    except ServerUnreachable as error:
        detail = f"{error.detail} The build is kept, and goes on with the instance. To see it again then:"
        raise ServerUnreachable(f"{detail}\ncofounder watch {job_id}\nFirst:", remedy=error.remedy) from error
    return client.get(f"/api/builds/{job_id}") | {"stage_seconds": clock.seconds}


def print_outcome(finished: JsonObject, context: Context, *, as_json: bool) -> Exit:
    """Print what a build became, its preview address on the last line, and return the exit code."""
    code = exit_of_build(finished)
    if as_json:
        context.result_json(finished)
    elif code is Exit.OK:
        context.result("\n".join(ready_lines(finished)))
        context.result(f"\n{finished['preview_url']}")
    else:
        flags = f" --project {finished['project_id']}"
        context.say("\n".join(failed_lines(finished, command="cofounder build", flags=flags)))
    return code


class EventLines(QuietProgress):
    """Every event as one JSON object a line."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def show(self, event: BuildEvent) -> None:
        """Write the event."""
        self._context.result_json({"type": event.type, **event.data})
