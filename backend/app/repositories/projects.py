"""Projects in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.db.tables import projects


@dataclass(frozen=True)
class Project:
    """One thing a founder builds."""

    id: ProjectId
    founder_id: FounderId
    name: str
    description: str
    status: str
    stage: str
    last_number: int
    created_at: datetime

    @property
    def is_parked(self) -> bool:
        """Whether the founder has put it aside."""
        return self.status == "parked"


def _project(row: sa.Row[Any]) -> Project:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented row accessor
    return Project(**values)


async def create(tx: Connection, *, founder_id: FounderId, name: str, description: str) -> Project:
    """A new, active project."""
    statement = (
        sa.insert(projects)
        .values(founder_id=founder_id, name=name, description=description)
        .returning(*projects.c)
    )
    return _project((await tx.execute(statement)).one())


async def find(
    tx: Connection, project_id: ProjectId, *, founder_id: FounderId, lock: bool = False
) -> Project | None:
    """The founder's project, None when it does not exist or is somebody else's; `lock` holds its row."""
    statement = sa.select(*projects.c).where(projects.c.id == project_id, projects.c.founder_id == founder_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return _project(row) if row else None


async def page(
    tx: Connection, founder_id: FounderId, *, after: tuple[datetime, ProjectId] | None, limit: int
) -> Sequence[Project]:
    """The founder's projects, newest first, from just after the given place."""
    statement = sa.select(*projects.c).where(projects.c.founder_id == founder_id)
    place = sa.tuple_(projects.c.created_at, projects.c.id)
    if after is not None:
        statement = statement.where(place < sa.tuple_(*map(sa.literal, after)))
    ordered = statement.order_by(projects.c.created_at.desc(), projects.c.id.desc()).limit(limit)
    return [_project(row) for row in await tx.execute(ordered)]


async def set_status(tx: Connection, project_id: ProjectId, status: str) -> None:
    """Park or unpark."""
    await tx.execute(sa.update(projects).where(projects.c.id == project_id).values(status=status))


async def set_stage(tx: Connection, project_id: ProjectId, stage: str) -> None:
    """Note how far the founder's idea has come."""
    await tx.execute(sa.update(projects).where(projects.c.id == project_id).values(stage=stage))


async def next_number(tx: Connection, project_id: ProjectId) -> int:
    """Reserve the next version number for ever; the caller holds the project's row."""
    statement = (
        sa.update(projects)
        .where(projects.c.id == project_id)
        .values(last_number=projects.c.last_number + 1)
        .returning(projects.c.last_number)
    )
    return int((await tx.execute(statement)).scalar_one())
