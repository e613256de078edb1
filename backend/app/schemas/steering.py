"""Plans, changes in words, links for visitors and readiness on the wire."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.text import Goal, Name, Words


class GoalIn(BaseModel):
    """A goal to make a plan of."""

    model_config = ConfigDict(extra="forbid")

    goal: Goal


class ChangeIn(BaseModel):
    """A change in the founder's words."""

    model_config = ConfigDict(extra="forbid")

    text: Words
    instead_of: Annotated[str, Field(max_length=400)] = ""
    """A part of an earlier change that was not understood, and that these words take the place of."""


class ChangeOut(BaseModel):
    """The changes of the next build, in words, and the parts of the request that were not understood."""

    project_id: UUID
    revision: str
    changes: list[str]
    partly: list[str]
    """Of what was asked for now and before, what the next version would have only a part of."""
    not_understood: list[str]
    offers: dict[str, list[str]]
    """For each of those, sentences near to it that would be understood."""


class OfferOut(BaseModel):
    """Something that the answer to a question offers to do; a person is asked `asks` first, where it says so."""

    label: str
    asks: str
    command: str


class HelpOut(BaseModel):
    """The answer to a question about a project; `examples` are questions that are understood."""

    project_id: UUID
    is_understood: bool
    text: str
    lines: list[str]
    offers: list[OfferOut]
    examples: list[str]


class ShareIn(BaseModel):
    """A link for somebody without an account."""

    model_config = ConfigDict(extra="forbid")

    label: Name
    days: Annotated[int, Field(ge=1, le=90)] = 7
    with_code: bool = False
    """Whether the link asks for a code too, which is told by another way."""


class ShareLinkOut(BaseModel):
    """A link that is good; `url` and `code` are told once, when it is made."""

    id: UUID
    label: str
    opened: int
    created_at: str
    expires_at: str
    asks_code: bool
    url: str | None = None
    code: str | None = None


class SharesOut(BaseModel):
    """The links of a project, the newest first."""

    items: list[ShareLinkOut]


class FindingOut(BaseModel):
    """One thing that was looked at: red stands in the way of a launch, yellow should be known."""

    light: str
    title: str
    detail: str
    fix: str


class ReadinessOut(BaseModel):
    """The launch checklist of a version."""

    job_id: UUID
    light: str
    findings: list[FindingOut]
