"""Admission, claims, leases and takeovers of jobs, each one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from psycopg import sql

from app.core.ids import FounderId, JobId, SandboxId
from app.db.engine import Connection
from app.db.predicates import NOT_ENDED
from app.domain.job import SpecifiedJob
from app.repositories.jobs import CHANNEL, SPECIFIED, specified

_ADMISSION_LOCK: Final = 7_301_443

_WAKE: Final = "00000000-0000-0000-0000-000000000000 0 queued"
"""A notification that belongs to no job: there may be something to admit."""

AGE_STEP_S: Final = 120
"""A waiting job gains one step of priority every so many seconds, so that no tier starves another."""

# What the clock put into the future when it was set back is not recent either.
_RECENT: Final = "BETWEEN now() - make_interval(secs => %(lease)s) AND now() + make_interval(secs => %(lease)s)"
"""Within a lease before or after now."""

# The lock is a statement of its own: what follows it sees all that was admitted before. Without it two workers
# could both count the last free slot. Slots are those of workers that were seen within the lease, since a silent
# one will not build what it is given. The founder with the fewest running builds goes first, so that no batch
# holds up everybody; then priority counts, which rises with the time waited; the id only makes the order total.
_ADMIT = """
    SELECT pg_advisory_xact_lock({lock});
    WITH free AS (
        SELECT (SELECT coalesce(sum(slots), 0) FROM workers WHERE seen_at {recent})
             - (SELECT count(*) FROM jobs WHERE admitted_at IS NOT NULL AND {not_ended})
          AS slots
    ), busy AS (
        SELECT founder_id, count(*) AS running FROM jobs
        WHERE admitted_at IS NOT NULL AND {not_ended} GROUP BY founder_id
    ), next AS (
        SELECT j.id FROM free CROSS JOIN jobs j LEFT JOIN busy b USING (founder_id)
        WHERE free.slots > 0 AND j.status = 'queued' AND j.admitted_at IS NULL
          AND coalesce(b.running, 0) < CAST(CAST({limits} AS jsonb) ->> j.tier AS int)
        ORDER BY coalesce(b.running, 0),
                 j.priority + floor(extract(epoch FROM now() - j.created_at) / {age_step}) DESC,
                 j.created_at, j.id
        LIMIT 1
    )
    UPDATE jobs SET admitted_at = now(), attempt = attempt + 1, owner = NULL
    FROM next WHERE jobs.id = next.id RETURNING jobs.id
    """

# The worker must still be in the record: one that was given up while it waited for this would build beside the
# worker that took the job over.
_CLAIM = f"""
    UPDATE jobs SET owner = %(worker)s
    WHERE id = %(id)s AND owner IS NULL AND admitted_at IS NOT NULL AND {NOT_ENDED}
      AND EXISTS (SELECT 1 FROM workers WHERE workers.id = %(worker)s)
    RETURNING {SPECIFIED}
    """

_CLAIM_AGAIN = _CLAIM.replace("owner IS NULL", "(owner IS NULL OR owner = %(worker)s)")

_IS_QUEUED: Final = "status = 'queued' AND admitted_at IS NULL"

# A job without an owner is lost only after the lease: until then the worker that was given it may still claim it.
_IS_LOST: Final = f"""{NOT_ENDED} AND admitted_at IS NOT NULL
      AND ((owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = jobs.owner))
        OR (owner IS NULL AND admitted_at NOT {_RECENT}))
    """

_LOST = f"SELECT id, attempt, takeovers, owner, sandbox_id FROM jobs WHERE {_IS_LOST}"

_DUE = f"""
    SELECT EXISTS (SELECT 1 FROM jobs WHERE {_IS_QUEUED}),
           EXISTS (SELECT 1 FROM workers WHERE seen_at NOT {_RECENT})
        OR EXISTS (SELECT 1 FROM jobs WHERE {_IS_LOST})
    """

# The new attempt makes every write of the old owner fail its compare-and-set. A job that nobody had claimed has
# crashed no worker, so it is not counted as a takeover.
_TAKE_OVER = f"""
    UPDATE jobs SET attempt = attempt + 1, owner = NULL, sandbox_id = NULL, admitted_at = now(),
                    takeovers = takeovers + CASE WHEN owner IS NULL THEN 0 ELSE 1 END
    WHERE id = %(id)s AND attempt = %(attempt)s AND owner IS NOT DISTINCT FROM %(owner)s
      AND {NOT_ENDED}
    RETURNING id
    """

# A new attempt, so that nothing the leaving worker still has under way can write; it crashed nothing, so no
# takeover is counted.
_GIVE_BACK = f"""
    UPDATE jobs SET attempt = attempt + 1, owner = NULL, sandbox_id = NULL, admitted_at = now()
    WHERE id = %(id)s AND owner = %(worker)s AND {NOT_ENDED}
    RETURNING attempt
    """

# The order of _ADMIT, told in advance: each job of a founder waits as if those before it were running.
_POSITION = f"""
    WITH busy AS (
        SELECT founder_id, count(*) AS running FROM jobs
        WHERE admitted_at IS NOT NULL AND {NOT_ENDED} GROUP BY founder_id
    ), waiting AS (
        SELECT id, founder_id, created_at,
               priority + floor(extract(epoch FROM now() - created_at) / {AGE_STEP_S}) AS urgency
        FROM jobs WHERE {_IS_QUEUED}
    ), turns AS (
        SELECT w.id, w.urgency, w.created_at, coalesce(b.running, 0) + row_number() OVER (
            PARTITION BY w.founder_id ORDER BY w.urgency DESC, w.created_at, w.id
        ) AS load
        FROM waiting w LEFT JOIN busy b USING (founder_id)
    ), places AS (
        SELECT id, row_number() OVER (ORDER BY load, urgency DESC, created_at, id) AS place FROM turns
    )
    SELECT place FROM places WHERE id = %(id)s
    """

# Several workers release at once: the second look at the status makes one of them move each job.
_RELEASE = """
    WITH due AS (
        SELECT j.id FROM jobs j WHERE j.status = 'scheduled' AND j.created_at < date_trunc('day', now(), 'UTC')
    ), moved AS (
        UPDATE jobs SET status = 'queued', last_seq = last_seq + 1 FROM due
        WHERE jobs.id = due.id AND jobs.status = 'scheduled' RETURNING jobs.id, jobs.last_seq
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, 'status', CAST(%(payload)s AS jsonb) FROM moved
    )
    SELECT id, last_seq, pg_notify(%(channel)s, id || ' ' || last_seq || ' queued') FROM moved
    """


@dataclass(frozen=True)
class LostJob:
    """A job whose worker is gone."""

    id: JobId
    attempt: int
    takeovers: int
    owner: str | None
    sandbox_id: str | None


async def notify_workers(tx: Connection) -> None:
    """Wake the workers."""
    await tx.execute("SELECT pg_notify(%(channel)s, %(payload)s)", {"channel": CHANNEL, "payload": _WAKE})


async def admit_next(tx: Connection, *, limits_json: str, lease_s: float) -> JobId | None:
    """Give a free slot to the job whose turn it is: the founder with the fewest running, then priority, then age.

    One at a time, in all processes: outside a transaction both statements, sent at once, are one of their own.
    """
    cursor = await tx.execute(_admission_sql(limits_json, lease_s), prepare=False)
    # The first answer is the lock's.
    cursor.nextset()
    row = await cursor.fetchone()
    return JobId(row[0]) if row else None


@cache
def _admission_sql(limits_json: str, lease_s: float) -> bytes:
    """Both statements with their values in them, as the server only takes several at once."""
    values = {"lock": _ADMISSION_LOCK, "limits": limits_json, "age_step": AGE_STEP_S, "lease": lease_s}
    recent = sql.SQL(_RECENT.replace("%(lease)s", "{lease}")).format(lease=lease_s)
    return sql.SQL(_ADMIT).format(recent=recent, not_ended=sql.SQL(NOT_ENDED), **values).as_bytes()


async def claim_job(tx: Connection, job_id: JobId, *, worker: str, is_retry: bool = False) -> SpecifiedJob | None:
    """Become the owner of an admitted job, to act under its attempt; None when somebody else was first.

    A retry also returns a job that this worker owns already: the answer to its first try may have been lost.
    """
    row = await tx.row(_CLAIM_AGAIN if is_retry else _CLAIM, {"id": job_id, "worker": worker})
    return specified(row) if row else None


@dataclass(frozen=True)
class Due:
    """Work that waits for some worker, although no notification of it came."""

    waits: bool
    """A job waits for its admission."""
    is_lost: bool
    """A worker is silent, or nobody works on a job."""


async def find_due(tx: Connection, *, lease_s: float) -> Due:
    """Both in one look, since every worker takes one each second."""
    row = await tx.row(_DUE, {"lease": lease_s})
    assert row is not None
    return Due(*row)


async def find_lost(tx: Connection, *, lease_s: float) -> Sequence[LostJob]:
    """Admitted jobs that nobody works on."""
    return [LostJob(*row) for row in await tx.rows(_LOST, {"lease": lease_s})]


async def take_over(tx: Connection, job: LostJob) -> bool:
    """Win the right to hand the job on; a stale owner's writes change nothing from here.

    Whoever has claimed it since it was seen lost keeps it: else a slow hand-over would be stopped as it begins.
    """
    values = {"id": job.id, "attempt": job.attempt, "owner": job.owner}
    return await tx.row(_TAKE_OVER, values) is not None


async def give_back(tx: Connection, job_id: JobId, *, worker: str) -> int | None:
    """Let go of a job that this worker owns, without counting it as a crash; the attempt that comes next."""
    row = await tx.row(_GIVE_BACK, {"id": job_id, "worker": worker})
    return int(row[0]) if row else None


async def note_sandbox(tx: Connection, job_id: JobId, *, attempt: int, sandbox_id: str) -> bool:
    """Keep the sandbox's id before its first command; False when the job has ended or the attempt is stale."""
    statement = (
        "UPDATE jobs SET sandbox_id = %(sandbox)s WHERE id = %(id)s AND attempt = %(attempt)s "
        f"AND {NOT_ENDED} RETURNING 1"
    )
    values = {"id": job_id, "attempt": attempt, "sandbox": sandbox_id}
    return await tx.row(statement, values) is not None


