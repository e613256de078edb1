"""Jobs in the record: every change of one is a single statement that also writes its event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from app.core.ids import FounderId, JobId, ProjectId
from app.db.engine import Connection
from app.db.link import Row
from app.db.predicates import NOT_ENDED
from app.domain.job import Change, Job, JobStatus, NewJob, SpecifiedJob, sources_of
from app.ports.runner import BLUEPRINT_ENGINE, MODEL_ENGINE
from app.repositories.idempotency import KEPT_HOURS

CHANNEL: Final = "cofounder_jobs"
"""Each event notifies here with `job_id seq status` when its transaction commits."""


_J = TypeVar("_J", bound=Job)


def _columns(kind: type[Job]) -> str:
    return ", ".join(f"jobs.{column.name}" for column in fields(kind))


_STATUS_AT: Final = [column.name for column in fields(Job)].index("status")


def _job_of(kind: Callable[..., _J], row: Row) -> _J:
    # The columns are selected in the order of the dataclass's fields, so that a row is its arguments, but for the
    # status. By name each row would cost a dictionary, and lists of builds are the dearest answers that there are.
    return kind(*row[:_STATUS_AT], JobStatus(row[_STATUS_AT]), *row[_STATUS_AT + 1 :])


# See the migration that makes the function: all that accepting builds takes is one statement.
_ACCEPT: Final = """
    SELECT accept_build(asked)
    FROM jsonb_array_elements(CAST(%(asked)s AS jsonb)) WITH ORDINALITY AS each(asked, place) ORDER BY place
    """
_LABELS: Final = {status.value: status.label for status in (JobStatus.QUEUED, JobStatus.SCHEDULED)}

# Compare-and-set: it changes nothing when the job is elsewhere, under another attempt, or past the event that the
# caller knows as the newest; the caller then learns why from the row.
_TRANSITION = """
    WITH moved AS (
        UPDATE jobs SET
            status = %(to)s, last_seq = last_seq + 1,
            engine = coalesce(%(engine)s, engine),
            spec = coalesce(CAST(%(spec)s AS jsonb), spec),
            digest = coalesce(%(digest)s, digest),
            evidence = evidence || CAST(%(evidence)s AS jsonb),
            error_code = coalesce(%(error_code)s, error_code),
            error_message = coalesce(%(error_message)s, error_message),
            debug_id = coalesce(%(debug_id)s, debug_id),
            started_at = CASE WHEN %(to)s = 'starting' THEN clock_timestamp() ELSE started_at END,
            finished_at = CASE WHEN %(ends)s THEN clock_timestamp() ELSE finished_at END
        WHERE id = %(id)s AND status = ANY(%(sources)s)
          AND (CAST(%(attempt)s AS int) IS NULL OR attempt = %(attempt)s)
          AND (CAST(%(after)s AS int) IS NULL OR last_seq = %(after)s)
        RETURNING id, last_seq
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, 'status', CAST(%(payload)s AS jsonb) FROM moved
    )
    SELECT last_seq, pg_notify(%(channel)s, id || ' ' || last_seq || ' ' || %(to)s) FROM moved
    """

# The status goes into the notification as it is, since whoever follows a job reads it there.
_APPEND = f"""
    WITH moved AS (
        UPDATE jobs SET last_seq = last_seq + 1
        WHERE id = %(id)s AND attempt = %(attempt)s AND {NOT_ENDED}
        RETURNING id, last_seq, status
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, %(type)s, CAST(%(payload)s AS jsonb) FROM moved
    )
    SELECT last_seq, pg_notify(%(channel)s, id || ' ' || last_seq || ' ' || status) FROM moved
    """


def status_payload(status: JobStatus, more: Mapping[str, Any] | None = None) -> str:
    """The payload of the event of a new status, as JSON."""
    return json.dumps({"status": status.value, "label": status.label, **(more or {})})


@dataclass(frozen=True)
class Wanted:
    """A job that is to be accepted, with the limits of its founder's day and of all that wait."""

    job: NewJob
    daily: int
    most_waiting: int


