"""A job's state as the status call shows it, and the tag by which a client knows it again."""

from __future__ import annotations

from typing import Final

from app.container import Services
from app.core.ids import JobId
from app.domain.job import BUILD_STAGES, Job, JobStatus
from app.domain.status import StatusView
from app.schemas.generation import BuildOut, CheckOut, EvidenceOut, StatusOut

_STEPS: Final = (*BUILD_STAGES, JobStatus.READY)


def etag_of(services: Services, view: StatusView) -> str:
    """The last event's number and the window in which preview links stay the same."""
    # Also the window, since the answer holds a link that is signed anew in each.
    return f'"{view.seq}-{services.previews.window(services.clock.now())}"'


def is_same(if_none_match: str | None, etag: str) -> bool:
    """True when the client has this answer already."""
    if if_none_match is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))


def preview_url(services: Services, status: JobStatus, job_id: JobId) -> str | None:
    """A link that opens the preview, once there is one."""
    return services.previews.url(job_id) if status is JobStatus.READY else None


def status_out(services: Services, view: StatusView) -> StatusOut:
    """The answer of the status call."""
    status = view.status
    return StatusOut(
        job_id=view.job_id,
        status=status.value,
        stage_label=status.label,
        preview_url=preview_url(services, status, view.job_id),
        build_version=view.build_version,
        error_code=view.error_code,
        error_message=view.error_message,
        debug_id=view.debug_id,
        project_id=view.project_id,
        engine=view.engine,
        cost_usd=view.cost_usd,
        progress=round(_STEPS.index(status) / (len(_STEPS) - 1), 2) if status in _STEPS else 0.0,
        queue_position=view.queue_position,
        wait_estimate_s=view.wait_estimate_s,
    )


def evidence_out(job: Job) -> EvidenceOut:
    """The checks of a build and its pictures."""
    # Evidence of builds that failed, or of earlier releases, has no pictures.
    names = (job.evidence.get("pictures") or {}).get("names", [])
    return EvidenceOut(
        job_id=job.id,
        build_version=job.build_version,
        status=job.status.value,
        checks=[CheckOut.model_validate(check) for check in job.evidence.get("checks", [])],
        pictures=[f"/api/builds/{job.id}/pictures/{name}" for name in names],
    )


def build_out(services: Services, job: Job) -> BuildOut:
    """A build with everything that is kept of it."""
    return BuildOut(
        job_id=job.id,
        project_id=job.project_id,
        build_version=job.build_version,
        status=job.status.value,
        stage_label=job.status.label,
        goal=job.goal,
        engine=job.engine,
        digest=job.digest,
        evidence=dict(job.evidence),
        cost_usd=str(job.cost_usd),
        error_code=job.error_code,
        error_message=job.error_message,
        debug_id=job.debug_id,
        created_at=job.created_at.isoformat(),
        started_at=job.started_at.isoformat() if job.started_at else None,
        finished_at=job.finished_at.isoformat() if job.finished_at else None,
        preview_url=preview_url(services, job.status, job.id),
    )
