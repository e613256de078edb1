"""What a job can be, what it is called, and where it may go next."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


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

TERMINAL: Final = frozenset(status for status in JobStatus if status.is_terminal)

CANCELLED_MESSAGE: Final = "Cancelled by user"

GOAL_MAX: Final = 8_000
"""Characters of a goal."""


def can_move(current: JobStatus, to: JobStatus) -> bool:
    """Whether the table leads from one state to the other."""
    return to in TRANSITIONS[current]


def sources_of(to: JobStatus) -> frozenset[JobStatus]:
    """Every state from which `to` can be reached in one step."""
    return frozenset(status for status in JobStatus if can_move(status, to))


def build_version(number: int) -> str:
    """The name of a project's n-th build, such as `build_v0_3`."""
    if number < 1:
        raise ValueError(f"version numbers start at 1, not {number!r}")
    return f"build_v0_{number}"


def version_number(name: str) -> int:
    """The number in a build's name; ValueError when it is not one."""
    match = re.fullmatch(r"build_v0_([1-9][0-9]*)", name)
    if match is None:
        raise ValueError(f"{name!r} is not a build version such as 'build_v0_3'")
    return int(match.group(1))
