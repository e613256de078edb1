"""The state of a project as its founder sees it: its versions, the one that is built, the decision that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.gate import Gate, GateStatus
from app.domain.job import Job, JobStatus
from app.domain.project import Project

# What fits on the page as a list; a version beyond it is still opened by its number.
MOST_BUILDS: Final = 100


@dataclass(frozen=True)
class ProjectState:
    """A project with its builds, newest first, and its decisions."""

    project: Project
    builds: Sequence[Job]
    newest_ready: Job | None
    """The last good version, however many builds came after it."""
    gates: Sequence[Gate]

    @property
    def running(self) -> Job | None:
        """The build that has not ended."""
        return next((job for job in self.builds if not job.status.is_terminal), None)

    @property
    def ready_builds(self) -> list[Job]:
        """Every version that can be opened, newest first."""
        return [job for job in self.builds if job.status is JobStatus.READY]

    @property
    def waiting_gate(self) -> Gate | None:
        """The decision that waits."""
        return next((gate for gate in self.gates if gate.status is GateStatus.PENDING), None)

    def was_seen(self, job: Job) -> bool:
        """True if the founder has opened the preview of a version, or of a later one."""
        # Looking at a preview makes its gate, and there is no other trace of the look.
        seen_jobs = {gate.job_id for gate in self.gates}
        return any(build.id in seen_jobs for build in self.builds if build.number >= job.number)


def wishes_by_state(job: Job | None) -> dict[str, list[dict[str, Any]]]:  # Any: what the evidence holds
    """The wishes of a build by how far they are met."""
    by_state: dict[str, list[dict[str, Any]]] = {"kept": [], "partly": [], "left_out": []}
    for wish in (job.evidence.get("wishes") or []) if job else []:
        by_state.setdefault(str(wish.get("state")), []).append(wish)
    return by_state
