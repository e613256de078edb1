"""The spending on models: who asks one, what counts against the budgets, and each call as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.core.ids import FounderId, JobId, ProjectId


@dataclass(frozen=True)
class Asking:
    """The one on whose account a model is asked: a founder, for a job or beside one."""

    founder_id: FounderId
    project_id: ProjectId | None = None
    job_id: JobId | None = None


@dataclass(frozen=True)
class Spent:
    """The tokens and dollars that count against one budget."""

    tokens: int
    usd: Decimal


@dataclass(frozen=True)
class SpentNow:
    """The spending that counts against a call: of its build, its founder's day and everybody's day."""

    build: Spent
    founder: Spent
    day: Spent


@dataclass(frozen=True)
class LedgerRow:
    """One call as it is shown; `tokens` and `usd` count against the budgets."""

    id: UUID
    job_id: JobId | None
    project_id: ProjectId | None
    step: str
    try_number: int
    model: str
    status: str
    share: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens: int
    usd: Decimal | None
    error: str | None
    at: datetime
    """The moment when it began."""