async def queue_position(tx: Connection, job_id: JobId) -> int | None:
    """The job's place in the queue, from 1; None when it does not wait any more."""
    row = await tx.row(_POSITION, {"id": job_id})
    return int(row[0]) if row else None


async def started_today(tx: Connection, founder_id: FounderId) -> int:
    """The founder's jobs of this UTC day that count: failed ones cost no quota."""
    statement = (
        "SELECT count(*) FROM jobs WHERE founder_id = %(founder)s AND status <> 'failed' "
        "AND created_at >= date_trunc('day', now(), 'UTC')"
    )
    return int(await tx.value(statement, {"founder": founder_id}))


async def count_running(tx: Connection, founder_id: FounderId) -> int:
    """The founder's jobs that are being worked on."""
    statement = (
        f"SELECT count(*) FROM jobs WHERE founder_id = %(founder)s AND admitted_at IS NOT NULL AND {NOT_ENDED}"
    )
    return int(await tx.value(statement, {"founder": founder_id}))


RECENT: Final = 6
"""Of the last builds the one in the middle is the usual one: how long they take changes with what else runs."""

_PACE: Final = f"""
    WITH recent AS (
        SELECT extract(epoch FROM finished_at - started_at) AS seconds FROM jobs
        WHERE status = 'ready' ORDER BY finished_at DESC LIMIT {RECENT}
    ), usual AS (
        SELECT CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS float) AS seconds FROM recent
    )
    SELECT usual.seconds, (SELECT CAST(coalesce(sum(slots), 0) AS int) FROM workers),
           ARRAY(SELECT CAST(extract(epoch FROM now() - coalesce(started_at, admitted_at)) AS float) FROM jobs
                 WHERE admitted_at IS NOT NULL AND {NOT_ENDED})
    FROM usual
    """


