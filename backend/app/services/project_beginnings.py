"""Projects that begin with a plan: one of the gallery, that of a version, or what a goal was understood as."""

from __future__ import annotations

from typing import Final

from app.blueprint.spec import AppSpec
from app.core.errors import InvalidInput
from app.core.ids import FounderId
from app.db.engine import Connection
from app.domain.job import Job
from app.services.project_service import ProjectService, ProjectView
from app.services.spec_service import SpecService

NAME_MOST: Final = 200


class PlanNotKept(InvalidInput):
    code, title = "plan_not_kept", "The plan of this version is not kept"


class ProjectBeginnings:
    """Begins projects with a plan as their draft."""

    def __init__(self, projects: ProjectService, specs: SpecService) -> None:
        self._projects = projects
        self._specs = specs

    async def begin(
        self,
        tx: Connection,
        founder_id: FounderId,
        spec: AppSpec,
        *,
        name: str = "",
        description: str | None = None,
    ) -> ProjectView:
        """A project whose first build makes this specification, called by its title unless a name is given."""
        view = await self._projects.create(
            tx,
            founder_id,
            name=(name or spec.title)[:NAME_MOST],
            description=spec.tagline if description is None else description,
        )
        await self._specs.draft(tx, founder_id, view.project.id, spec)
        return view

    async def branch(self, tx: Connection, founder_id: FounderId, job: Job) -> ProjectView:
        """Another project with the plan of a version. PlanNotKept."""
        view = await self._projects.get(tx, founder_id, job.project_id)
        spec = await self._specs.of_version(tx, job)
        if spec is None:
            raise PlanNotKept("The plan of this version is not kept, so nothing can begin with it.")
        # Forty characters are room for the words behind it, whatever the number.
        name = f"{view.project.name[: NAME_MOST - 40]} (from version {job.number})"
        return await self.begin(tx, founder_id, spec, name=name, description=view.project.description)
