"""The plan of a goal by the model that is set, beside any instance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.blueprint.plan import Plan, plan_of
from app.blueprint.spec import AppSpec
from app.core.settings import Settings
from app.models import plan_with_model
from app.processes.ledger import open_ledger


def plan_by_model(settings: Settings, goal: str, *, say: Callable[[str], None]) -> Plan:
    """The plan; what it took is said at the end. RunnerError, ConfigurationError."""
    began = time.monotonic()

    async def tell(line: str) -> None:
        say(line)

    async def plan() -> tuple[AppSpec, str]:
        async with open_ledger(settings) as ledger:
            return await plan_with_model(settings, ledger, goal, tell)

    spec, took = asyncio.run(plan())
    say(f"Took {took}, {time.monotonic() - began:.1f} seconds.")
    return plan_of(spec)
