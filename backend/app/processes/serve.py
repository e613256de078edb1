"""The processes of an instance: API, worker, previews."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from app.bootstrap import (
    Adapters,
    assemble,
    make_previews,
    make_worker,
    real_adapters,
)
from app.core.ids import JobId
from app.core.settings import Settings
from app.db.migrate import upgrade
from app.events.bell import Bell, Ring
from app.main import create_app
from app.preview.proxy import serve
from app.queue import engine
from app.repositories import work
from app.services.container import Services
from app.services.preview_service import PreviewService
from app.telemetry.logging import configure_logging

log = structlog.get_logger(__name__)

GOODBYE_S = 5


def _configure(settings: Settings) -> None:
    secrets = [
        secret.get_secret_value() for secret in (settings.database_url, settings.redis_url) if secret is not None
    ]
    for path in (settings.data.token, settings.data.secret):
        if path.exists():
            secrets.append(path.read_text().strip())
    configure_logging(settings.log_level, secrets=secrets)


def migrate(url: str) -> None:
    """Bring the record and the engine's own tables to this release."""
    upgrade(url)
    engine.prepare(url)


def run_migrate(settings: Settings) -> int:
    """The same, for the database that the settings name."""
    migrate(real_adapters(settings).database.url)
    return 0


class _ApiServer(uvicorn.Server):
    """Ends open event streams first: it would wait for them for ever."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGTERM and SIGINT."""
        services: Services | None = getattr(self._app.state, "services", None)
        if services is not None:
            services.bell.silence()
        super().handle_exit(sig, frame)


def run_api(settings: Settings) -> int:
    """Serve the API until SIGTERM."""
    _configure(settings)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GOODBYE_S,
        h11_max_incomplete_event_size=32_768,
    )
    _ApiServer(app, config).run()
    return 0


def run_worker(settings: Settings) -> int:
    """Work until SIGTERM, then hand the jobs over."""
    _configure(settings)
    asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    adapters = real_adapters(settings)
    await adapters.runtime.probe()
    services = assemble(adapters, settings)
    worker = make_worker(adapters, services, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    await worker.run()
    os._exit(0)  # here and not later: leaving the loop would end the workflows that others are to resume


def run_preview(settings: Settings) -> int:
    """Serve the previews until SIGTERM."""
    _configure(settings)
    asyncio.run(_preview(settings))
    return 0


async def _preview(settings: Settings) -> None:
    adapters = real_adapters(settings)
    service = make_previews(adapters, settings)
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    pages = [f"http://{host}:{settings.port}" for host in ("localhost", "127.0.0.1")]
    with contextlib.suppress(asyncio.CancelledError):
        async with _ending_with_builds(adapters, service):
            await serve(
                service, adapters.signer, host=settings.host, port=settings.previews_port, page_origins=pages
            )
    await adapters.database.close()


@asynccontextmanager
async def _ending_with_builds(adapters: Adapters, service: PreviewService) -> AsyncIterator[None]:
    """End a preview as soon as its build has failed or was cancelled."""
    bell = Bell(adapters.database.url)
    async with asyncio.TaskGroup() as group:

        def hear(ring: Ring | None) -> None:
            if ring is None:
                group.create_task(_look_after(adapters, service))
            elif ring.status == "failed":
                group.create_task(service.drop(ring.job_id))

        bell.watch(hear)
        await bell.start()
        try:
            yield
        finally:
            await bell.close()


async def _look_after(adapters: Adapters, service: PreviewService) -> None:
    """Rings may have been missed: ask the record which previews must go."""
    live: list[JobId] = list(service.live)
    async with adapters.database.transaction() as tx:
        ended = await work.ended_among(tx, live)
    for job_id in ended:
        await service.drop(job_id)