async def accept(tx: Connection, wanted: Sequence[Wanted], *, waits: bool) -> Sequence[Mapping[str, Any]]:
    """Add each with its number, its first event, its notification and its key; or tell why not, under `refused`.

    With `waits`, a project that somebody holds is waited for.
    """
    asked = json.dumps([_asked(one, waits=waits) for one in wanted])
    return [row[0] for row in await tx.rows(_ACCEPT, {"asked": asked})]


def _asked(wanted: Wanted, *, waits: bool) -> Mapping[str, Any]:
    job = wanted.job
    told = {
        "founder": str(job.founder_id),
        "project": str(job.project_id),
        "tier": job.tier,
        "priority": job.priority,
        "goal": job.goal,
        "spec": job.spec,
        "basis": job.basis,
        "change": job.change,
        "answers": job.answers,
        "engine": job.engine_asked,
        "usual_engine": job.usual_engine,
        "engine_of_chosen": MODEL_ENGINE,
        "engine_of_none": BLUEPRINT_ENGINE,
        "model_was_asked": job.model_was_asked,
        "key": job.key,
        "key_hash": job.key_hash,
        "key_hours": KEPT_HOURS,
        "daily": wanted.daily,
        "most_waiting": wanted.most_waiting,
        "labels": _LABELS,
        "channel": CHANNEL,
        "waits": waits,
    }
    return {name: value for name, value in told.items() if value is not None}


async def transition(
    tx: Connection, job_id: JobId, to: JobStatus, *, attempt: int | None, change: Change, after: int | None = None
) -> int | None:
    """Compare-and-set along the table; the number of the event, None when the job is elsewhere or not ours.

    With `after`, also None unless that is the number of the job's newest event.
    """
    values = {
        "id": job_id,
        "to": to.value,
        "ends": to.is_terminal,
        "sources": [status.value for status in sources_of(to)],
        "attempt": attempt,
        "after": after,
        "engine": change.engine,
        "spec": json.dumps(change.spec) if change.spec is not None else None,
        "digest": change.digest,
        # Joined to what is there: stages write parts of it, and none takes another's away.
        "evidence": json.dumps(change.evidence or {}),
        "error_code": change.error_code,
        "error_message": change.error_message,
        "debug_id": change.debug_id,
        "payload": status_payload(to, change.payload),
        "channel": CHANNEL,
    }
    row = await tx.row(_TRANSITION, values)
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
    row = await tx.row(_APPEND, values)
    return int(row[0]) if row else None


_OF = f"SELECT {_columns(Job)} FROM jobs WHERE "
SPECIFIED: Final = _columns(SpecifiedJob)
"""What `specified` makes a job of."""

_SPECIFIED_OF = f"SELECT {SPECIFIED} FROM jobs WHERE "
_FIND: Final = f"{_OF} id = %(id)s"
_FIND_SPECIFIED: Final = f"{_SPECIFIED_OF} id = %(id)s"
_FIND_OWN: Final = f"{_OF} id = %(id)s AND founder_id = %(founder)s"
_RUNNING: Final = f"{_OF} project_id = %(project)s AND {NOT_ENDED}"
_NEWEST_READY: Final = (
    f"{_SPECIFIED_OF} project_id = %(project)s AND status = 'ready' ORDER BY number DESC LIMIT 1"
)
_PAGE: Final = (
    f"{_OF} project_id = %(project)s AND founder_id = %(founder)s AND number < %(below)s "
    "ORDER BY number DESC LIMIT %(limit)s"
)
# One look into the index for each project; a DISTINCT ON would read every build there ever was.
_NEWEST: Final = f"""
    SELECT newest.* FROM unnest(CAST(%(ids)s AS uuid[])) AS wanted(id)
    JOIN LATERAL ({_OF} project_id = wanted.id ORDER BY number DESC LIMIT 1) newest ON true
    """
