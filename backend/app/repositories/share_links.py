"""Links by which an app is shared, in the record, by the digest of their secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.core.ids import ProjectId
from app.db.engine import Connection


@dataclass(frozen=True)
class ShareLink:
    """A link that was given to somebody; `label` says to whom."""

    id: UUID
    project_id: ProjectId
    label: str
    opened: int
    created_at: datetime
    expires_at: datetime


_COLUMNS: Final = "id, project_id, label, opened, created_at, expires_at"
_ADD: Final = f"""
    INSERT INTO share_links (project_id, digest, label, expires_at)
    VALUES (%(project)s, %(digest)s, %(label)s, now() + make_interval(secs => %(seconds)s)) RETURNING {_COLUMNS}
    """
_OF_PROJECT: Final = (
    f"SELECT {_COLUMNS} FROM share_links WHERE project_id = %(project)s AND expires_at > now() "
    "ORDER BY created_at DESC, id"
)
_OPEN: Final = f"""
    UPDATE share_links SET opened = opened + 1 WHERE digest = %(digest)s AND expires_at > now()
    RETURNING {_COLUMNS}
    """


async def add(tx: Connection, project_id: ProjectId, digest: bytes, *, label: str, seconds: float) -> ShareLink:
    """Keep a link."""
    values = {"project": project_id, "digest": digest, "label": label, "seconds": seconds}
    row = await tx.row(_ADD, values)
    assert row is not None
    return ShareLink(*row)


async def of_project(tx: Connection, project_id: ProjectId) -> Sequence[ShareLink]:
    """Those that are still good, the newest first."""
    return [ShareLink(*row) for row in await tx.rows(_OF_PROJECT, {"project": project_id})]


async def open_one(tx: Connection, digest: bytes) -> ShareLink | None:
    """The link, counted as opened once more; None when it is not good."""
    row = await tx.row(_OPEN, {"digest": digest})
    return ShareLink(*row) if row else None


async def remove(tx: Connection, project_id: ProjectId, link_id: UUID) -> bool:
    """Take a link back; False when it is not there."""
    statement = "DELETE FROM share_links WHERE id = %(id)s AND project_id = %(project)s RETURNING id"
    return await tx.row(statement, {"id": link_id, "project": project_id}) is not None
