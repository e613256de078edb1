"""Telling the standing workers of a new job, after the request that made it."""

from __future__ import annotations

import structlog

from app.core.errors import Unavailable
from app.queue.manager import QueueManager

log = structlog.get_logger(__name__)


async def process_next_job(queue: QueueManager) -> None:
    """Notify the workers. A lost notification costs a second, never a job: they also look by themselves.

    The name is the founding document's. The insert of a job notifies them too, when it is committed; this one
    reaches a worker whose connection for notices broke at that moment.
    """
    try:
        await queue.notify_workers()
    except Unavailable as error:
        log.info("notification_lost", reason=error.detail)
