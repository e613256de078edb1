"""Jobs in the record: every change of one is a single statement that also writes its event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from app.core.ids import FounderId, JobId, ProjectId
from app.db.engine import Connection
from app.db.tables import jobs
from app.domain.job import JobStatus, build_version, sources_of

CHANNEL: Final = "cofounder_jobs"
"""Each event rings here with `job_id seq status` when its transaction commits."""

_COLUMNS: Final = tuple(column for column in jobs.c if column.name not in ("takeovers", "parent_id"))


@dataclass(frozen=True)
class Job:
    """One request to build a project, and what became of it."""

    id: JobId
    project_id: ProjectId
    founder_id: FounderId
    number: int
    status: JobStatus
    goal: str
    tier: str
    priority: int
    engine: str | None
    spec: Mapping[str, Any] | None
    attempt: int
    owner: str | None
    sandbox_id: str | None
    digest: str | None
    evidence: Mapping[str, Any]
    cost_usd: Decimal
    error_code: str | None
    error_message: str | None
    debug_id: str | None
    last_seq: int
    created_at: datetime
    admitted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def build_version(self) -> str:
        """The version's name, such as `build_v0_2`."""
        return build_version(self.number)


@dataclass(frozen=True)
class NewJob:
    """What a job is made of."""

    project_id: ProjectId
    founder_id: FounderId
    number: int
    goal: str
    tier: str
    priority: int
    status: JobStatus = JobStatus.QUEUED
    spec: Mapping[str, Any] | None = None
    """What the founder has edited; without it the engine reads the goal."""


