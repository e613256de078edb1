"""The event log of a job: read what is there, and follow what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import sqlalchemy as sa

from app.core.ids import JobId
from app.db.engine import Connection, Database
from app.db.tables import job_events
from app.events.bell import Bell
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


async def follow(database: Database, bell: Bell, job_id: JobId, *, after: int) -> AsyncIterator[Event | None]:
    """Every event above `after` until the last one. None comes when it has been quiet for a while."""
    with bell.listen(job_id) as ears:
        while True:
            async with database.transaction() as tx:
                events = await read(tx, job_id, after=after)
            for event in events:
                yield event
                if event.is_last:
                    return
                after = event.seq
            if len(events) < PAGE and not await ears.wait_above(after):
                if bell.is_closing:
                    return
                yield None
