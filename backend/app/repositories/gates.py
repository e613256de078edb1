"""Gates in the record: which decisions wait, and how they were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core.ids import FounderId, GateId, JobId, ProjectId
from app.db.engine import Connection
from app.domain.gate import Gate, GateStatus, GateType

_COLUMNS: Final = (
    "id, project_id, job_id, gate_type, status, alignment, decision, text, decided_by, created_at, decided_at"
)
_OF: Final = f"SELECT {_COLUMNS} FROM gates WHERE "
_CREATE: Final = f"""
    INSERT INTO gates (project_id, gate_type, job_id, alignment)
    VALUES (%(project)s, %(type)s, %(job)s, %(alignment)s)
    ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
    """
_OF_JOB: Final = f"{_OF} job_id = %(job)s"
_PENDING: Final = f"{_OF} project_id = %(project)s AND status = 'pending' ORDER BY created_at"
_OF_PROJECT: Final = f"{_OF} project_id = %(project)s ORDER BY created_at DESC, id"
_FIND: Final = f"{_OF} id = %(id)s AND project_id IN (SELECT id FROM projects WHERE founder_id = %(founder)s)"
_DECIDE: Final = """
    UPDATE gates SET status = 'decided', decision = %(decision)s, text = %(text)s, decided_by = %(founder)s,
                     decided_at = now()
    WHERE id = %(id)s AND status = 'pending' RETURNING id
    """


def _gate_of(row: Mapping[str, Any]) -> Gate:
    kinds: dict[str, Any] = {"gate_type": GateType(row["gate_type"]), "status": GateStatus(row["status"])}
    return Gate(**{**row, **kinds})


async def create(
    tx: Connection, project_id: ProjectId, gate_type: GateType, *, job_id: JobId | None, alignment: int | None
) -> Gate | None:
    """A new pending gate; None when the build has its gate already or one of that type is pending."""
    values = {"project": project_id, "type": gate_type.value, "job": job_id, "alignment": alignment}
    row = await tx.named_row(_CREATE, values)
    return _gate_of(row) if row else None


async def of_job(tx: Connection, job_id: JobId) -> Gate | None:
    """The gate that viewing this build made."""
    row = await tx.named_row(_OF_JOB, {"job": job_id})
    return _gate_of(row) if row else None


async def pending(tx: Connection, project_id: ProjectId) -> Sequence[Gate]:
    """The project's decisions that wait."""
    return [_gate_of(row) for row in await tx.named_rows(_PENDING, {"project": project_id})]


async def of_project(tx: Connection, project_id: ProjectId) -> Sequence[Gate]:
    """Every decision of the project, newest first."""
    return [_gate_of(row) for row in await tx.named_rows(_OF_PROJECT, {"project": project_id})]


async def find(tx: Connection, gate_id: GateId, *, founder_id: FounderId) -> Gate | None:
    """The founder's gate, None when it does not exist or is somebody else's."""
    row = await tx.named_row(_FIND, {"id": gate_id, "founder": founder_id})
    return _gate_of(row) if row else None


async def decide(
    tx: Connection, gate_id: GateId, *, decision: str, text: str | None, founder_id: FounderId
) -> bool:
    """Keep the decision; False when it was taken before."""
    values = {"id": gate_id, "decision": decision, "text": text, "founder": founder_id}
    return await tx.row(_DECIDE, values) is not None
