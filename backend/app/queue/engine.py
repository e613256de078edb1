"""All that knows the durable engine: a build is a workflow, its stages are recorded steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    SetWorkflowID,
    StepOptions,
    WorkflowStatus,
    error,
)

from app.core.errors import Unavailable
from app.core.ids import JobId
from app.db.engine import sqlalchemy_url

__all__ = ["EngineClient", "EngineErrors", "launch", "prepare", "shut_down", "step"]

QUEUE: Final = "builds"
WORKFLOW: Final = "build"
APP_VERSION: Final = "1"
"""Pinned: jobs of another version are never dequeued."""

APP_NAME: Final = "cofounder"

OWN_QUEUE_POLL_S: Final = 600.0

_OVER: Final = ("SUCCESS", "ERROR")

EngineErrors = (error.DBOSException, error.DBOSBaseException, sa.exc.OperationalError, sa.exc.InterfaceError)
"""What the engine raises when it refuses, or cannot record, a step: the job is not to blame."""

T = TypeVar("T")

RunJob = Callable[[JobId], Awaitable[None]]
StartJob = Callable[[JobId], Awaitable[None]]


def prepare(url: str) -> None:
    """Create or update the engine's own tables. Blocking."""
    DBOS.migrate(_driver_url(url))


def _driver_url(url: str) -> str:
    return sqlalchemy_url(url).render_as_string(hide_password=False)


def _workflow_options(workflow_id: str) -> EnqueueOptions:
    return {
        "workflow_name": WORKFLOW,
        "queue_name": QUEUE,
        "workflow_id": workflow_id,
        "app_version": APP_VERSION,
    }


def _connect(url: str) -> psycopg.Connection[Any]:
    """The engine waits out an outage only when the driver says the words that it looks for."""
    try:
        return psycopg.connect(url, connect_timeout=3, application_name=APP_NAME)
    except psycopg.OperationalError as refused:
        raise psycopg.OperationalError(f"connection failed: {refused}") from refused


@contextmanager
def _translating_outages() -> Iterator[None]:
    try:
        yield
    # Callers try again on Unavailable, and need not know whose tables could not be reached.
    except sa.exc.DBAPIError as outage:
        raise Unavailable("The engine's tables cannot be reached right now.") from outage


class EngineClient:
    """Hands on the work of others, through the engine's queue."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(
            sqlalchemy_url(url),
            pool_size=2,
            max_overflow=2,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 3},
        )
        self._client = DBOSClient(
            system_database_engine=self._engine,
            # JSON, since the engine's default would unpickle what the database holds.
            serializer=DBOSPortableJSONSerializer(),
            application_name=APP_NAME,
            lazy=True,
            # The callers repeat what must not be lost; the engine would hold an answer up for minutes instead.
            retry_connection_errors=False,
        )

    async def hand_on(self, job_id: JobId, *, attempt: int) -> None:
        """Let any worker continue this job; with the queue's name, or its limit would be ignored.

        A worker may have died before it started the workflow: then there is none yet. One that ended too early
        (its worker lost a race for the job) cannot be resumed: the job goes on in a copy of it, under the
        attempt's name, with the steps that are recorded.
        """
        with _translating_outages():
            newest = await self._last_workflow(job_id)
            if newest is None:
                await self._client.enqueue_async(_workflow_options(str(job_id)), str(job_id))
                return
            await self._client.resume_workflows_async([newest.workflow_id], queue_name=QUEUE)
            # Resuming a workflow that has ended does nothing and says nothing, so it is looked at again.
            newest = await self._last_workflow(job_id)
            if newest is not None and newest.status in _OVER:
                await self._fork_workflow(newest.workflow_id, f"{job_id}.{attempt}")

    async def forget_ended(self, *, longer_than: timedelta, most: int = 500) -> int:
        """Remove workflows that have been over for so long, with their steps; how many. The job rows stay."""
        before = datetime.now(UTC) - longer_than
        with _translating_outages():
            ended = await self._client.list_workflows_async(
                status=[*_OVER, "CANCELLED"], completed_before=before.isoformat(), limit=most,
                load_input=False, load_output=False,
            )  # fmt: skip
            await self._client.delete_workflows_async([workflow.workflow_id for workflow in ended])
        return len(ended)

    async def _last_workflow(self, job_id: JobId) -> WorkflowStatus | None:
        workflows = await self._client.list_workflows_async(
            workflow_id_prefix=str(job_id), sort_desc=True, limit=1, load_input=False, load_output=False
        )
        return workflows[0] if workflows else None

    async def _fork_workflow(self, workflow_id: str, name: str) -> None:
        steps = await self._client.list_workflow_steps_async(workflow_id, load_output=False)
        # The copy begins behind the last step that is recorded, so that nothing that was done is done again.
        first_to_run = max((step["function_id"] for step in steps), default=0) + 1
        with SetWorkflowID(name):
            await self._client.fork_workflow_async(
                workflow_id, first_to_run, application_version=APP_VERSION, queue_name=QUEUE
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()
        self._engine.dispose()


async def launch(url: str, *, executor: str, slots: int, poll_s: float, run_job: RunJob) -> StartJob:
    """Continue what was handed on, on the running event loop, at most `slots` at once, until `shut_down`.

    That is looked for every `poll_s`. What is returned starts a job's workflow here and now, unless it was started
    before.
    """
    # The engine's own queue is for what is not used here, and to look into it each second was a quarter of what an
    # idle worker cost. There is no setting for it.
    own_queue = DBOS(config=_config_of(url, executor))._registry.get_internal_queue()  # noqa: SLF001
    own_queue._polling_interval_sec = OWN_QUEUE_POLL_S  # noqa: SLF001

    @DBOS.workflow(name=WORKFLOW)
    async def build(job_id: str) -> None:
        await run_job(JobId(UUID(job_id)))

    # The workflow is known before the launch, which takes up at once what this executor had begun.
    DBOS.launch()
    # The other way to register a queue refuses to run on an event loop.
    await DBOS.register_queue_async(
        QUEUE, worker_concurrency=slots, polling_interval_sec=poll_s, on_conflict="always_update"
    )

    async def start(job_id: JobId) -> None:
        # The job's id makes a second start of the same job the first one.
        with SetWorkflowID(str(job_id)), _translating_outages():
            await DBOS.start_workflow_async(build, str(job_id))

    return start


def _config_of(url: str, executor: str) -> DBOSConfig:
    return {
        "name": APP_NAME,
        "system_database_url": _driver_url(url),
        "db_engine_kwargs": {"creator": lambda: _connect(url)},
        # A name of this process alone: with a shared one the engine takes up again what another one runs.
        "executor_id": executor,
        "application_version": APP_VERSION,
        "log_level": "ERROR",
        # `prepare` has made the tables, once for all processes that would race for it.
        "run_migrations": False,
        "serializer": DBOSPortableJSONSerializer(),
        "sys_db_pool_size": 10,
        # Its messages between workflows are not used, so nothing need look for them often.
        "notification_coalesce_sec": 1.0,
        "notification_listener_polling_interval_sec": 10.0,
    }


async def step(name: str, work: Callable[[], Awaitable[T]]) -> T:
    """Run one step of the current workflow, or give back what it answered the first time."""

    async def body() -> Any:
        return await work()

    options: StepOptions = {"name": name}
    return await DBOS.run_step_async(options, body)


async def shut_down() -> None:
    """Stop taking work. What still runs is left to whoever takes it over."""
    # The engine had put its own pool below this loop, and takes it along.
    pool = ThreadPoolExecutor(max_workers=4)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(pool)
    await loop.run_in_executor(pool, DBOS.destroy)
