"""Admission as often as there are slots and jobs for it."""

from __future__ import annotations

from app.core.ids import JobId
from app.queue.manager import QueueManager


async def admit_all(queue: QueueManager) -> list[JobId]:
    """Every job that gets a slot now, in order."""
    admitted: list[JobId] = []
    while (job_id := await queue.admit_next()) is not None:
        admitted.append(job_id)
    return admitted
