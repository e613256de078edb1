"""Links by which an app is shared, in the record, by the digest of their secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.ids import ProjectId
from app.db.engine import Connection
from app.domain.share_link import ShareLink
from app.repositories.jobs import CHANNEL
from app.repositories.link_generations import REVOKED

_COLUMNS: Final = "id, project_id, label, opened, created_at, expires_at, code_digest IS NOT NULL"
_IS_GOOD: Final = "expires_at > now() AND closed_at IS NULL"
_ADD: Final = f"""
    INSERT INTO share_links (id, project_id, digest, label, expires_at, code_digest)
    VALUES (%(id)s, %(project)s, %(digest)s, %(label)s, now() + make_interval(secs => %(seconds)s), %(code)s)
    RETURNING {_COLUMNS}
    """
_NEWEST_FIRST: Final = "ORDER BY created_at DESC, id"
_OF_PROJECT: Final = (
    f"SELECT {_COLUMNS} FROM share_links WHERE project_id = %(project)s AND {_IS_GOOD} {_NEWEST_FIRST}"
)
_FIND: Final = f"SELECT {_COLUMNS} FROM share_links WHERE digest = %(digest)s AND {_IS_GOOD}"
_NOTE_OPENED: Final = (
    "UPDATE share_links SET opened = opened + 1, code_tries = 0, code_from = NULL WHERE id = %(id)s"
)
# The try is counted before it is judged, and the row is locked by it: tries at the same time wait for each other.
_BEGIN_TRY: Final = """
    UPDATE share_links SET code_tries = code_tries + 1,
        code_from = CASE WHEN code_tries < %(free)s - 1 THEN NULL
            ELSE now() + make_interval(secs => LEAST(%(most)s, 2 ^ LEAST(code_tries - %(free)s + 2, 30))) END
    WHERE id = %(id)s AND (code_from IS NULL OR code_from <= now()) RETURNING code_digest
    """
_SECONDS_LEFT: Final = "SELECT extract(epoch FROM code_from - now())::float FROM share_links WHERE id = %(id)s"
_CLOSE: Final = """
    UPDATE share_links SET closed_at = now()
    WHERE id = %(id)s AND project_id = %(project)s AND closed_at IS NULL RETURNING id
    """
# Each version that the link may have opened is told of: whoever serves one ends what is open there.
_TELL: Final = f"""
    SELECT pg_notify(%(channel)s, id || ' 0 {REVOKED}') FROM jobs
    WHERE project_id = %(project)s AND status = 'ready'
    """


async def add(
    tx: Connection,
    project_id: ProjectId,
    digest: bytes,
    *,
    link_id: UUID,
    label: str,
    seconds: float,
    code_digest: bytes | None,
) -> ShareLink:
    """Keep a link."""
    values = {"id": link_id, "project": project_id, "digest": digest, "label": label, "seconds": seconds}
    row = await tx.row(_ADD, {**values, "code": code_digest})
    assert row is not None
    return ShareLink(*row)


async def of_project(tx: Connection, project_id: ProjectId) -> Sequence[ShareLink]:
    """The project's links that are still good, the newest first."""
    return [ShareLink(*row) for row in await tx.rows(_OF_PROJECT, {"project": project_id})]


async def find(tx: Connection, digest: bytes) -> ShareLink | None:
    """The link; None when it is not good."""
    row = await tx.row(_FIND, {"digest": digest})
    return ShareLink(*row) if row else None


async def note_opened(tx: Connection, link_id: UUID) -> None:
    """Count the link as opened once more, and forget wrong codes."""
    await tx.execute(_NOTE_OPENED, {"id": link_id})


async def begin_try(tx: Connection, link_id: UUID, *, free: int, most_seconds: float) -> bytes | None:
    """Count a try of the link's code and give its digest; None while it has to be waited.

    After `free` tries each one begins a time in which there is no other, twice as long as the one before.
    """
    row = await tx.row(_BEGIN_TRY, {"id": link_id, "free": free, "most": most_seconds})
    return bytes(row[0]) if row else None


async def seconds_to_wait(tx: Connection, link_id: UUID) -> float:
    """The seconds until the next try of the link's code."""
    row = await tx.row(_SECONDS_LEFT, {"id": link_id})
    return float(row[0]) if row and row[0] is not None else 0.0


async def close(tx: Connection, project_id: ProjectId, link_id: UUID) -> bool:
    """Close a link and tell everybody who serves what it opened; False when it is not there."""
    if await tx.row(_CLOSE, {"id": link_id, "project": project_id}) is None:
        return False
    await tx.execute(_TELL, {"channel": CHANNEL, "project": project_id})
    return True


async def closed(tx: Connection) -> frozenset[UUID]:
    """The links that were closed before their time was over."""
    rows = await tx.rows("SELECT id FROM share_links WHERE closed_at IS NOT NULL AND expires_at > now()")
    return frozenset(link_id for (link_id,) in rows)
