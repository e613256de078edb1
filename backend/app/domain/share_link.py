"""A link by which a founder shares an app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import ProjectId


@dataclass(frozen=True)
class ShareLink:
    """A link that was given to somebody; `label` says to whom."""

    id: UUID
    project_id: ProjectId
    label: str
    opened: int
    created_at: datetime
    expires_at: datetime
    asks_code: bool
