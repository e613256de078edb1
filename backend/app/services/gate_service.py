"""Gates: ask the founder, keep the answer, and hold builds back while one waits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import Conflict, GateAlreadyDecided, GatePending, InvalidInput, NotFound, NotReady
from app.core.ids import FounderId, GateId, ProjectId
from app.db.engine import Connection
from app.domain.gate import GATE_TITLES, Gate, GateOption, GateType, alignment_score, wishes_score
from app.domain.job import Job, JobStatus
from app.repositories import gates, jobs, projects
from app.services.project_service import owned

BLOCKED: Final = "Pending gate must be resolved first"

STAGE_AFTER: Final = {
    "proceed": "building",
    "narrow": "building",
    "pivot": "building",
    "iterate": "iterating",
    "ship": "shipping",
}


@dataclass(frozen=True)
class Resolution:
    """A decision and what it leads to."""

    gate: Gate
    option: GateOption


def require_ready(job: Job) -> None:
    """NotReady for a build without a preview and files."""
    if job.status is JobStatus.READY:
        return
    if not job.status.is_terminal:
        state = "is still being built. Its preview and files are there when it is ready."
    elif job.is_cancelled:
        state = "was stopped before it was ready, so it has no preview and no files."
    else:
        state = "did not become ready, so it has no preview and no files."
    raise NotReady(
        f"Version {job.number} {state}",
        job_id=str(job.id),
        project_id=str(job.project_id),
        build_status=job.status.value,
    )


def gate_pending(gate_id: str, gate_type: GateType, project_id: ProjectId) -> GatePending:
    """The refusal because a decision of the project waits."""
    title = GATE_TITLES[gate_type]
    return GatePending(
        BLOCKED, remedy=f"Decide {title!r} first.", gate_id=gate_id, gate_title=title, project_id=str(project_id)
    )


class GateService:
    """The decisions of a project."""

    async def create(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, gate_type: GateType
    ) -> Gate:
        """Ask for a decision; Conflict while one of that type waits."""
        await owned(tx, founder_id, project_id, lock=True)
        gate = await gates.create(tx, project_id, gate_type, job_id=None, alignment=None)
        if gate is None:
            raise Conflict("A decision of this type already waits.", remedy="Resolve it first.")
        return gate

    async def list(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> Sequence[Gate]:
        """Every decision of the project, newest first."""
        await owned(tx, founder_id, project_id)
        return await gates.of_project(tx, project_id)

    async def preview_viewed(self, tx: Connection, job: Job) -> tuple[Gate, bool]:
        """The solidification gate of a ready build, and whether this call made it."""
        require_ready(job)
        specified = await jobs.find_specified(tx, job.id)
        built = (specified.spec if specified is not None else None) or {}
        states = Counter(str(wish.get("state")) for wish in built.get("wishes") or ())
        score = wishes_score(states["kept"], states["partly"], states["left_out"])
        # A specification without an account of wishes, such as one written by hand.
        if score is None:
            score = alignment_score(job.goal, json.dumps(built))
        new_gate = await gates.create(tx, job.project_id, GateType.SOLIDIFICATION, job_id=job.id, alignment=score)
        if new_gate is not None:
            return new_gate, True
        mine = await gates.of_job(tx, job.id)
        if mine is not None:
            return mine, False
        for gate in await gates.pending(tx, job.project_id):
            if gate.gate_type is GateType.SOLIDIFICATION:
                return gate, False
        # The decision that stood in the way was taken a moment ago, so this version asks for its own.
        return await self.preview_viewed(tx, job)

    async def resolve(
        self, tx: Connection, founder_id: FounderId, gate_id: GateId, *, decision: str, text: str | None
    ) -> Resolution:
        """Take a decision, once."""
        gate = await gates.find(tx, gate_id, founder_id=founder_id)
        if gate is None:
            raise NotFound("There is no such gate.", remedy="Check the id; you only see your own gates.")
        option = self._chosen_option(gate.gate_type, decision, text)
        # One statement that asks whether it still waits: of two answers at once the first one counts.
        if not await gates.decide(tx, gate_id, decision=decision, text=text, founder_id=founder_id):
            raise GateAlreadyDecided(
                "This decision has already been taken.", decision=gate.decision, project_id=str(gate.project_id)
            )
        # Parking keeps the stage: whoever unparks goes on where the idea was.
        if option.parks_project:
            await projects.set_status(tx, gate.project_id, "parked")
        else:
            await projects.set_stage(tx, gate.project_id, STAGE_AFTER[option.value])
        return Resolution(gate, option)

    def _chosen_option(self, gate_type: GateType, decision: str, text: str | None) -> GateOption:
        option = gate_type.option(decision)
        if option is None:
            allowed = ", ".join(repr(choice.value) for choice in gate_type.options)
            raise InvalidInput(f"This gate is decided by one of {allowed}.")
        if option.needs_text and not (text or "").strip():
            raise InvalidInput(f"The decision {option.value!r} needs a text that says what you want.")
        return option
