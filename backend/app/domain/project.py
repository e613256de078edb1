"""A project: what a founder builds, version by version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.ids import FounderId, ProjectId


@dataclass(frozen=True)
class Project:
    """One thing a founder builds."""

    id: ProjectId
    founder_id: FounderId
    name: str
    description: str
    status: str
    stage: str
    last_number: int
    engine_asked: str | None
    """Who plans its apps unless a build says otherwise; None is what the instance says."""
    model: str | None
    """The model that plans them where one does; None is what its founder, or else the instance, says."""
    created_at: datetime

    @property
    def is_parked(self) -> bool:
        """True when the founder has put it aside."""
        return self.status == "parked"
