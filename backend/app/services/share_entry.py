"""Coming in by a shared link, wherever it is opened: on the page's own address, or at the door to the network."""

from __future__ import annotations

from app.core.ids import JobId
from app.db.engine import Database
from app.domain.share_link import ShareLink
from app.services.share_service import CodeNeeded, CodeWrong, ShareService


class ShareEntry:
    """Finds the version that a shared link leads to, and asks for the link's code where it has one."""

    def __init__(self, database: Database, shares: ShareService) -> None:
        self._database = database
        self._shares = shares

    async def enter(self, secret: str, code: str | None) -> tuple[JobId, ShareLink]:
        """The version, and the link that it was opened by. LinkClosed, CodeNeeded, CodeWrong, TooManyTries."""
        async with self._database.autocommit() as tx:
            link = await self._shares.find(tx, secret[:100])
        if link.asks_code:
            await self._require_code(link, code)
        async with self._database.transaction() as tx:
            job = await self._shares.open(tx, link)
        return job.id, link

    async def _require_code(self, link: ShareLink, code: str | None) -> None:
        if code is None:
            raise CodeNeeded("Whoever sent you the link has its six digits.")
        # Not in a transaction: the try is counted at once, and the slow digest holds no row and no snapshot.
        async with self._database.autocommit() as tx:
            is_right = await self._shares.try_code(tx, link, code)
        if not is_right:
            raise CodeWrong("This is not the code of this link.")
