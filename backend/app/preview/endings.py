"""Ends the previews whose builds are over or whose links were revoked, as notifications tell."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from app.core.errors import Unavailable
from app.core.ids import JobId
from app.core.retry import retry_while_unavailable
from app.db.engine import Database
from app.events.notifications import Notification
from app.preview.revocation import LinkRevocation
from app.preview.waking import PreviewService
from app.repositories import work
from app.repositories.link_generations import REVOKED

_log = structlog.get_logger(__name__)


class PreviewEndings:
    """Ends a preview as soon as its build has failed or was cancelled, or its links were revoked."""

    def __init__(self, database: Database, links: LinkRevocation, previews: PreviewService) -> None:
        self._database = database
        self._links = links
        self._previews = previews
        self._ending: set[asyncio.Task[None]] = set()

    def hear(self, notification: Notification | None) -> None:
        """End what the notification is about; None when some may have been missed."""
        if notification is None:
            self._begin(self._end_missed())
        elif notification.status == "failed":
            self._begin(self._previews.drop(notification.job_id))
        elif notification.status == REVOKED:
            self._begin(self._end_opened(notification.job_id))

    async def close(self) -> None:
        """Stop ending previews."""
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _begin(self, ending: Coroutine[None, None, None]) -> None:
        # A task of its own for each: one that fails takes no other preview down with it.
        task = asyncio.create_task(ending, name="end previews")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end_missed(self) -> None:
        """Ask the record which previews must go."""
        try:
            ended = await retry_while_unavailable(self._select_ended)
        except Unavailable as error:
            # The listener reconnects when the database is back, and that asks again.
            _log.warning("ended_previews_unknown", reason=str(error))
            return
        for job_id in ended:
            await self._previews.drop(job_id)

    async def _select_ended(self) -> list[JobId]:
        async with self._database.autocommit() as tx:
            return list(await work.select_ended(tx, list(self._previews.live)))

    async def _end_opened(self, job_id: JobId) -> None:
        """End the pages that a revoked link has opened: whoever has one open must not go on with it."""
        # First the link, then what it opened: a page that comes back at once must not be let in again.
        await retry_while_unavailable(self._links.refresh)
        await self._previews.drop(job_id)
