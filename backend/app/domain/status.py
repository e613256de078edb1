"""The status of a job, in the one shape that the record, the cache and the answer share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self
from uuid import UUID

from app.core.ids import FounderId, JobId, ProjectId
from app.domain.job import Job, JobStatus


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status of a job; `seq` numbers the event that made it so."""

    job_id: JobId
    project_id: ProjectId
    founder_id: FounderId
    status: JobStatus
    build_version: str
    error_code: str | None
    error_message: str | None
    debug_id: str | None
    engine: str | None
    cost_usd: str
    seq: int
    is_admitted: bool
    queue_position: int | None = None
    """From 1; None for a job that has a slot."""
    wait_estimate_s: int | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """The view of a job as the record says it is."""
        return cls(
            job_id=job.id,
            project_id=job.project_id,
            founder_id=job.founder_id,
            status=job.status,
            build_version=job.build_version,
            error_code=job.error_code,
            error_message=job.error_message,
            debug_id=job.debug_id,
            engine=job.engine,
            cost_usd=str(job.cost_usd),
            seq=job.last_seq,
            is_admitted=job.admitted_at is not None,
        )

    @property
    def waits(self) -> bool:
        """True when the job has a place in the queue."""
        return self.status is JobStatus.QUEUED and not self.is_admitted

    def to_json(self) -> str:
        """The view as text, for a copy."""
        # Ids are the only members that JSON does not know.
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The view of a copy; ValueError when another release has written it."""
        try:
            members = json.loads(text)
            ids = {name: UUID(members[name]) for name in ("job_id", "project_id", "founder_id")}
            return cls(**{**members, **ids, "status": JobStatus(members["status"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no view of a job: {text!r}") from error
