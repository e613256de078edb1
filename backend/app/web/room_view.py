"""The view of the build room: a project, its versions, the one that is looked at, and the decision that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.container import Services
from app.core.errors import NotFound
from app.core.ids import FounderId, JobId, ProjectId
from app.domain.job import Job, JobStatus
from app.events import log as event_log
from app.services.generation_service import questions_of_build
from app.services.project_state import MOST_BUILDS, ProjectState, wishes_by_state
from app.web.progress import Story


@dataclass(frozen=True)
class Room(ProjectState):
    """One look at a project."""

    shown: Job | None
    """The version that is asked for, or the newest build."""
    story: Story | None
    """Of the shown build, unless it is ready."""

    @property
    def opened(self) -> Job:
        """The shown version, on a page whose address names one."""
        assert self.shown is not None
        return self.shown

    @property
    def previewed(self) -> Job | None:
        """The version whose preview is shown: the one that is looked at, or else the last good one."""
        if self.shown is not None and self.shown.status is JobStatus.READY:
            return self.shown
        return self.newest_ready

    @property
    def questions(self) -> Sequence[Mapping[str, str]]:
        """What the model asks about the newest version, where that is the one that is looked at."""
        shown = self.shown
        if shown is None or self.newest_ready is None or shown.id != self.newest_ready.id:
            return ()
        return questions_of_build(shown)

    @property
    def wishes(self) -> dict[str, list[dict[str, Any]]]:  # Any: what the evidence holds
        """The wishes of the shown version by how far they are met."""
        return wishes_by_state(self.shown)


def version_before(room: Room, job: Job) -> Job | None:
    """The version that one grew from."""
    return next((build for build in room.builds if build.id == job.parent_id), None)


def new_wishes(job: Job, before: Job | None) -> dict[str, list[dict[str, Any]]]:  # Any: likewise
    """The wishes of a version beyond those of the one it grew from, by how far they are met; empty without any."""
    texts_before = {str(wish["text"]) for wish in (before.evidence.get("wishes") or [])} if before else set()
    by_state = {
        state: [wish for wish in wishes if str(wish["text"]) not in texts_before]
        for state, wishes in wishes_by_state(job).items()
    }
    return by_state if before is not None and any(by_state.values()) else {}


async def look_into(
    services: Services, founder_id: FounderId, project_id: ProjectId, *, version: int | None
) -> Room:
    """The room as it is now. NotFound."""
    async with services.database.autocommit() as tx:
        view = await services.projects.get(tx, founder_id, project_id)
        builds = await services.projects.builds(tx, founder_id, project_id, below=None, limit=MOST_BUILDS)
        versions = await services.projects.newest_versions(tx, [project_id])
        gates = await services.gates.list(tx, founder_id, project_id)
    shown = next(iter(builds), None)
    if version is not None:
        shown = await find_version(services, founder_id, project_id, version)
    story = None if shown is None or shown.status is JobStatus.READY else await story_of(services, shown.id)
    return Room(view.project, builds, versions.get(project_id), gates, shown, story)


async def find_version(services: Services, founder_id: FounderId, project_id: ProjectId, number: int) -> Job:
    """One build of the founder's project. NotFound."""
    async with services.database.autocommit() as tx:
        page = await services.projects.builds(tx, founder_id, project_id, below=number + 1, limit=1)
    if not page or page[0].number != number:
        raise NotFound(f"There is no version {number} of this project.")
    return page[0]


async def story_of(services: Services, job_id: JobId) -> Story:
    """The events of a build so far."""
    async with services.database.autocommit() as tx:
        return Story(await event_log.read_all(tx, job_id))
