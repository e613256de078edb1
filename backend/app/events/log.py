"""The event log of a job, as the record has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.core.ids import JobId
from app.db.engine import Connection
from app.db.tables import job_events, jobs
from app.events.model import Event, EventType

PAGE: Final = 500


async def read(tx: Connection, job_id: JobId, *, after: int, limit: int = PAGE) -> Sequence[Event]:
    """The job's events with numbers above `after`, in order."""
    statement = (
        sa.select(job_events.c.seq, job_events.c.type, job_events.c.payload, job_events.c.at)
        .where(job_events.c.job_id == job_id, job_events.c.seq > after)
        .order_by(job_events.c.seq)
        .limit(limit)
    )
    rows = await tx.execute(statement)
    return [Event(row.seq, EventType(row.type), row.payload, row.at) for row in rows]


async def newest(tx: Connection, job_ids: Sequence[JobId]) -> dict[JobId, int]:
    """The number of the last event of each job."""
    rows = await tx.execute(sa.select(jobs.c.id, jobs.c.last_seq).where(jobs.c.id.in_(job_ids)))
    return {JobId(row.id): row.last_seq for row in rows}
