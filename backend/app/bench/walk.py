"""No-op builds without the engine, and the SQL that one of them sends."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from app.bootstrap import Adapters, assemble, build_tools
from app.core.ids import JobId
from app.core.settings import Settings
from app.repositories import work as queue_work
from app.services.build_pipeline import Result, Work
from app.services.container import Services

WORKER: Final = "bench-walker"
WARM_UP: Final = 5
_Line = tuple[str, Any]


async def walk(adapters: Adapters, settings: Settings, *, count: int, out: Path) -> None:
    """Build `count` waiting jobs and write to `out` the CPU seconds of each and the SQL of the last."""
    services = assemble(adapters, settings)
    async with services.database.transaction() as tx:
        await queue_work.register(tx, WORKER, slots=1)
    build = _builder(adapters, services, settings)
    for _ in range(WARM_UP):
        await build()
    began = time.process_time()
    for _ in range(count):
        await build()
    spent = (time.process_time() - began) / count
    lines: list[_Line] = []
    _listen(lines)
    job_id = await build()
    out.write_text(json.dumps({"cpu_s": spent, "job_id": str(job_id), "lines": lines}, default=str))
    await services.close()


def _builder(adapters: Adapters, services: Services, settings: Settings) -> Callable[[], Awaitable[JobId]]:
    tools = build_tools(adapters, services, settings)

    async def build() -> JobId:
        async with services.database.transaction() as tx:
            await queue_work.beat(tx, WORKER)
        [job_id] = await services.queue.admit()
        async with services.database.transaction() as tx:
            attempt = await queue_work.claim(tx, job_id, worker=WORKER)
        assert attempt is not None
        await services.generation.execute_build(tools, job_id, attempt=attempt, step=_unrecorded)
        return job_id

    return build


async def _unrecorded(name: str, work: Work) -> Result:  # noqa: ARG001 - a step has a name
    return await work()


def _listen(lines: list[_Line]) -> None:
    """Note every statement and the borders of its transaction."""

    def executed(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        lines.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", executed)
    sa.event.listen(sa.Engine, "begin", lambda _: lines.append(("BEGIN", None)))
    sa.event.listen(sa.Engine, "commit", lambda _: lines.append(("COMMIT", None)))
