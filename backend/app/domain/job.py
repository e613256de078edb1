"""A job: its states and where it may go next, what is kept of it, and how versions are named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from app.core.ids import FounderId, JobId, ProjectId
from app.domain.failure import FailureCode


class JobStatus(StrEnum):
    """The states of a job, in the order in which a build walks through them."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    STARTING = "starting"
    SCAFFOLD = "scaffold"
    CODE = "code"
    DEPS = "deps"
    CHECKS = "checks"
    READY = "ready"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The words a founder reads."""
        return STAGE_LABELS[self]

    @property
    def is_terminal(self) -> bool:
        """True when no way leads out."""
        return not TRANSITIONS[self]


STAGE_LABELS: Final[dict[JobStatus, str]] = {
    JobStatus.SCHEDULED: "Scheduled",
    JobStatus.QUEUED: "Queued...",
    JobStatus.STARTING: "Starting...",
    JobStatus.SCAFFOLD: "Scaffolding workspace...",
    JobStatus.CODE: "Writing code...",
    JobStatus.DEPS: "Installing dependencies...",
    JobStatus.CHECKS: "Running checks...",
    JobStatus.READY: "Build complete!",
    JobStatus.FAILED: "Build failed",
}

TRANSITIONS: Final[dict[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.SCHEDULED: frozenset({JobStatus.QUEUED, JobStatus.FAILED}),
    JobStatus.QUEUED: frozenset({JobStatus.STARTING, JobStatus.FAILED}),
    JobStatus.STARTING: frozenset({JobStatus.SCAFFOLD, JobStatus.FAILED}),
    JobStatus.SCAFFOLD: frozenset({JobStatus.CODE, JobStatus.FAILED}),
    JobStatus.CODE: frozenset({JobStatus.DEPS, JobStatus.FAILED}),
    JobStatus.DEPS: frozenset({JobStatus.CHECKS, JobStatus.FAILED}),
    # Back to code leads a bounded repair of what a check found; no stage takes that way today.
    JobStatus.CHECKS: frozenset({JobStatus.CODE, JobStatus.READY, JobStatus.FAILED}),
    JobStatus.READY: frozenset(),
    JobStatus.FAILED: frozenset(),
}

BUILD_STAGES: Final = (
    JobStatus.STARTING,
    JobStatus.SCAFFOLD,
    JobStatus.CODE,
    JobStatus.DEPS,
    JobStatus.CHECKS,
)
"""The stages that do work, in order."""

# The command line, the API and the page refuse by the same figure, before a project is made for the goal.
GOAL_MAX: Final = 8_000
"""Characters of a goal."""


def can_move(current: JobStatus, to: JobStatus) -> bool:
    """True when the table leads from one state to the other."""
    return to in TRANSITIONS[current]


def sources_of(to: JobStatus) -> frozenset[JobStatus]:
    """Every state from which `to` can be reached in one step."""
    return frozenset(status for status in JobStatus if can_move(status, to))


def build_version(number: int) -> str:
    """The name of a project's n-th build, such as `build_v0_3`."""
    # Zero is what an edit without a version stands on; it must not turn into the name of one.
    if number < 1:
        raise ValueError(f"version numbers start at 1, not {number!r}")
    return f"build_v0_{number}"


def version_number(name: str) -> int:
    """The number in a build's name; ValueError when it is not one."""
    match = re.fullmatch(r"build_v0_([1-9][0-9]*)", name)
    if match is None:
        raise ValueError(f"{name!r} is not a build version such as 'build_v0_3'")
    return int(match.group(1))


@dataclass(frozen=True)
class Job:
    """One request to build a project, and what became of it."""

    id: JobId
    project_id: ProjectId
    founder_id: FounderId
    parent_id: JobId | None
    """The version that this one grows from: the newest that was ready when it was accepted."""
    number: int
    status: JobStatus
    goal: str
    tier: str
    priority: int
    engine: str | None
    engine_asked: str | None
    """Who was asked to plan it, `blueprint` or `model`; None for the blueprint engine of earlier releases."""
    attempt: int
    owner: str | None
    sandbox_id: str | None
    digest: str | None
    evidence: Mapping[str, Any]
    cost_usd: Decimal
    error_code: str | None
    error_message: str | None
    debug_id: str | None
    last_seq: int
    change: str | None
    """What the founder wants to be otherwise, in their words, when it is a change of the version before."""
    created_at: datetime
    admitted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def build_version(self) -> str:
        """The version's name, such as `build_v0_2`."""
        return build_version(self.number)

    @property
    def is_cancelled(self) -> bool:
        """True when it failed because its founder stopped it."""
        return self.error_code == FailureCode.CANCELLED


@dataclass(frozen=True)
# Its fields follow those of Job, since a row becomes one by the order of its columns.
class SpecifiedJob(Job):
    """With what is built or was built: the largest column by far, read only by those who need it."""

    spec: Mapping[str, Any] | None
    answers: Mapping[str, str] | None
    """What the founder answered to questions of a model, by the question."""


@dataclass(frozen=True)
class NewJob:
    """A job that is to be accepted; its number and its state come with that."""

    project_id: ProjectId
    founder_id: FounderId
    goal: str | None
    """None is that of the specification."""
    tier: str
    priority: int
    spec: Mapping[str, Any] | None = None
    """What the founder has edited; without it the engine reads the goal."""
    basis: str | None = None
    """The revision that the specification was made of; it must still stand when the job is accepted."""
    usual_engine: str | None = None
    """Who plans it where neither this request nor its project says; None is a model where one is chosen."""
    engine_asked: str | None = None
    """Who plans this and the later apps of its project."""
    change: str | None = None
    answers: Mapping[str, str] | None = None
    """None keeps those of the version before."""
    model_was_asked: bool = True
    """False where a model that is to plan it was not looked for yet; it is not accepted then."""
    key: str | None = None
    """Makes a repeated request the same request."""
    key_hash: str | None = None
    """Equal for equal requests."""


@dataclass(frozen=True)
class Change:
    """The columns that a transition writes besides the status. None leaves one as it is."""

    engine: str | None = None
    spec: Mapping[str, Any] | None = None
    digest: str | None = None
    evidence: Mapping[str, Any] | None = None
    error_code: FailureCode | None = None
    error_message: str | None = None
    debug_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the event."""
