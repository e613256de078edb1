"""The Generation API on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.text import Goal, Sentence

MOST_ANSWERS: Final = 10


class AnswerIn(BaseModel):
    """A founder's answer to a question that the designer of a version left open."""

    model_config = ConfigDict(extra="forbid")

    question: Sentence
    answer: Sentence


class StartIn(BaseModel):
    """A wish to build: a goal, or with none the project's specification as it stands."""

    model_config = ConfigDict(extra="forbid")

    project_id: UUID
    goal: Goal | None = None
    change: Goal | None = None
    """What is to be otherwise than in the newest version, in words; then without a goal."""
    engine: Literal["blueprint", "model"] | None = None
    """Who plans it; the project remembers it. By default what the project, or else the instance, says."""
    answers: Annotated[list[AnswerIn], Field(max_length=MOST_ANSWERS)] | None = None
    """To questions of the model; by default those of the version before."""
    confirmed: bool = False
    """True makes a further version of the plan although so many were made (409 `confirmation_needed`)."""
    anyway: bool = True
    """False refuses a goal of which the rules would keep too little (422 `too_little_kept`)."""

    @field_validator("goal", mode="before")
    @classmethod
    def _is_said_or_left_out(cls, goal: object) -> object:
        # Left out it builds the plan as it stands; `null` is more likely a mistake, and would build something
        # else.
        if goal is None:
            raise PydanticCustomError("text_blank", "is blank")
        return goal

    @model_validator(mode="after")
    def _is_a_goal_or_a_change(self) -> Self:
        if self.goal is not None and self.change is not None:
            raise PydanticCustomError("goal_and_change", "holds a goal and a change: send one of them")
        return self


class UsageOut(BaseModel):
    """The used part of the day's limit."""

    jobs_today: int
    daily_jobs: int


class StartOut(BaseModel):
    """An accepted build."""

    job_id: UUID
    status: str
    build_version: str
    usage: UsageOut


class StatusOut(BaseModel):
    """The status of a build. `preview_url` is null until it is ready and can be opened as it is."""

    job_id: UUID
    status: str
    stage_label: str
    preview_url: str | None
    build_version: str
    error_code: str | None
    error_message: str | None
    debug_id: str | None
    project_id: UUID
    engine: str | None
    cost_usd: str
    progress: float
    queue_position: int | None = None
    wait_estimate_s: int | None = None


class CancelOut(BaseModel):
    """A cancelled build."""

    job_id: UUID
    status: Literal["cancelled"] = "cancelled"
    message: Literal["Build cancelled"] = "Build cancelled"


class PreviewViewedOut(BaseModel):
    """The decision that follows a viewed preview."""

    gate_id: UUID
    status: Literal["gate_created", "gate_already_created"]


class BuildOut(BaseModel):
    """A build with everything that is kept of it."""

    job_id: UUID
    project_id: UUID
    build_version: str
    status: str
    stage_label: str
    goal: str
    engine: str | None
    digest: str | None
    evidence: dict[str, Any]
    cost_usd: str
    error_code: str | None
    error_message: str | None
    debug_id: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    preview_url: str | None


class CheckOut(BaseModel):
    """One check that ran: what it saw, in one line and in particulars, and how long it took."""

    name: str
    ok: bool
    detail: str
    seconds: float
    saw: list[str] = []
    skipped: bool = False


class EvidenceOut(BaseModel):
    """Why a version may be trusted: the checks it passed, and the paths of the pictures that were taken of it."""

    job_id: UUID
    build_version: str
    status: str
    checks: list[CheckOut]
    pictures: list[str]


class BuildsOut(BaseModel):
    """A page of builds."""

    items: list[BuildOut]
    next_cursor: str | None


class PreviewOut(BaseModel):
    """A link that opens a version's preview."""

    preview_url: str


class RecordsOut(BaseModel):
    """The records of an app now: rows by table, and notes on what could not be brought into its shape."""

    job_id: UUID
    rows: dict[str, int]
    notes: list[str]


class ChangesOut(BaseModel):
    """The differences of a version from an earlier one, in sentences; `since` is null for a first version."""

    job_id: UUID
    build_version: str
    since: str | None
    changes: list[str]


class PushIn(BaseModel):
    """A git server, and a token that may write there."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=500)]
    branch: Annotated[str, Field(max_length=200)] = "main"
    # Secret, so that neither a log nor the echo of a refused request holds it.
    token: Annotated[SecretStr, Field(max_length=1_000)]


class PushOut(BaseModel):
    """The place where the versions went, and the newest commit there."""

    url: str
    branch: str
    commit: str
