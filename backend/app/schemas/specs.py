"""Specifications on the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel


class SpecOut(BaseModel):
    """A project's specification; `edited` while something of it is not built, `notes` say what an edit meant."""

    project_id: UUID
    spec: dict[str, Any]
    revision: str
    build_version: str
    edited: bool
    notes: list[str]
