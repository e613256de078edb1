"""The application with two founders on a port, for tests that need no build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uvicorn

from app.core.ids import JobId
from app.domain.job import JobStatus
from app.domain.tier import Tier
from app.ports.billing import Subscription
from tests.support.house import House
from tests.support.instance import eventually, free_ports


class Plans:
    """Whoever subscribes, and to what."""

    def __init__(self) -> None:
        self.subscription = Subscription(active=True, tier=Tier.CTO_SCALE, upgrade_url="https://example.com/plans")

    async def subscription_of(self, subject: str) -> Subscription:
        return self.subscription


@dataclass
class Served:
    """An application with two founders, on a port."""

    house: House
    plans: Plans
    url: str


@contextmanager
def listening(house: House) -> Iterator[str]:
    """The house on a port of its own."""
    port = free_ports()
    server = uvicorn.Server(uvicorn.Config(house.app, port=port, lifespan="off", log_config=None))
    assert house.client.portal is not None
    serving = house.client.portal.start_task_soon(server.serve)
    eventually(lambda: server.started, within_s=30)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    serving.result(20)


def make_ready(served: Served, started: dict[str, Any]) -> None:
    served.house.move(JobId(UUID(started["job_id"])), JobStatus.READY)
