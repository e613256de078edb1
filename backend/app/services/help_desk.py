"""Help: a founder's question about a project, answered from its own state."""

from __future__ import annotations

from app.app_runtime.version_service import VersionService
from app.blueprint.spec import AppSpec
from app.core.ids import FounderId, ProjectId
from app.db.engine import Database
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.services.gate_service import GateService
from app.services.help_answers import answer
from app.services.help_parts import Answer, Asked
from app.services.project_service import ProjectService
from app.services.project_state import MOST_BUILDS, ProjectState
from app.services.readiness import Finding, readiness_of
from app.services.spec_service import SpecService


class HelpDesk:
    """Answers questions by rules; no AI model is asked."""

    def __init__(
        self,
        database: Database,
        projects: ProjectService,
        gates: GateService,
        specs: SpecService,
        versions: VersionService,
    ) -> None:
        self._database = database
        self._projects = projects
        self._gates = gates
        self._specs = specs
        self._versions = versions

    async def answer(self, founder_id: FounderId, project_id: ProjectId, question: str) -> Answer:
        """The answer to a question about a project. NotFound."""
        async with self._database.autocommit() as tx:
            view = await self._projects.get(tx, founder_id, project_id)
            builds = await self._projects.builds(tx, founder_id, project_id, below=None, limit=MOST_BUILDS)
            ready = await self._projects.newest_versions(tx, [project_id])
            gates = await self._gates.list(tx, founder_id, project_id)
        state = ProjectState(view.project, builds, ready.get(project_id), gates)
        findings, spec = await self._look_at(state.newest_ready)
        return answer(Asked(" ".join(question.split()), state, findings, spec))

    async def _look_at(self, job: Job | None) -> tuple[tuple[Finding, ...], AppSpec | None]:
        """What stands in the way of putting a version online, and its plan."""
        if job is None:
            return (), None
        async with self._database.autocommit() as tx:
            spec = await self._specs.of_version(tx, job)
        files = await self._versions.files_of(job.project_id, TreeDigest(job.digest or ""))
        return readiness_of(job, spec, files).findings, spec
