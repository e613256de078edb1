"""Tools that steer: the specification as it stands, its changes, and the founder's decisions."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from app.blueprint.plan import plan_of
from app.blueprint.plan_text import plan_lines
from app.core.ids import GateId, ProjectId
from app.mcp_server.building import started_answer
from app.mcp_server.designing import read_spec
from app.mcp_server.looking import ProjectField, ProjectIdIn
from app.mcp_server.repeating import RequestKey, once
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.mcp_server.words import gate_data, gate_lines
from app.queue.worker import process_next_job
from app.services.generation_service import StartRequest


class ChangeIn(Arguments):
    """A change of an app."""

    project_id: ProjectField
    specification: Annotated[
        dict[str, Any], Field(description="The whole specification with the change made in it.")
    ]
    revision: Annotated[str, Field(description="The revision that specification told.")]
    request_key: RequestKey = None


class DecideIn(Arguments):
    """The founder's decision."""

    gate_id: Annotated[UUID, Field(description="The gate_id that decisions told.")]
    decision: Annotated[str, Field(max_length=40, description="The option that the founder chose.")]
    text: Annotated[
        str | None, Field(max_length=4_000, description="What the founder said about it, in their own words.")
    ] = None


async def _specification(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.autocommit() as tx:
        view = await session.services.specs.get(tx, session.caller.id, ProjectId(arguments.project_id))
    state = f"{view.version}, with changes that are not built yet" if view.is_edited else view.version
    said = view.spec.model_dump(mode="json", exclude_defaults=True)
    return Answer(
        "\n".join([f"The specification of {state} (revision {view.revision}):", *plan_lines(plan_of(view.spec))]),
        {"revision": view.revision, "build_version": view.version, "specification": said},
    )


async def _change(session: Session, arguments: ChangeIn) -> Answer:
    services, project_id = session.services, ProjectId(arguments.project_id)
    await read_spec(arguments.specification)
    caller = await services.founders.require_subscription(session.caller)
    async with services.database.transaction() as tx, once(tx, session, arguments) as repeated:
        if repeated.answer is None:
            view = await services.specs.put(
                tx, caller.id, project_id, arguments.specification, revision=arguments.revision
            )
            request = StartRequest(project_id, None)
            started = await services.generation.start(tx, caller.id, request, tier=caller.tier)
            repeated.answer = {**started, "project_id": str(project_id), "notes": list(view.notes)}
    await process_next_job(services.queue)
    told = started_answer(repeated.answer)
    return Answer("\n".join([*repeated.answer["notes"], told.text]), told.data)


async def _decisions(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.autocommit() as tx:
        gates = await session.services.gates.list(tx, session.caller.id, ProjectId(arguments.project_id))
    lines = [line for gate in gates for line in gate_lines(gate)]
    return Answer(
        "\n".join(lines) if lines else "No decision waits, and none was taken.",
        {"decisions": [gate_data(gate) for gate in gates]},
    )


async def _decide(session: Session, arguments: DecideIn) -> Answer:
    async with session.services.database.transaction() as tx:
        taken = await session.services.gates.resolve(
            tx, session.caller.id, GateId(arguments.gate_id), decision=arguments.decision, text=arguments.text
        )
    option = taken.option
    return Answer(
        f"Decided: {option.title}. {option.what_happens_next}",
        {"gate_id": str(arguments.gate_id), "decision": option.value, "project_id": str(taken.gate.project_id)},
    )


async def _unpark(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.transaction() as tx:
        view = await session.services.projects.set_parked(
            tx, session.caller.id, ProjectId(arguments.project_id), parked=False
        )
    return Answer(f"{view.project.name} is taken up again.", {"project_id": str(view.project.id)})


STEERING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "specification",
        "The specification of an app",
        "What an app is now: in words, as the specification that the next version begins with, and its revision.",
        ProjectIdIn,
        _specification,
        only_reads=True,
    ),
    Tool(
        "change",
        "Change an app",
        "Keeps a changed specification and builds it as the next version; the records of the app live on. Say "
        "`was` with a part that got another name.",
        ChangeIn,
        _change,
    ),
    Tool(
        "decisions",
        "The founder's decisions",
        "The decisions of a project: those that wait for the founder, with their options, and those taken.",
        ProjectIdIn,
        _decisions,
        only_reads=True,
    ),
    Tool(
        "decide",
        "Take the founder's decision",
        "Hands in what the founder decided. Ask them first and never choose for them.",
        DecideIn,
        _decide,
    ),
    Tool(
        "unpark",
        "Take up a parked project",
        "Takes a parked project up again, so that it can be built. Only if the founder says so.",
        ProjectIdIn,
        _unpark,
    ),
)
