"""The spending on models, on the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel


class BudgetOut(BaseModel):
    """One budget: `build`, `founder` (of today) or `day` (everybody's). A null cap is no limit."""

    name: str
    tokens: int
    usd: str
    tokens_cap: int | None
    usd_cap: str | None


class ShareOut(BaseModel):
    """The calls of one use: `useful`, `repair` or `wasted`."""

    share: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: str


class CallOut(BaseModel):
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
    usd: str | None
    error: str | None
    at: str


class UsageReportOut(BaseModel):
    """A founder's spending on models: the budgets, the sums by use of the calls, the newest calls."""

    model: str | None
    budgets: list[BudgetOut]
    shares: list[ShareOut]
    calls: list[CallOut]