@dataclass(frozen=True)
class Change:
    """What a transition writes besides the status. None leaves a column as it is."""

    engine: str | None = None
    spec: Mapping[str, Any] | None = None
    digest: str | None = None
    evidence: Mapping[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
    debug_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the event."""


def _job(row: sa.Row[Any]) -> Job:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented row accessor
    return Job(**values | {"status": JobStatus(values["status"])})


_INSERT = sa.text(
    """
    WITH made AS (
        INSERT INTO jobs (project_id, founder_id, number, status, goal, tier, priority, spec, last_seq, parent_id)
        VALUES (:project_id, :founder_id, :number, :status, :goal, :tier, :priority, CAST(:spec AS jsonb), 1,
                (SELECT id FROM jobs WHERE project_id = :project_id AND status = 'ready'
                 ORDER BY number DESC LIMIT 1))
        RETURNING id
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, 1, 'status', CAST(:payload AS jsonb) FROM made
    )
    SELECT id, pg_notify(:channel, id || ' 1 ' || :status) FROM made
    """
)

_TRANSITION = sa.text(
    """
    WITH moved AS (
        UPDATE jobs SET
            status = :to, last_seq = last_seq + 1,
            engine = coalesce(:engine, engine),
            spec = coalesce(CAST(:spec AS jsonb), spec),
            digest = coalesce(:digest, digest),
            evidence = evidence || CAST(:evidence AS jsonb),
            error_code = coalesce(:error_code, error_code),
            error_message = coalesce(:error_message, error_message),
            debug_id = coalesce(:debug_id, debug_id),
            started_at = CASE WHEN :to = 'starting' THEN clock_timestamp() ELSE started_at END,
            finished_at = CASE WHEN :ends THEN clock_timestamp() ELSE finished_at END
        WHERE id = :id AND status = ANY(:sources) AND (CAST(:attempt AS int) IS NULL OR attempt = :attempt)
        RETURNING id, last_seq
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, 'status', CAST(:payload AS jsonb) FROM moved
    )
    SELECT last_seq, pg_notify(:channel, id || ' ' || last_seq || ' ' || :to) FROM moved
    """
)

_APPEND = sa.text(
    """
    WITH moved AS (
        UPDATE jobs SET last_seq = last_seq + 1
        WHERE id = :id AND attempt = :attempt AND status NOT IN ('ready', 'failed')
        RETURNING id, last_seq, status
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, :type, CAST(:payload AS jsonb) FROM moved
    )
    SELECT last_seq, pg_notify(:channel, id || ' ' || last_seq || ' ' || status) FROM moved
    """
)


def _status_payload(status: JobStatus, more: Mapping[str, Any] | None = None) -> str:
    return json.dumps({"status": status.value, "label": status.label, **(more or {})})


async def insert(tx: Connection, job: NewJob) -> JobId:
    """Add a job with its first event. IntegrityError is impossible while the caller holds the project's row."""
    values = {
        "project_id": job.project_id,
        "founder_id": job.founder_id,
        "number": job.number,
        "status": job.status.value,
        "goal": job.goal,
        "tier": job.tier,
        "priority": job.priority,
        "spec": json.dumps(job.spec) if job.spec is not None else None,
        "payload": _status_payload(job.status, {"build_version": build_version(job.number)}),
        "channel": CHANNEL,
    }
    return JobId((await tx.execute(_INSERT, values)).one()[0])


async def transition(
    tx: Connection, job_id: JobId, to: JobStatus, *, attempt: int | None, change: Change
) -> int | None:
    """Compare-and-set along the table; the number of the event, None when the job is elsewhere or not ours."""
    values = {
        "id": job_id,
        "to": to.value,
        "ends": to.is_terminal,
        "sources": [status.value for status in sources_of(to)],
        "attempt": attempt,
        "engine": change.engine,
        "spec": json.dumps(change.spec) if change.spec is not None else None,
        "digest": change.digest,
        "evidence": json.dumps(change.evidence or {}),
        "error_code": change.error_code,
        "error_message": change.error_message,
        "debug_id": change.debug_id,
        "payload": _status_payload(to, change.payload),
        "channel": CHANNEL,
    }
    row = (await tx.execute(_TRANSITION, values)).one_or_none()
    return int(row[0]) if row else None


async def append(
    tx: Connection, job_id: JobId, *, attempt: int, event_type: str, payload: Mapping[str, Any]
) -> int | None:
    """Add an event that changes no state; None when the job has ended or the attempt is stale."""
    values = {
        "id": job_id,
        "attempt": attempt,
        "type": event_type,
        "payload": json.dumps(payload),
        "channel": CHANNEL,
    }
    row = (await tx.execute(_APPEND, values)).one_or_none()
    return int(row[0]) if row else None


async def find(tx: Connection, job_id: JobId, *, founder_id: FounderId | None = None) -> Job | None:
    """The job, None when it does not exist or, given a founder, is somebody else's."""
    statement = sa.select(*_COLUMNS).where(jobs.c.id == job_id)
    if founder_id is not None:
        statement = statement.where(jobs.c.founder_id == founder_id)
    row = (await tx.execute(statement)).one_or_none()
    return _job(row) if row else None


async def parent_of(tx: Connection, job_id: JobId) -> Job | None:
    """The version that this one grew from: the newest that was ready when it was accepted."""
    parent = sa.select(jobs.c.parent_id).where(jobs.c.id == job_id).scalar_subquery()
    row = (await tx.execute(sa.select(*_COLUMNS).where(jobs.c.id == parent))).one_or_none()
    return _job(row) if row else None


async def running_of(tx: Connection, project_id: ProjectId) -> Job | None:
    """The project's job that has not ended."""
    statement = sa.select(*_COLUMNS).where(
        jobs.c.project_id == project_id, jobs.c.status.not_in(("ready", "failed"))
    )
    row = (await tx.execute(statement)).one_or_none()
    return _job(row) if row else None


async def page(tx: Connection, project_id: ProjectId, *, below: int | None, limit: int) -> Sequence[Job]:
    """The project's jobs with numbers below the given one, newest first."""
    statement = sa.select(*_COLUMNS).where(jobs.c.project_id == project_id)
    if below is not None:
        statement = statement.where(jobs.c.number < below)
    return [_job(row) for row in await tx.execute(statement.order_by(jobs.c.number.desc()).limit(limit))]


async def latest_of(tx: Connection, project_ids: Sequence[ProjectId]) -> Mapping[ProjectId, Job]:
    """The newest job of each of the projects that has one; looked up one by one, so that old jobs cost nothing."""
    ids = sa.func.unnest(sa.cast(list(project_ids), ARRAY(UUID(as_uuid=True))))
    wanted = ids.table_valued("id").render_derived("wanted")
    newest = (
        sa.select(*_COLUMNS)
        .where(jobs.c.project_id == wanted.c.id)
        .order_by(jobs.c.number.desc())
        .limit(1)
        .lateral("newest")
    )
    statement = sa.select(*newest.c).select_from(wanted.join(newest, sa.true()))
    found = [_job(row) for row in await tx.execute(statement)]
    return {job.project_id: job for job in found}


async def newest_ready(tx: Connection, project_id: ProjectId) -> Job | None:
    """The project's newest version."""
    statement = sa.select(*_COLUMNS).where(jobs.c.project_id == project_id, jobs.c.status == "ready")
    row = (await tx.execute(statement.order_by(jobs.c.number.desc()).limit(1))).one_or_none()
    return _job(row) if row else None


async def iterations_of(tx: Connection, project_id: ProjectId) -> int:
    """How many builds of the project became ready."""
    statement = sa.select(sa.func.count()).where(jobs.c.project_id == project_id, jobs.c.status == "ready")
    return int((await tx.execute(statement)).scalar_one())
