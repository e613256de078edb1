"""The spending on models."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.deps import CallerDep, ServicesDep
from app.core.ids import JobId
from app.schemas.usage import BudgetOut, CallOut, ShareOut, UsageReportOut

router = APIRouter()

JobFilter = Annotated[UUID | None, Query(description="Of this build alone.")]


@router.get("/usage", operation_id="usage")
async def usage(caller: CallerDep, services: ServicesDep, job_id: JobFilter = None) -> UsageReportOut:
    """The founder's calls to models, what they were good for, and what the budgets leave."""
    async with services.database.transaction() as tx:
        if job_id is not None:
            await services.generation.job(tx, caller.id, JobId(job_id))
        chosen = await services.choices.find(tx, caller.id, None)
        view = await services.models.usage(tx, caller.id, job_id=None if job_id is None else JobId(job_id))
    return UsageReportOut(
        model=None if chosen is None else chosen.model,
        budgets=[BudgetOut.model_validate(budget) for budget in view.budgets],
        shares=[ShareOut.model_validate(share) for share in view.shares],
        calls=[CallOut.model_validate(call) for call in view.calls],
    )
