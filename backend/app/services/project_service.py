"""Projects: make, show, rename, park, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import BuildInProgress, NotFound
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.domain.job import Job
from app.domain.project import Project
from app.events.cache import StatusCache
from app.repositories import jobs, projects


@dataclass(frozen=True)
class ProjectView:
    """A project with its newest build."""

    project: Project
    latest: Job | None


async def owned(tx: Connection, founder_id: FounderId, project_id: ProjectId, *, lock: bool = False) -> Project:
    """The founder's project; NotFound when it is somebody else's or nobody's."""
    project = await projects.find(tx, project_id, founder_id=founder_id, lock=lock)
    if project is None:
        raise no_project()
    return project


def no_project() -> NotFound:
    """The refusal of a project that is somebody else's or nobody's."""
    return NotFound("There is no such project.", remedy="Check the id; you only see your own projects.")


async def refuse_running(tx: Connection, project_id: ProjectId) -> None:
    """Raise BuildInProgress while a build of the project has not ended."""
    running = await jobs.running_of(tx, project_id)
    if running is not None:
        raise build_in_progress(str(running.id), project_id)


def build_in_progress(job_id: str, project_id: ProjectId) -> BuildInProgress:
    """The refusal because this build of the project has not ended."""
    return BuildInProgress(
        "This project has a build that has not ended.",
        remedy="Wait for it, or cancel it.",
        job_id=job_id,
        project_id=str(project_id),
    )


class ProjectService:
    """Creates, lists, changes, parks and deletes projects."""

    def __init__(self, cache: StatusCache) -> None:
        self._cache = cache

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

    async def change(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId,
        *,
        name: str | None,
        description: str | None,
    ) -> ProjectView:
        """Another name or description for the project; None leaves it as it is."""
        await owned(tx, founder_id, project_id, lock=True)
        await projects.change(tx, project_id, name=name, description=description)
        return await self.get(tx, founder_id, project_id)

    async def delete(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> None:
        """Remove the project and everything of it from the record. BuildInProgress while one of its builds runs.

        Its previews end by themselves, and the reaper removes the records of its apps: they belong to no job any
        more. Its versions are the caller's to forget, once this is committed.
        """
        project = await owned(tx, founder_id, project_id, lock=True)
        await refuse_running(tx, project_id)
        # The copies would otherwise tell of the builds until their time is over.
        for job_id, seq in await jobs.last_events(tx, project_id):
            await self._cache.expect(job_id, seq=seq + 1)
        await projects.delete(tx, project)

    async def builds(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, *, below: int | None, limit: int
    ) -> Sequence[Job]:
        """The project's builds with numbers below the given one, newest first."""
        page = await jobs.page(tx, project_id, founder_id=founder_id, below=below, limit=limit)
        # An empty page may be the end of the list or somebody else's project; only then it is worth a second look.
        if not page:
            await owned(tx, founder_id, project_id)
        return page

    async def newest_versions(self, tx: Connection, project_ids: Sequence[ProjectId]) -> Mapping[ProjectId, Job]:
        """The newest ready version of each of these projects, which the caller knows to be the founder's."""
        return await jobs.newest_versions(tx, project_ids) if project_ids else {}

    async def _with_latest(self, tx: Connection, found: Sequence[Project]) -> Sequence[ProjectView]:
        latest = await jobs.latest_of(tx, [project.id for project in found]) if found else {}
        return [ProjectView(project, latest.get(project.id)) for project in found]
