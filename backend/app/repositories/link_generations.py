"""Which previews' links were revoked, and how often: a build without a row has its first links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.core.ids import JobId
from app.db.engine import Connection
from app.repositories.jobs import CHANNEL

REVOKED: Final = "revoked"
"""Stands in the notification of a revocation where others name a status."""

# Event number 0, which no event has: whoever follows the job has nothing new to read.
_NEXT: Final = f"""
    WITH next AS (
        INSERT INTO link_generations (job_id, generation) VALUES (%(job)s, 1)
        ON CONFLICT (job_id) DO UPDATE SET generation = link_generations.generation + 1
        RETURNING job_id
    )
    SELECT pg_notify(%(channel)s, job_id || ' 0 {REVOKED}') FROM next
    """


async def begin_next(tx: Connection, job_id: JobId) -> None:
    """Make a build's links so far useless, and tell everybody who serves or makes any."""
    await tx.execute(_NEXT, {"job": job_id, "channel": CHANNEL})


async def load_all(tx: Connection) -> Mapping[JobId, int]:
    """The generation of every build whose links were revoked."""
    rows = await tx.rows("SELECT job_id, generation FROM link_generations")
    return {JobId(job_id): generation for job_id, generation in rows}
