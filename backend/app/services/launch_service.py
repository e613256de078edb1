"""Everything that a version takes along when it goes online: its files, its history as git, and its papers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from app.app_runtime.version_service import VersionService
from app.blueprint.plan import plan_of
from app.blueprint.spec_changes import changes_between
from app.core.errors import InvalidInput
from app.core.ids import FounderId
from app.db.engine import Connection
from app.domain.job import Job, JobStatus
from app.ports.storage import TreeDigest
from app.services.export_service import checked
from app.services.gate_service import GateService
from app.services.git_export import Commit
from app.services.launch_files import launch_files
from app.services.launch_papers import Facts, Paper, paper_of
from app.services.project_service import ProjectService
from app.services.readiness import readiness_of
from app.services.spec_service import SpecService

_PAGE: Final = 200


class LaunchService:
    """Gathers what is handed out of a version."""

    def __init__(
        self, projects: ProjectService, specs: SpecService, gates: GateService, versions: VersionService
    ) -> None:
        self._projects = projects
        self._specs = specs
        self._gates = gates
        self._versions = versions

    async def files(self, job: Job) -> AsyncGenerator[tuple[str, bytes], None]:
        """The files of a version and what a launch needs besides; a file of the version's own stays as it is."""
        extra = launch_files(str(job.evidence.get("title") or job.build_version))
        async for path, content in self._versions.stream(job.project_id, TreeDigest(job.digest or "")):
            # The version's own file wins: it was checked with the app.
            extra.pop(path, None)
            yield path, content
        for path, content in extra.items():
            yield path, content

    async def commits(self, tx: Connection, founder_id: FounderId, job: Job) -> Sequence[Commit]:
        """Every version up to this one as a commit, the oldest first."""
        return [
            Commit(
                number=version.number,
                message="\n\n".join([f"Version {version.number}", *changes]),
                moment=version.finished_at or version.created_at,
                files=checked(self.files(version)),
            )
            for version, changes in await self._history(tx, founder_id, job)
        ]

    async def paper(self, tx: Connection, founder_id: FounderId, job: Job, name: str) -> Paper:
        """One of the papers about a version. NotFound, InvalidInput."""
        spec = await self._specs.of_version(tx, job)
        if spec is None:
            raise InvalidInput("The plan of this version is not kept, so nothing can be written about it.")
        files = await self._versions.files_of(job.project_id, TreeDigest(job.digest or ""))
        facts = Facts(
            job=job,
            spec=spec,
            plan=plan_of(spec),
            versions=await self._history(tx, founder_id, job),
            gates=await self._gates.list(tx, founder_id, job.project_id),
            readiness=readiness_of(job, spec, files),
            files=files,
        )
        return paper_of(name, facts)

    async def _history(
        self, tx: Connection, founder_id: FounderId, job: Job
    ) -> Sequence[tuple[Job, Sequence[str]]]:
        """Every ready version up to this one, the oldest first, with what it changed in words."""
        history: list[tuple[Job, Sequence[str]]] = []
        before = None
        for version in reversed(await self._versions_up_to(tx, founder_id, job)):
            spec = await self._specs.of_version(tx, version)
            history.append((version, changes_between(before, spec) if before and spec else []))
            # A version whose plan cannot be read is skipped, so that the next one is compared with the last that
            # can.
            before = spec or before
        return history

    async def _versions_up_to(self, tx: Connection, founder_id: FounderId, job: Job) -> Sequence[Job]:
        """Every ready version up to this one, the newest first."""
        versions: list[Job] = []
        below = job.number + 1
        while page := await self._projects.builds(tx, founder_id, job.project_id, below=below, limit=_PAGE):
            versions += [build for build in page if build.digest and build.status is JobStatus.READY]
            below = page[-1].number
        return versions
