"""Projects in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.domain.project import Project
from app.repositories.jobs import CHANNEL

_COLUMNS: Final = "id, founder_id, name, description, status, stage, last_number, engine_asked, model, created_at"
_OF: Final = f"SELECT {_COLUMNS} FROM projects WHERE "
_CREATE: Final = f"""
    INSERT INTO projects (founder_id, name, description) VALUES (%(founder)s, %(name)s, %(description)s)
    RETURNING {_COLUMNS}
    """
_FIND: Final = f"{_OF} id = %(id)s AND founder_id = %(founder)s"
# Starts, edits and the deletion of one project wait for each other at this row.
_LOCK: Final = f"{_FIND} FOR UPDATE"
_NEWEST: Final = "ORDER BY created_at DESC, id DESC LIMIT %(limit)s"
_FIRST_PAGE: Final = f"{_OF} founder_id = %(founder)s {_NEWEST}"
# By place and not by offset: a project that is made meanwhile shifts nothing, and far pages cost no more.
_NEXT_PAGE: Final = f"{_OF} founder_id = %(founder)s AND (created_at, id) < (%(at)s, %(id)s) {_NEWEST}"


async def create(tx: Connection, *, founder_id: FounderId, name: str, description: str) -> Project:
    """A new, active project."""
    values = {"founder": founder_id, "name": name, "description": description}
    row = await tx.named_row(_CREATE, values)
    assert row is not None
    return Project(**row)


async def find(
    tx: Connection, project_id: ProjectId, *, founder_id: FounderId, lock: bool = False
) -> Project | None:
    """The founder's project, None when it does not exist or is somebody else's; `lock` holds its row."""
    row = await tx.named_row(_LOCK if lock else _FIND, {"id": project_id, "founder": founder_id})
    return Project(**row) if row else None


async def page(
    tx: Connection, founder_id: FounderId, *, after: tuple[datetime, ProjectId] | None, limit: int
) -> Sequence[Project]:
    """The founder's projects, newest first, from just after the given place."""
    at, last_id = after or (None, None)
    values = {"founder": founder_id, "limit": limit, "at": at, "id": last_id}
    rows = await tx.named_rows(_NEXT_PAGE if after else _FIRST_PAGE, values)
    return [Project(**row) for row in rows]


async def set_status(tx: Connection, project_id: ProjectId, status: str) -> None:
    """Park or unpark."""
    await tx.execute(
        "UPDATE projects SET status = %(status)s WHERE id = %(id)s", {"id": project_id, "status": status}
    )


async def set_stage(tx: Connection, project_id: ProjectId, stage: str) -> None:
    """Note how far the founder's idea has come."""
    await tx.execute("UPDATE projects SET stage = %(stage)s WHERE id = %(id)s", {"id": project_id, "stage": stage})


async def set_engine(tx: Connection, project_id: ProjectId, engine: str | None) -> None:
    """Remember who plans the apps of a project; None leaves it to what is chosen otherwise."""
    statement = "UPDATE projects SET engine_asked = %(engine)s WHERE id = %(id)s"
    await tx.execute(statement, {"id": project_id, "engine": engine})


_RENAME: Final = """
    UPDATE projects SET name = coalesce(%(name)s, name), description = coalesce(%(description)s, description)
    WHERE id = %(id)s
    """
# In this order, since each refers to the next. Its builds are notified of once more, so that their previews end.
_DELETE: Final = (
    "DELETE FROM job_events WHERE job_id IN (SELECT id FROM jobs WHERE project_id = %(id)s)",
    "DELETE FROM gates WHERE project_id = %(id)s",
    "DELETE FROM share_links WHERE project_id = %(id)s",
    "DELETE FROM project_specs WHERE project_id = %(id)s",
    "DELETE FROM project_spec_steps WHERE project_id = %(id)s",
    "DELETE FROM project_answers WHERE project_id = %(id)s",
    # A repeated start would otherwise be answered with a build that is gone.
    "DELETE FROM idempotency_keys WHERE founder_id = %(founder)s "
    "AND answer ->> 'job_id' IN (SELECT CAST(id AS text) FROM jobs WHERE project_id = %(id)s)",
    "SELECT pg_notify(%(channel)s, id || ' ' || last_seq + 1 || ' failed') FROM jobs WHERE project_id = %(id)s",
    # The ledger stays, since it is what budgets are weighed by; what the model said goes.
    "UPDATE model_calls SET reply = NULL WHERE project_id = %(id)s",
    "DELETE FROM jobs WHERE project_id = %(id)s",
    "DELETE FROM projects WHERE id = %(id)s",
)


async def change(tx: Connection, project_id: ProjectId, *, name: str | None, description: str | None) -> None:
    """Give the project another name or description; None leaves it as it is."""
    await tx.execute(_RENAME, {"id": project_id, "name": name, "description": description})


async def delete(tx: Connection, project: Project) -> None:
    """Remove the project with its builds, events, decisions and kept answers; the caller holds its row."""
    values = {"id": project.id, "founder": project.founder_id, "channel": CHANNEL}
    for statement in _DELETE:
        await tx.execute(statement, values)
