"""The port to engines, which turn a goal into an app.

RunnerError
├── GoalNotUnderstood   the founder must say it differently; the message is for the founder
├── SpecNotWritable     the specification holds together, and still no app can be written from it
└── RunnerUnavailable   the engine cannot be reached or has no budget left; trying again may help
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from app.blueprint.spec import AppSpec


class RunnerError(Exception):
    """Base of what a runner can raise; the message is fit for a founder."""


class GoalNotUnderstood(RunnerError):
    """The goal is in a language the engine cannot read, or says nothing that can be built."""


class SpecNotWritable(RunnerError):
    """The generator cannot write what the specification says."""


# An error of its own, since the founder's goal is not to blame and the same build may do well later.
class RunnerUnavailable(RunnerError):
    """The engine cannot work now."""


WorkingFiles = Mapping[str, str]
"""Workspace path to text content."""

BLUEPRINT_ENGINE: Final = "blueprint"
MODEL_ENGINE: Final = "model"
"""Who can be asked to plan an app: rules, or a model."""

Say = Callable[[str], Awaitable[None]]
"""Tells the founder in one short line what is being done, such as "Booking pages: done"."""


@dataclass(frozen=True)
class Scaffold:
    """The result of the first stage: the specification and the files that every later stage builds on."""

    spec: AppSpec
    working_files: WorkingFiles
    design: Mapping[str, Any] = field(default_factory=dict)
    """What was said beside the specification, as JSON: `questions`, `brief`, and of a change the `changes`."""


@dataclass(frozen=True)
class RunResult:
    """The whole app: every file of the workspace and what it can do, in the founder's words."""

    working_files: WorkingFiles
    features: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=())


class Runner(Protocol):
    """Stateless; both calls give the same answer for the same input, so a resumed build repeats them safely."""

    @property
    def engine(self) -> str:
        """The engine's honest name, such as "blueprint" or a model's id."""
        ...

    async def scaffold(self, goal: str, *, spec: AppSpec | None = None) -> Scaffold:
        """Decide what to build (or build the `spec` given) and lay out the workspace. GoalNotUnderstood."""
        ...

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        """Write the whole app of `spec`."""
        ...
