"""Specifications on the wire."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class SpecOut(BaseModel):
    """A project's specification; `edited` while something of it is not built, `notes` say what an edit meant."""

    project_id: UUID
    spec: dict[str, Any]
    revision: str
    build_version: str
    edited: bool
    notes: list[str]


class CorrectionIn(BaseModel):
    """One correction of a plan, such as `add_detail` with the record, a label and a kind."""

    model_config = ConfigDict(extra="forbid")

    change: str = Field(max_length=40)
    values: dict[str, Annotated[str, Field(max_length=2_000)]] = Field(max_length=20)
