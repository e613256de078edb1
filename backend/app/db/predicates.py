"""Conditions on jobs that statements and indexes share."""

from __future__ import annotations

from typing import Final

from app.domain.job import JobStatus

_ENDED: Final = ", ".join(f"'{status.value}'" for status in JobStatus if status.is_terminal)

# Word for word that of the partial indexes, or the planner does not see that they serve.
NOT_ENDED: Final = f"status NOT IN ({_ENDED})"
"""The job can still change."""
