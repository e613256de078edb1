"""Copying the records of the version before into a new version; the originals are never touched."""

from __future__ import annotations

from typing import Any

import structlog

from app.app_runtime.app_data import AppData, DataRefused, DataTooLarge, DataUnreadable, NoData
from app.blueprint.editing import lives_on
from app.blueprint.spec import AppSpec
from app.core.errors import AppError, Unavailable
from app.core.ids import JobId
from app.core.retry import retry_while_unavailable
from app.db.engine import Database
from app.domain.failure import BuildFailed, FailureCode
from app.domain.job import Job, SpecifiedJob
from app.repositories import jobs
from app.services.stage_results import TakenRecords

log = structlog.get_logger(__name__)


class Inheritance:
    """The records that one build begins with."""

    def __init__(self, database: Database, data: AppData, job: Job) -> None:
        self._database = database
        self._data = data
        self._job = job

    async def take(self, spec: AppSpec) -> TakenRecords:
        """Copy the records of the version before, before any app of this one starts."""
        parent = await self.parent()
        if parent is None or not await self._data.has_any(parent.id):
            return TakenRecords()
        if not lives_on(parent.spec, spec):
            note = f"This version keeps other kinds of records, so those of {parent.build_version} stayed there."
            return TakenRecords(source=parent.build_version, notes=(note,))
        try:
            copied = await self._data.carry(parent, self._job.id)
        # Nothing a founder does would mend the old file, so the version is built without it and says so.
        except (DataUnreadable, DataTooLarge, DataRefused) as error:
            return TakenRecords(source=parent.build_version, notes=(f"Nothing was taken over: {error.detail}",))
        # Trying again may bring the records along, so no version is made without them.
        except Unavailable as error:
            raise BuildFailed(FailureCode.RECORDS_NOT_COPIED, log=error.detail) from error
        return TakenRecords(source=parent.build_version, is_copied=True) if copied else TakenRecords()

    async def tell(self, taken: TakenRecords) -> dict[str, Any]:  # Any: what JSON can hold
        """The evidence: `from` a version, `notes`, and the `rows` by table that the app made of its records."""
        evidence = {"from": taken.source, "notes": list(taken.notes)}
        if not taken.is_copied:
            return evidence
        try:
            records = await self._data.look(self._job.id)
        except (NoData, DataUnreadable) as error:
            return {**evidence, "notes": [f"The app did not keep them: {error.detail}"]}
        except AppError as error:
            log.warning("records_not_seen", job_id=str(self._job.id), reason=error.detail)
            return evidence
        return {**evidence, "rows": dict(records.rows), "notes": list(records.notes)}

    async def parent(self) -> SpecifiedJob | None:
        """The version that this one grows from."""
        parent_id = self._job.parent_id
        return None if parent_id is None else await retry_while_unavailable(lambda: self._find_job(parent_id))

    async def _find_job(self, job_id: JobId) -> SpecifiedJob | None:
        async with self._database.autocommit() as tx:
            return await jobs.find_specified(tx, job_id)
