"""No-op builds without the engine, and the SQL that one of them sends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import psycopg

from app.bootstrap import Adapters, assemble, build_tools
from app.container import Services
from app.core.ids import JobId
from app.core.settings import Settings
from app.db.engine import Database
from app.db.link import Row
from app.repositories import work as queue_work
from app.services.build_pipeline import Json

WORKER: Final = "bench-walker"
WARM_UP: Final = 5
_Line = tuple[str, Any]


async def walk(adapters: Adapters, settings: Settings, *, count: int, out: Path) -> None:
    """Build `count` waiting jobs and write to `out` the CPU seconds of each and the SQL of one more."""
    async with _registered_worker(adapters, settings) as build:
        for _ in range(WARM_UP):
            await build()
        # After a few: the first ones import, connect and fill what is kept.
        began = time.process_time()
        for _ in range(count):
            await build()
        spent = (time.process_time() - began) / count
    # Apart from the builds that are measured, since noting costs something too.
    noting = _NotingDatabase(adapters.database.url)
    async with _registered_worker(replace(adapters, database=noting), settings) as build:
        noting.lines.clear()
        job_id = await build()
        lines = list(noting.lines)
    out.write_text(json.dumps({"cpu_s": spent, "job_id": str(job_id), "lines": lines}, default=str))


@asynccontextmanager
async def _registered_worker(
    adapters: Adapters, settings: Settings
) -> AsyncIterator[Callable[[], Awaitable[JobId]]]:
    """Builds the next waiting job, while it says as often as a worker that it lives."""
    services = assemble(adapters, settings)
    async with services.database.transaction() as tx:
        await queue_work.register_worker(tx, WORKER, slots=1)
    # Else the reaper would take the builds away as those of a worker that died.
    beats = asyncio.create_task(_keep_alive(services.database, settings.lease_s / 5))
    try:
        yield _make_builder(adapters, services, settings)
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)
        async with services.database.transaction() as tx:
            await queue_work.remove_worker(tx, WORKER)
        await services.close()


async def _keep_alive(database: Database, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        async with database.autocommit() as tx:
            await queue_work.record_heartbeat(tx, WORKER)


def _make_builder(adapters: Adapters, services: Services, settings: Settings) -> Callable[[], Awaitable[JobId]]:
    tools = build_tools(adapters, services, settings)

    async def build() -> JobId:
        job_id = await services.queue.admit_next()
        assert job_id is not None
        async with services.database.autocommit() as tx:
            job = await queue_work.claim_job(tx, job_id, worker=WORKER)
        assert job is not None
        await services.generation.execute_build(tools, job, step=_unrecorded)
        return job_id

    return build


# Without the records of the engine, which `P5 all` has and `P5 ours` leaves out.
async def _unrecorded(name: str, work: Callable[[], Awaitable[Json]]) -> Json:  # noqa: ARG001 - a step has a name
    return await work()


class _NotingDatabase(Database):
    """Notes every statement, those that begin and end a transaction among them."""

    def __init__(self, url: str) -> None:
        self.lines: list[_Line] = []
        lines = self.lines

        class Noting(psycopg.AsyncCursor[Row]):
            async def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
                lines.append((query if isinstance(query, str) else query.decode(), params))
                return await super().execute(query, params, **options)

        super().__init__(url, cursor_factory=Noting)
