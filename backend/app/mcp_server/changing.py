"""Tools that change an app and tell versions apart, with the effects on the records."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.blueprint.operations import MOST, Operation, OperationFault, apply_operations
from app.blueprint.plan import plan_of
from app.blueprint.plan_text import plan_lines
from app.blueprint.spec import AppSpec
from app.blueprint.spec_changes import changes_between, difference
from app.core.errors import NotFound
from app.core.ids import JobId, ProjectId
from app.db.engine import Connection
from app.mcp_server.building import started_answer
from app.mcp_server.designing import read_spec
from app.mcp_server.looking import ProjectField, ProjectIdIn
from app.mcp_server.repeating import RequestKey, once
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.queue.worker import process_next_job
from app.services.generation_service import StartRequest
from app.services.project_service import owned
from app.services.spec_service import SpecRefused, SpecView


class ChangeIn(Arguments):
    """A change of an app: operations on the specification as it stands, or the whole of it with its revision."""

    project_id: ProjectField
    operations: Annotated[
        list[Operation] | None,
        Field(
            max_length=MOST,
            description="One change each, in order: "
            '{"op": "add", "at": "entities/Booking/fields", "value": {"name": "notes", "type": "longtext"}}, '
            '{"op": "change", "at": "rules/A course takes eight people.", "value": {"limit": 10}}, '
            '{"op": "rename", "at": "entities/Booking/fields/notes", "to": "remarks"}, '
            '{"op": "remove", "at": "views/calendar Booking"}. Parts are found by name, label, about or number.',
        ),
    ] = None
    specification: Annotated[
        dict[str, Any] | None,
        Field(description="Instead of operations: the whole specification with the change made in it."),
    ] = None
    revision: Annotated[
        str | None, Field(description="The revision that specification told; needed with a whole specification.")
    ] = None
    build: Annotated[
        bool, Field(description="Build it as the next version; false only tells what it would do.")
    ] = True
    confirmed: Annotated[
        bool, Field(description="Make a further version after confirmation_needed. Only if the founder says so.")
    ] = False
    request_key: RequestKey = None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if (self.operations is None) == (self.specification is None):
            raise ValueError("give either operations or a whole specification")
        return self


class CompareIn(Arguments):
    """Two versions of one project."""

    old_job_id: Annotated[UUID, Field(description="The job_id of one version.")]
    new_job_id: Annotated[UUID, Field(description="The job_id of another version of the same project.")]


async def _tell_specification(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.transaction() as tx:
        view = await session.services.specs.get(tx, session.caller.id, ProjectId(arguments.project_id))
    newest = view.version or "the draft"
    state = f"{newest}, with changes that are not built yet" if view.is_edited and view.version else newest
    return Answer(
        "\n".join([f"The specification of {state} (revision {view.revision}):", *plan_lines(plan_of(view.spec))]),
        {"revision": view.revision, "build_version": view.version, "specification": spoken_spec(view.spec)},
    )


def spoken_spec(spec: AppSpec) -> dict[str, Any]:
    """A specification without the parts that follow from the rest."""
    return spec.model_dump(
        mode="json", exclude_defaults=True, exclude={"version", "confidence", "acceptance", "pages"}
    )


async def _change_app(session: Session, arguments: ChangeIn) -> Answer:
    services, project_id = session.services, ProjectId(arguments.project_id)
    caller = await services.founders.require_subscription(session.caller)
    if not arguments.build:
        return await _try_change(session, arguments)
    async with services.database.transaction() as tx, once(tx, session, arguments) as repeated:
        if repeated.answer is None:
            before, view = await _keep_change(tx, session, arguments)
            request = StartRequest(project_id, None, is_confirmed=arguments.confirmed)
            started = await services.generation.start(tx, caller.id, request, tier=caller.tier)
            changes = [*difference(before, view.spec), *view.notes]
            repeated.answer = {**started, "project_id": str(project_id), "changes": changes}
    # After the commit: a worker that hears of a job before it is there finds nothing.
    await process_next_job(services.queue)
    answer = started_answer(repeated.answer)
    return Answer("\n".join([*repeated.answer["changes"], answer.text]), answer.data)


async def _try_change(session: Session, arguments: ChangeIn) -> Answer:
    """Tell the effects of a change; nothing of it is kept."""
    async with session.services.database.transaction() as tx:
        view = await session.services.specs.get(tx, session.caller.id, ProjectId(arguments.project_id))
    raw = _changed_document(view, arguments)
    spec = await read_spec(raw)
    # Against what is built: an edit that was kept and never built is new to whoever uses the app.
    changes = difference(view.built or view.spec, spec)
    return Answer(
        "\n".join([*changes, "Nothing is changed yet."]), {"changes": changes, "specification": spoken_spec(spec)}
    )


async def _keep_change(tx: Connection, session: Session, arguments: ChangeIn) -> tuple[AppSpec, SpecView]:
    """The specification before, and as it is kept now. SpecRefused, SpecChanged, RevisionMissing."""
    specs, project_id = session.services.specs, ProjectId(arguments.project_id)
    # Locked from the reading on, so that operations meet the specification that they are applied to.
    await owned(tx, session.caller.id, project_id, lock=True)
    view = await specs.get(tx, session.caller.id, project_id)
    raw = _changed_document(view, arguments)
    await read_spec(raw)
    is_whole = arguments.specification is not None
    saved = await specs.put(
        tx,
        session.caller.id,
        project_id,
        raw,
        revision=arguments.revision if is_whole else view.revision,
        as_written=not is_whole,
    )
    return view.built or view.spec, saved


def _changed_document(view: SpecView, arguments: ChangeIn) -> dict[str, Any]:
    if arguments.specification is not None:
        # An assistant may leave the goal out; the founder's words stay with the app all the same.
        return {"goal": view.spec.goal, **arguments.specification}
    try:
        return apply_operations(
            view.spec.model_dump(mode="json", exclude_defaults=True), arguments.operations or []
        )
    except OperationFault as fault:
        raise SpecRefused(str(fault), errors=[{"field": "operations", "problem": str(fault)}]) from fault


async def _compare_versions(session: Session, arguments: CompareIn) -> Answer:
    async with session.services.database.transaction() as tx:
        old, old_version = await _spec_of(tx, session, arguments.old_job_id)
        new, new_version = await _spec_of(tx, session, arguments.new_job_id)
    changes = changes_between(old, new) or ["Nothing that people would notice is different."]
    return Answer("\n".join([f"From {old_version} to {new_version}:", *changes]), {"changes": changes})


async def _spec_of(tx: Connection, session: Session, job_id: UUID) -> tuple[AppSpec, str]:
    job = await session.services.generation.job(tx, session.caller.id, JobId(job_id))
    spec = await session.services.specs.of_version(tx, job)
    if spec is None:
        raise NotFound(f"{job.build_version} has no specification that can be read here.")
    return spec, job.build_version


CHANGING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "specification",
        "The specification of an app",
        "What an app is now: in words, as the specification that the next version begins with, and its revision.",
        ProjectIdIn,
        _tell_specification,
        only_reads=True,
    ),
    Tool(
        "change",
        "Change an app",
        "Changes an app and builds it as the next version: by operations on single parts, or by the whole "
        "specification. Tells what becomes different and what happens to the records, which come along. With "
        "build false it only tells.",
        ChangeIn,
        _change_app,
    ),
    Tool(
        "compare",
        "What differs between two versions",
        "What is different between two versions of an app, in words for the founder.",
        CompareIn,
        _compare_versions,
        only_reads=True,
    ),
)
