"""Health, readiness and the description of the service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app import __version__
from app.api.deps import ServicesDep
from app.api.guards import BODY_MAX
from app.container import Services
from app.core.errors import Unavailable
from app.domain.job import GOAL_MAX, JobStatus
from app.domain.tier import TIER_LIMITS

router = APIRouter()


@router.get("/health", operation_id="health")
async def health() -> dict[str, str]:
    """The process answers."""
    # Nothing is asked: whoever restarts processes by this answer must not do it for a database that is away.
    return {"status": "alive"}


async def _database_answers(services: Services) -> bool:
    try:
        await services.database.ping()
    except Unavailable:
        return False
    return True


@router.get("/ready", operation_id="ready")
async def ready(services: ServicesDep) -> JSONResponse:
    """Each dependency; 503 while builds cannot be accepted. A lost cache only makes things slower."""
    database, cache = await _database_answers(services), await services.cache.ping()
    body = {
        "status": "ready" if database else "unavailable",
        "dependencies": {"database": "ok" if database else "down", "cache": "ok" if cache else "down"},
    }
    return JSONResponse(body, 200 if database else 503, {} if database else {"Retry-After": "2"})


@router.get("/meta", operation_id="meta")
async def meta(services: ServicesDep) -> dict[str, Any]:
    """Version, stages with their labels, engines and limits."""
    return {
        "version": __version__,
        "stages": [{"status": status.value, "label": status.label} for status in JobStatus],
        "engines": list(services.engines),
        "limits": {"goal_characters": GOAL_MAX, "body_bytes": BODY_MAX},
        "tiers": {
            tier.value: {"jobs_at_once": limits.concurrent_jobs, "jobs_a_day": limits.daily_jobs}
            for tier, limits in TIER_LIMITS.items()
        },
    }
