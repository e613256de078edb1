"""Projects and gates on the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.gate import GateType
from app.schemas.text import Name, Words


class ProjectIn(BaseModel):
    """A new project."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Words | None = None


class ProjectChange(BaseModel):
    """Another name or description for a project; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: Words | None = None


class LatestBuildOut(BaseModel):
    """The newest build of a project."""

    job_id: UUID
    build_version: str
    status: str
    error_message: str | None


class IterationsOut(BaseModel):
    """The versions of a project, and the number at which its founder says whether to go on."""

    number: int
    until: int


class ProjectOut(BaseModel):
    """A project."""

    id: UUID
    name: str
    description: str
    status: str
    stage: str
    latest_build: LatestBuildOut | None
    created_at: str
    engine: str | None
    """Who plans its apps; null is what the instance says."""
    iterations: IterationsOut | None = None
    """Null in lists, where a project begins from a plan, and for whoever has no subscription."""
    model: str | None
    """The model that is chosen for it; null is what its founder, or else the instance, says."""


class OldRecordsOut(BaseModel):
    """The older versions of a project that keep records of their own, newest first."""

    versions: list[str]


class ProjectsOut(BaseModel):
    """A page of projects."""

    items: list[ProjectOut]
    next_cursor: str | None


class GateIn(BaseModel):
    """A decision to ask for."""

    model_config = ConfigDict(extra="forbid")

    gate_type: GateType


class OptionOut(BaseModel):
    """One way to decide."""

    value: str
    title: str
    description: str
    what_happens_next: str
    pros: list[str]
    cons: list[str]
    needs_text: bool


class AlignmentOut(BaseModel):
    """The share of the goal that the build meets: below 60 hints at scope creep."""

    score: int
    colour: str


class GateOut(BaseModel):
    """A decision that waits or was taken."""

    gate_id: UUID
    project_id: UUID
    job_id: UUID | None
    gate_type: GateType
    title: str
    status: str
    options: list[OptionOut]
    alignment: AlignmentOut | None
    decision: str | None
    text: str | None
    created_at: str
    decided_at: str | None


class GatesOut(BaseModel):
    """The decisions of a project, newest first."""

    items: list[GateOut]
    next_cursor: str | None = None


class ResolveIn(BaseModel):
    """A founder's decision."""

    model_config = ConfigDict(extra="forbid")

    # Not an enum: what may be decided depends on the gate, and its refusal names the words that fit.
    decision: str = Field(max_length=40)
    text: Words | None = None


class ResolvedOut(BaseModel):
    """A decision and its consequence."""

    gate_id: UUID
    project_id: UUID
    decision: str
    status: str = "decided"
    resolution_summary: str
    next_action: str


class GalleryPlanOut(BaseModel):
    """A finished plan to start from."""

    name: str
    title: str
    tagline: str


class GalleryOut(BaseModel):
    """The plans of the gallery, by title."""

    items: list[GalleryPlanOut]
