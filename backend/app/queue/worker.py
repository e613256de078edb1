"""The nudge that a request gives the standing workers."""

from __future__ import annotations

import structlog

from app.core.errors import Unavailable
from app.queue.manager import QueueManager

log = structlog.get_logger(__name__)


async def process_next_job(queue: QueueManager) -> None:
    """Ring for the workers. A lost ring costs a second, never a job: they look by themselves, too."""
    try:
        await queue.ring()
    except Unavailable as error:
        log.info("nudge_lost", reason=error.detail)
