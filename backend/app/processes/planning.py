"""The plan of a goal by the model that is set, beside any instance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.blueprint.plan import Plan, plan_of
from app.core.settings import Settings
from app.models import describe_cost, plan_with_model


def plan_by_model(settings: Settings, goal: str, *, say: Callable[[str], None]) -> Plan:
    """The plan; what it took is said at the end. RunnerError, ConfigurationError."""
    began = time.monotonic()

    async def tell(line: str) -> None:
        say(line)

    spec, journal = asyncio.run(plan_with_model(settings, goal, tell))
    say(f"Took {describe_cost(journal)}, {time.monotonic() - began:.1f} seconds.")
    return plan_of(spec)
