"""The records of versions that newer ones have followed: each version has a whole copy, until the founder says."""

from __future__ import annotations

from collections.abc import Sequence

from app.app_runtime.app_data import AppData
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection, Database
from app.domain.job import Job
from app.repositories import jobs
from app.services.project_service import owned, refuse_running


class OldRecords:
    """Lists and forgets them; those of the newest version are never among them."""

    def __init__(self, database: Database, data: AppData) -> None:
        self._database = database
        self._data = data

    async def list(self, founder_id: FounderId, project_id: ProjectId) -> Sequence[Job]:
        """The older versions that keep records, newest first."""
        async with self._database.autocommit() as tx:
            await owned(tx, founder_id, project_id)
            return await self._find(tx, project_id)

    async def forget(self, founder_id: FounderId, project_id: ProjectId) -> Sequence[Job]:
        """Remove their records for good; the versions stay and begin with examples. BuildInProgress."""
        async with self._database.transaction() as tx:
            await owned(tx, founder_id, project_id, lock=True)
            # A build may be taking records along just now.
            await refuse_running(tx, project_id)
            old_versions = await self._find(tx, project_id)
        # A build that is accepted from here on grows from the newest version, whose records stay.
        await self._data.forget([job.id for job in old_versions])
        return old_versions

    async def _find(self, tx: Connection, project_id: ProjectId) -> Sequence[Job]:
        kept_jobs = await self._data.kept_jobs()
        return [job for job in await jobs.followed_versions(tx, project_id) if job.id in kept_jobs]
