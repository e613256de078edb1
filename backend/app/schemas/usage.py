"""The spending on models, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _as_text(value: object) -> object:
    """Dollars and moments as text: JSON rounds numbers with decimals, and knows no moments."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None else str(value)


Text = Annotated[str, BeforeValidator(_as_text)]
OptionalText = Annotated[str | None, BeforeValidator(_as_text)]


class _OfRecord(BaseModel):
    """A schema that is read from the fields of the same names of what the service answers."""

    model_config = ConfigDict(from_attributes=True)


class BudgetOut(_OfRecord):
    """One budget: `build`, `founder` (of today) or `day` (everybody's). A null cap is no limit."""

    name: str
    tokens: int
    usd: Text
    tokens_cap: int | None
    usd_cap: OptionalText


class ShareOut(_OfRecord):
    """The calls of one use: `useful`, `repair` or `wasted`."""

    share: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: Text


class CallOut(_OfRecord):
    """One call. `status` is begun, answered, failed, lost (its worker ended) or reused (nothing was paid).

    `usd` and `tokens` are what counts against the budgets; without an answer that is the most it can have been.
    """

    job_id: UUID | None
    step: str
    try_number: int
    model: str
    status: str
    share: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens: int
    usd: OptionalText
    error: str | None
    at: Text


class UsageReportOut(BaseModel):
    """A founder's spending on models: the budgets, the sums by use of the calls, the newest calls."""

    model: str | None
    budgets: list[BudgetOut]
    shares: list[ShareOut]
    calls: list[CallOut]
