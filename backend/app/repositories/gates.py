"""Gates in the record: which decisions wait, and how they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.ids import FounderId, GateId, JobId, ProjectId
from app.db.engine import Connection
from app.db.tables import gates, projects
from app.domain.gate import GateStatus, GateType


@dataclass(frozen=True)
class Gate:
    """One decision, waiting or taken."""

    id: GateId
    project_id: ProjectId
    job_id: JobId | None
    gate_type: GateType
    status: GateStatus
    alignment: int | None
    decision: str | None
    text: str | None
    decided_by: FounderId | None
    created_at: datetime
    decided_at: datetime | None


def _gate(row: sa.Row[Any]) -> Gate:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented row accessor
    return Gate(**values | {"gate_type": GateType(values["gate_type"]), "status": GateStatus(values["status"])})


async def create(
    tx: Connection, project_id: ProjectId, gate_type: GateType, *, job_id: JobId | None, alignment: int | None
) -> Gate | None:
    """A new pending gate; None when the build has its gate already or one of that type is pending."""
    statement = (
        insert(gates)
        .values(project_id=project_id, gate_type=gate_type.value, job_id=job_id, alignment=alignment)
        .on_conflict_do_nothing()
        .returning(*gates.c)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _gate(row) if row else None


async def of_job(tx: Connection, job_id: JobId) -> Gate | None:
    """The gate that viewing this build made."""
    row = (await tx.execute(sa.select(*gates.c).where(gates.c.job_id == job_id))).one_or_none()
    return _gate(row) if row else None


async def pending(tx: Connection, project_id: ProjectId) -> Sequence[Gate]:
    """The project's decisions that wait."""
    statement = sa.select(*gates.c).where(gates.c.project_id == project_id, gates.c.status == "pending")
    return [_gate(row) for row in await tx.execute(statement.order_by(gates.c.created_at))]


async def of_project(tx: Connection, project_id: ProjectId) -> Sequence[Gate]:
    """Every decision of the project, newest first."""
    statement = sa.select(*gates.c).where(gates.c.project_id == project_id)
    return [_gate(row) for row in await tx.execute(statement.order_by(gates.c.created_at.desc(), gates.c.id))]


async def find(tx: Connection, gate_id: GateId, *, founder_id: FounderId) -> Gate | None:
    """The founder's gate, None when it does not exist or is somebody else's."""
    statement = (
        sa.select(*gates.c)
        .join(projects, projects.c.id == gates.c.project_id)
        .where(gates.c.id == gate_id, projects.c.founder_id == founder_id)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _gate(row) if row else None


async def decide(
    tx: Connection, gate_id: GateId, *, decision: str, text: str | None, founder_id: FounderId
) -> bool:
    """Keep the decision; False when it was taken before."""
    statement = (
        sa.update(gates)
        .where(gates.c.id == gate_id, gates.c.status == "pending")
        .values(status="decided", decision=decision, text=text, decided_by=founder_id, decided_at=sa.func.now())
        .returning(gates.c.id)
    )
    return (await tx.execute(statement)).one_or_none() is not None
