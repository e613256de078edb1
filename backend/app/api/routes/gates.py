"""Decisions: which wait, which were taken, and taking one."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import CallerDep, ServicesDep
from app.core.ids import GateId, ProjectId
from app.domain.gate import GATE_TITLES, Gate, GateOption, alignment_colour
from app.schemas.projects import AlignmentOut, GateIn, GateOut, GatesOut, OptionOut, ResolvedOut, ResolveIn

project_router = APIRouter()
router = APIRouter()

NEXT_ACTIONS: Final = {
    "proceed": "start_build",
    "narrow": "start_build",
    "pivot": "start_build",
    "iterate": "start_build",
    "ship": "export_build",
    "park": "unpark_project",
}


def _option_out(option: GateOption) -> OptionOut:
    return OptionOut(
        value=option.value,
        title=option.title,
        description=option.description,
        what_happens_next=option.what_happens_next,
        pros=list(option.pros),
        cons=list(option.cons),
        needs_text=option.needs_text,
    )


def _gate_out(gate: Gate) -> GateOut:
    score = gate.alignment
    return GateOut(
        gate_id=gate.id,
        project_id=gate.project_id,
        job_id=gate.job_id,
        gate_type=gate.gate_type,
        title=GATE_TITLES[gate.gate_type],
        status=gate.status.value,
        options=[_option_out(option) for option in gate.gate_type.options],
        alignment=None if score is None else AlignmentOut(score=score, colour=alignment_colour(score)),
        decision=gate.decision,
        text=gate.text,
        created_at=gate.created_at.isoformat(),
        decided_at=gate.decided_at.isoformat() if gate.decided_at else None,
    )


@project_router.post("/{project_id}/gates", status_code=201, operation_id="create_gate")
async def create(project_id: UUID, body: GateIn, caller: CallerDep, services: ServicesDep) -> GateOut:
    """Ask for a decision."""
    async with services.database.transaction() as tx:
        return _gate_out(await services.gates.create(tx, caller.id, ProjectId(project_id), body.gate_type))


@project_router.get("/{project_id}/gates", operation_id="list_gates")
async def list_gates(project_id: UUID, caller: CallerDep, services: ServicesDep) -> GatesOut:
    """The decisions of a project, newest first."""
    async with services.database.autocommit() as tx:
        gates = await services.gates.list(tx, caller.id, ProjectId(project_id))
    return GatesOut(items=[_gate_out(gate) for gate in gates])


@router.post("/{gate_id}/resolve", operation_id="resolve_gate")
async def resolve(gate_id: UUID, body: ResolveIn, caller: CallerDep, services: ServicesDep) -> ResolvedOut:
    """Take a decision."""
    async with services.database.transaction() as tx:
        taken = await services.gates.resolve(
            tx, caller.id, GateId(gate_id), decision=body.decision, text=body.text
        )
    return ResolvedOut(
        gate_id=gate_id,
        project_id=taken.gate.project_id,
        decision=taken.option.value,
        resolution_summary=f"{taken.option.title}: {taken.option.what_happens_next}",
        next_action=NEXT_ACTIONS[taken.option.value],
    )
