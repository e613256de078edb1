"""Sharing an app with somebody who has no account: by a link that ends, and can be taken back before."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.errors import InvalidInput, NotFound
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.repositories import jobs, share_links
from app.repositories.jobs import Job
from app.repositories.share_links import ShareLink
from app.services.project_service import owned

MAX_DAYS: Final = 90
_DAY_S: Final = 24 * 3600.0


class LinkClosed(NotFound):
    """A link that was taken back, has ended, or never was."""

    code, title = "link_closed", "This link is closed"


class ShareService:
    """Makes links to a project's newest version, opens them, and takes them back. Only digests are kept."""

    async def create(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, *, label: str, days: int
    ) -> tuple[ShareLink, str]:
        """A link and its secret, which is shown this once. InvalidInput, NotFound."""
        await owned(tx, founder_id, project_id)
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"A link is good for 1 to {MAX_DAYS} days.")
        secret = secrets.token_urlsafe(18)
        name = " ".join(label.split())[:80] or "Somebody"
        link = await share_links.add(tx, project_id, _digest(secret), label=name, seconds=days * _DAY_S)
        return link, secret

    async def list(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> Sequence[ShareLink]:
        """The links that are good."""
        await owned(tx, founder_id, project_id)
        return await share_links.of_project(tx, project_id)

    async def revoke(self, tx: Connection, founder_id: FounderId, project_id: ProjectId, link_id: UUID) -> None:
        """Take a link back. NotFound."""
        await owned(tx, founder_id, project_id)
        if not await share_links.remove(tx, project_id, link_id):
            raise NotFound("This link is gone already.")

    async def open(self, tx: Connection, secret: str) -> Job:
        """The version that whoever has the link sees: the project's newest. LinkClosed."""
        link = await share_links.open_one(tx, _digest(secret))
        job = await jobs.newest_ready(tx, link.project_id) if link is not None else None
        if job is None:
            raise LinkClosed(
                "Whoever sent it has taken it back, or its time is over.", remedy="Ask them for a new one."
            )
        return job


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
