"""The processes of a fleet: the real API and the real worker, on doubles that a test can hurt."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.adapters.billing.open import OpenBilling
from app.bench.noop import no_checks
from app.bootstrap import Adapters, assemble, make_worker
from app.container import Services
from app.core.settings import Settings
from app.db.engine import Database
from app.events.cache import connect
from app.main import create_app
from app.ports.clock import SystemClock
from app.preview.links import PreviewSigner
from app.processes.api import _ApiServer
from app.processes.log import configure
from tests.support.fleet_faults import Faults, Ledger
from tests.support.fleet_parts import (
    Founders,
    LightSandboxes,
    SharedStore,
    TracedCache,
    TracedGeneration,
    TracedProbe,
    TracedRunner,
)


@dataclass(frozen=True)
class MemberConfig:
    """One process of a fleet. `pace_s` is how long each stage of a build lasts at least."""

    role: str
    name: str
    folder: str
    database_url: str
    redis_url: str
    port: int = 8400
    lease_s: float = 1
    slots: int = 2
    pace_s: float = 0

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=Path(self.folder) / "data",
            database_url=self.database_url,
            redis_url=self.redis_url,
            port=self.port,
            lease_s=self.lease_s,
            builds_per_worker=self.slots,
        )


def run_member(config: MemberConfig) -> int:
    """Be that process until it ends."""
    configure(config.settings)
    if config.role == "api":
        _serve(config)
    else:
        asyncio.run(_work(config))
    return 0


def _adapters(config: MemberConfig) -> Adapters:
    folder = Path(config.folder)
    faults, ledger = Faults(folder, who=config.name), Ledger(folder, who=config.name)
    redis = connect(config.redis_url)
    return Adapters(
        database=Database(config.database_url),
        cache=TracedCache(redis, faults),
        runtime=LightSandboxes(folder / "sandboxes", faults, ledger),
        runner=TracedRunner(faults, ledger),
        store=SharedStore(folder / "versions"),
        identity=Founders(),
        billing=OpenBilling(),
        signer=PreviewSigner("test-secret", link_seconds=3600, port=config.port + 1),
        probe=TracedProbe(faults, ledger),
        acceptance=no_checks,
        clock=SystemClock(),
    )


def _services(config: MemberConfig, adapters: Adapters) -> Services:
    """The real services, whose builds are traced."""
    services = assemble(adapters, config.settings)
    generation = TracedGeneration(
        services.database,
        services.machine,
        services.queue,
        services.gates,
        adapters.runtime,
        services.specs,
        choices=services.choices,
    )
    folder = Path(config.folder)
    generation.faults = Faults(folder, who=config.name)
    generation.ledger = Ledger(folder, who=config.name)
    generation.pace_s = config.pace_s
    return replace(services, generation=generation)


async def _work(config: MemberConfig) -> None:
    """As `processes/worker.py` does it."""
    adapters = _adapters(config)
    worker = make_worker(adapters, _services(config, adapters), config.settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    await worker.run()
    os._exit(0)


class _Answering:
    """The point `answering <METHOD> <path> <status>`: the work of a request is done, its answer not sent yet."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if scope["type"] == "http" and message["type"] == "http.response.start":
                path = scope["path"].rsplit("/", 1)[-1]
                await self._faults.at(f"answering {scope['method']} {path} {message['status']}")
            await send(message)

        await self._app(scope, receive, marked)


def _serve(config: MemberConfig) -> None:
    """As `processes/api.py` does it."""
    app = create_app(config.settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = _services(config, _adapters(config))
        await services.open()
        app.state.services = services
        yield
        await services.close()

    app.router.lifespan_context = lifespan
    app.add_middleware(_Answering, faults=Faults(Path(config.folder), who=config.name))
    uvicorn_config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=config.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    _ApiServer(app, uvicorn_config).run()