_NEWEST_VERSIONS: Final = f"""
    SELECT newest.* FROM unnest(CAST(%(ids)s AS uuid[])) AS wanted(id)
    JOIN LATERAL ({_OF} project_id = wanted.id AND status = 'ready' ORDER BY number DESC LIMIT 1) newest ON true
    """
_FOLLOWED: Final = f"""
    {_OF} project_id = %(project)s AND status = 'ready' AND number < (
        SELECT max(number) FROM jobs WHERE project_id = %(project)s AND status = 'ready'
    ) ORDER BY number DESC
    """
# The end of the column's range, so that the first page is the same statement as the others.
_NUMBERS_END: Final = 2**31 - 1


def specified(row: Row) -> SpecifiedJob:
    """The job of a row that holds these columns."""
    return _job_of(SpecifiedJob, row)


async def find(tx: Connection, job_id: JobId, *, founder_id: FounderId | None = None) -> Job | None:
    """The job, None when it does not exist or, given a founder, is somebody else's."""
    row = await tx.row(_FIND if founder_id is None else _FIND_OWN, {"id": job_id, "founder": founder_id})
    return _job_of(Job, row) if row else None


async def find_specified(tx: Connection, job_id: JobId) -> SpecifiedJob | None:
    """The job with its specification; None when it does not exist."""
    row = await tx.row(_FIND_SPECIFIED, {"id": job_id})
    return specified(row) if row else None


async def running_of(tx: Connection, project_id: ProjectId) -> Job | None:
    """The project's job that has not ended."""
    row = await tx.row(_RUNNING, {"project": project_id})
    return _job_of(Job, row) if row else None


async def last_events(tx: Connection, project_id: ProjectId) -> Sequence[tuple[JobId, int]]:
    """Every job of the project with the number of its newest event."""
    statement = "SELECT id, last_seq FROM jobs WHERE project_id = %(project)s"
    return [(JobId(row[0]), int(row[1])) for row in await tx.rows(statement, {"project": project_id})]


async def page(
    tx: Connection, project_id: ProjectId, *, founder_id: FounderId, below: int | None, limit: int
) -> Sequence[Job]:
    """The project's jobs with numbers below the given one, newest first; none of somebody else's project."""
    below = _NUMBERS_END if below is None else below
    values = {"project": project_id, "founder": founder_id, "below": below, "limit": limit}
    return [_job_of(Job, row) for row in await tx.rows(_PAGE, values)]


async def latest_of(tx: Connection, project_ids: Sequence[ProjectId]) -> Mapping[ProjectId, Job]:
    """The newest job of each of the projects that has one; looked up one by one, so that old jobs cost nothing."""
    newest = [_job_of(Job, row) for row in await tx.rows(_NEWEST, {"ids": list(project_ids)})]
    return {job.project_id: job for job in newest}


async def newest_versions(tx: Connection, project_ids: Sequence[ProjectId]) -> Mapping[ProjectId, Job]:
    """The newest ready job of each of the projects that has one."""
    newest = [_job_of(Job, row) for row in await tx.rows(_NEWEST_VERSIONS, {"ids": list(project_ids)})]
    return {job.project_id: job for job in newest}


async def count_ready(tx: Connection, project_id: ProjectId) -> int:
    """How many versions the project has."""
    query = "SELECT count(*) FROM jobs WHERE project_id = %(project)s AND status = 'ready'"
    return int(await tx.value(query, {"project": project_id}))


async def followed_versions(tx: Connection, project_id: ProjectId) -> Sequence[Job]:
    """The project's ready jobs but the newest, newest first."""
    return [_job_of(Job, row) for row in await tx.rows(_FOLLOWED, {"project": project_id})]


async def newest_ready(tx: Connection, project_id: ProjectId) -> SpecifiedJob | None:
    """The project's newest version."""
    row = await tx.row(_NEWEST_READY, {"project": project_id})
    return specified(row) if row else None
