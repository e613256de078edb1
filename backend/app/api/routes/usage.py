"""The spending on models."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.deps import CallerDep, ServicesDep
from app.core.ids import JobId
from app.domain.model_spending import LedgerRow
from app.schemas.usage import BudgetOut, CallOut, ShareOut, UsageReportOut

router = APIRouter()

JobFilter = Annotated[UUID | None, Query(description="Of this build alone.")]


@router.get("/usage", operation_id="usage")
async def usage(caller: CallerDep, services: ServicesDep, job_id: JobFilter = None) -> UsageReportOut:
    """The founder's calls to models, what they were good for, and what the budgets leave."""
    async with services.database.transaction() as tx:
        if job_id is not None:
            await services.generation.job(tx, caller.id, JobId(job_id))
        view = await services.models.usage(tx, caller.id, job_id=None if job_id is None else JobId(job_id))
    budgets = [
        BudgetOut(
            name=part.name,
            tokens=part.tokens,
            usd=str(part.usd),
            tokens_cap=part.tokens_cap,
            usd_cap=None if part.usd_cap is None else str(part.usd_cap),
        )
        for part in view.budgets
    ]
    shares = [
        ShareOut(
            share=part.share.value,
            calls=part.calls,
            input_tokens=part.input_tokens,
            output_tokens=part.output_tokens,
            usd=str(part.usd),
        )
        for part in view.shares
    ]
    return UsageReportOut(
        model=services.models.label, budgets=budgets, shares=shares, calls=[_call_out(row) for row in view.calls]
    )


def _call_out(row: LedgerRow) -> CallOut:
    return CallOut(
        job_id=row.job_id,
        step=row.step,
        try_number=row.try_number,
        model=row.model,
        status=row.status,
        share=row.share,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_tokens=row.cached_tokens,
        tokens=row.tokens,
        usd=None if row.usd is None else str(row.usd),
        error=row.error,
        at=row.begun_at.isoformat(),
    )
