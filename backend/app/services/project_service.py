"""Projects: make, show, park."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import NotFound
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.repositories import jobs, projects
from app.repositories.jobs import Job
from app.repositories.projects import Project


@dataclass(frozen=True)
class ProjectView:
    """A project with its newest build."""

    project: Project
    latest: Job | None


async def owned(tx: Connection, founder_id: FounderId, project_id: ProjectId, *, lock: bool = False) -> Project:
    """The founder's project; NotFound when it is somebody else's or nobody's."""
    project = await projects.find(tx, project_id, founder_id=founder_id, lock=lock)
    if project is None:
        raise NotFound("There is no such project.", remedy="Check the id; you only see your own projects.")
    return project


class ProjectService:
    """What can be done with a project besides building it."""

    async def create(self, tx: Connection, founder_id: FounderId, *, name: str, description: str) -> ProjectView:
        """A new project without builds."""
        return ProjectView(
            await projects.create(tx, founder_id=founder_id, name=name, description=description), None
        )

    async def get(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> ProjectView:
        """One project."""
        project = await owned(tx, founder_id, project_id)
        return (await self._with_latest(tx, [project]))[0]

    async def page(
        self, tx: Connection, founder_id: FounderId, *, after: tuple[datetime, ProjectId] | None, limit: int
    ) -> Sequence[ProjectView]:
        """The founder's projects, newest first."""
        return await self._with_latest(tx, await projects.page(tx, founder_id, after=after, limit=limit))

    async def set_parked(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, *, parked: bool
    ) -> ProjectView:
        """Put the project aside, or take it up again; a build that runs goes on."""
        await owned(tx, founder_id, project_id, lock=True)
        await projects.set_status(tx, project_id, "parked" if parked else "active")
        return await self.get(tx, founder_id, project_id)

    async def builds(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, *, below: int | None, limit: int
    ) -> Sequence[Job]:
        """The project's builds with numbers below the given one, newest first."""
        page = await jobs.page(tx, project_id, founder_id=founder_id, below=below, limit=limit)
        if not page:
            await owned(tx, founder_id, project_id)
        return page

    async def _with_latest(self, tx: Connection, found: Sequence[Project]) -> Sequence[ProjectView]:
        latest = await jobs.latest_of(tx, [project.id for project in found]) if found else {}
        return [ProjectView(project, latest.get(project.id)) for project in found]