@dataclass(frozen=True)
class Pace:
    """How fast builds go."""

    usual_s: float | None
    """None before there were any."""
    slots: int
    running_s: Sequence[float]
    """The seconds since each build that runs was begun."""


async def find_pace(tx: Connection) -> Pace:
    """The pace of the builds now."""
    row = await tx.row(_PACE)
    assert row is not None
    return Pace(*row)


async def release_scheduled(tx: Connection, *, payload: str) -> Sequence[tuple[JobId, int]]:
    """Queue the jobs whose day has come; each with the number of its event."""
    rows = await tx.rows(_RELEASE, {"payload": payload, "channel": CHANNEL})
    return [(JobId(row[0]), int(row[1])) for row in rows]


async def select_ended(tx: Connection, job_ids: Sequence[JobId]) -> Sequence[JobId]:
    """The jobs among these that have failed or are not in the record."""
    statement = (
        "SELECT asked.id FROM unnest(CAST(%(ids)s AS uuid[])) AS asked(id) LEFT JOIN jobs j ON j.id = asked.id "
        "WHERE j.id IS NULL OR j.status = 'failed'"
    )
    return [JobId(row[0]) for row in await tx.rows(statement, {"ids": list(job_ids)})]


async def select_done(tx: Connection, sandbox_ids: Sequence[SandboxId]) -> Sequence[SandboxId]:
    """The sandboxes among these whose builds became ready in them."""
    statement = "SELECT sandbox_id FROM jobs WHERE sandbox_id = ANY(%(ids)s) AND status = 'ready'"
    return [SandboxId(row[0]) for row in await tx.rows(statement, {"ids": list(sandbox_ids)})]


async def register_worker(tx: Connection, worker: str, *, slots: int) -> None:
    """A worker joins."""
    await tx.execute("INSERT INTO workers (id, slots) VALUES (%(id)s, %(slots)s)", {"id": worker, "slots": slots})


async def record_heartbeat(tx: Connection, worker: str) -> bool:
    """The worker lives; False when it has been given up and must stop."""
    statement = "UPDATE workers SET seen_at = now() WHERE id = %(id)s RETURNING 1"
    return await tx.row(statement, {"id": worker}) is not None


async def remove_worker(tx: Connection, worker: str) -> None:
    """A worker goes."""
    await tx.execute("DELETE FROM workers WHERE id = %(id)s", {"id": worker})


async def expire_workers(tx: Connection, *, lease_s: float) -> Sequence[str]:
    """Give up the workers that were silent for longer than the lease."""
    statement = f"DELETE FROM workers WHERE seen_at NOT {_RECENT} RETURNING id"
    return [str(row[0]) for row in await tx.rows(statement, {"lease": lease_s})]


async def day_ends_at(tx: Connection) -> datetime:
    """The moment at which the daily limits reset."""
    statement = "SELECT date_trunc('day', now(), 'UTC') + interval '1 day'"
    moment: datetime = await tx.value(statement)
    return moment
