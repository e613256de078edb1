"""Tools that steer: the founder's decisions."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from app.core.ids import GateId, ProjectId
from app.mcp_server.looking import ProjectIdIn
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.mcp_server.words import gate_data, gate_lines


class DecideIn(Arguments):
    """The founder's decision."""

    gate_id: Annotated[UUID, Field(description="The gate_id that decisions told.")]
    decision: Annotated[str, Field(max_length=40, description="The option that the founder chose.")]
    text: Annotated[
        str | None, Field(max_length=4_000, description="What the founder said about it, in their own words.")
    ] = None


async def _list_decisions(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.autocommit() as tx:
        gates = await session.services.gates.list(tx, session.caller.id, ProjectId(arguments.project_id))
    lines = [line for gate in gates for line in gate_lines(gate)]
    return Answer(
        "\n".join(lines) if lines else "No decision waits, and none was taken.",
        {"decisions": [gate_data(gate) for gate in gates]},
    )


async def _take_decision(session: Session, arguments: DecideIn) -> Answer:
    async with session.services.database.transaction() as tx:
        decided = await session.services.gates.resolve(
            tx, session.caller.id, GateId(arguments.gate_id), decision=arguments.decision, text=arguments.text
        )
    option = decided.option
    return Answer(
        f"Decided: {option.title}. {option.what_happens_next}",
        {"gate_id": str(arguments.gate_id), "decision": option.value, "project_id": str(decided.gate.project_id)},
    )


async def _unpark_project(session: Session, arguments: ProjectIdIn) -> Answer:
    async with session.services.database.transaction() as tx:
        view = await session.services.projects.set_parked(
            tx, session.caller.id, ProjectId(arguments.project_id), parked=False
        )
    return Answer(f"{view.project.name} is taken up again.", {"project_id": str(view.project.id)})


STEERING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "decisions",
        "The founder's decisions",
        "The decisions of a project: those that wait for the founder, with their options, and those taken.",
        ProjectIdIn,
        _list_decisions,
        only_reads=True,
    ),
    Tool(
        "decide",
        "Take the founder's decision",
        "Hands in what the founder decided. Ask them first and never choose for them.",
        DecideIn,
        _take_decision,
    ),
    Tool(
        "unpark",
        "Take up a parked project",
        "Takes a parked project up again, so that it can be built. Only if the founder says so.",
        ProjectIdIn,
        _unpark_project,
    ),
)
