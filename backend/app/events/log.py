"""The event log of a job, as the record has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.core.ids import JobId
from app.db.engine import Connection
from app.events.model import Event, EventType

PAGE: Final = 500


_AFTER: Final = """
    SELECT seq, type, payload, at FROM job_events WHERE job_id = %(job)s AND seq > %(after)s
    ORDER BY seq LIMIT %(limit)s
    """


async def read(tx: Connection, job_id: JobId, *, after: int, limit: int = PAGE) -> Sequence[Event]:
    """The job's events with numbers above `after`, in order."""
    rows = await tx.rows(_AFTER, {"job": job_id, "after": after, "limit": limit})
    return [Event(seq, EventType(kind), payload, at) for seq, kind, payload, at in rows]


async def read_all(tx: Connection, job_id: JobId) -> Sequence[Event]:
    """Every event of the job so far, in order: a build that a model designs may say more than a page holds."""
    events: list[Event] = []
    while page := await read(tx, job_id, after=events[-1].seq if events else 0):
        events += page
    return events


async def newest(tx: Connection, job_ids: Sequence[JobId]) -> dict[JobId, int]:
    """The number of the last event of each job."""
    rows = await tx.rows("SELECT id, last_seq FROM jobs WHERE id = ANY(%(ids)s)", {"ids": list(job_ids)})
    return {JobId(job_id): seq for job_id, seq in rows}
