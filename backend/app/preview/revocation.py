"""Makes the links to a preview useless, in every process that makes or takes them."""

from __future__ import annotations

import asyncio

from app.core.ids import JobId
from app.core.retry import retry_while_unavailable
from app.db.engine import Connection, Database
from app.events.notifications import Notification
from app.preview.links import PreviewSigner
from app.repositories import link_generations, share_links


class LinkRevocation:
    """Keeps a process's signer at the generations of links and the closed shares that the record has."""

    def __init__(self, database: Database, signer: PreviewSigner) -> None:
        self._database = database
        self._signer = signer
        self._refreshing: set[asyncio.Task[None]] = set()

    async def revoke(self, tx: Connection, job_id: JobId) -> None:
        """Have every link to a build's preview so far, and who came in by one, be refused from the commit on."""
        await link_generations.begin_next(tx, job_id)

    async def refresh(self) -> None:
        """Ask the record. Unavailable."""
        async with self._database.autocommit() as tx:
            self._signer.generations = await link_generations.load_all(tx)
            self._signer.closed_shares = await share_links.closed(tx)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._refreshing:
            task.cancel()
        await asyncio.gather(*self._refreshing, return_exceptions=True)

    def hear(self, notification: Notification | None) -> None:
        """Ask the record again when links were revoked, or when that may have been missed."""
        if notification is None or notification.status == link_generations.REVOKED:
            task = asyncio.create_task(retry_while_unavailable(self.refresh), name="link generations")
            self._refreshing.add(task)
            task.add_done_callback(self._refreshing.discard)
