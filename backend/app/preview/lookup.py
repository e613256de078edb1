"""The preview process's view of builds, read from the record."""

from __future__ import annotations

from app.core.ids import JobId
from app.db.engine import Database
from app.ports.storage import TreeDigest
from app.preview.serving import PreviewTarget
from app.repositories import jobs


class RecordLookup:
    """Finds the tree of a build in the record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def target(self, job_id: JobId) -> PreviewTarget | None:
        """The build's tree and status now; None when there is no such build or it has no tree."""
        async with self._database.autocommit() as tx:
            job = await jobs.find(tx, job_id)
        if job is None or job.digest is None:
            return None
        return PreviewTarget(
            project_id=job.project_id,
            job_id=job.id,
            version=job.build_version,
            digest=TreeDigest(job.digest),
            status=job.status,
        )
