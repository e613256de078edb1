"""Opening a version for whoever wants to look at it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from app.app_runtime.version_service import VersionService
from app.domain.job import Job
from app.ports.storage import TreeDigest
from app.services.build_pipeline import PreviewProbe

_BROKEN: Final = HTTPStatus.INTERNAL_SERVER_ERROR


async def open_version(waker: PreviewProbe, versions: VersionService, job: Job) -> None:
    """Wake the preview of a version. VersionDamaged where it cannot open because its stored files are damaged."""
    # Only then are the files read: a preview that runs goes on with those that it has.
    if await waker.probe(job.id) >= _BROKEN:
        await versions.verify(job.project_id, TreeDigest(job.digest or ""))
