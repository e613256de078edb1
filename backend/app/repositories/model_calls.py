"""Calls to models in the record: a journal that is never paid twice, and the ledger of what was spent.

`tokens` and `usd` are what a call counts for against the budgets: the most it can take from when it begins, what
it took once that is known. They stay at the most where nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.core.ids import FounderId, JobId
from app.db.engine import Connection
from app.domain.model_spending import Asking, LedgerRow, Spent, SpentNow
from app.ports.model_calls import Abilities, AnswerForm, Call, CallId, Usage

_LOCK: Final = 6_114_013
"""Held while a call is weighed against the budgets, so that two calls cannot both take the last of one."""


# What an earlier job was told is used again unless it was no use there; the job's own replies always are, so that
# a build which goes on after a crash walks the same way.
_RECALL: Final = """
    SELECT reply, input_tokens, output_tokens, cached_tokens, usd, job_id IS NOT DISTINCT FROM %(job)s
    FROM model_calls
    WHERE founder_id = %(founder)s AND digest = %(digest)s AND status = 'answered' AND reply IS NOT NULL
      AND (job_id IS NOT DISTINCT FROM %(job)s OR share <> 'wasted')
    ORDER BY (job_id IS NOT DISTINCT FROM %(job)s) DESC, begun_at DESC LIMIT 1
    """
# A build may last over midnight, so its calls count for it whatever their day is.
_SPENT: Final = """
    SELECT coalesce(sum(tokens) FILTER (WHERE job_id = %(job)s), 0),
           coalesce(sum(usd) FILTER (WHERE job_id = %(job)s), 0),
           coalesce(sum(tokens) FILTER (WHERE founder_id = %(founder)s AND is_today), 0),
           coalesce(sum(usd) FILTER (WHERE founder_id = %(founder)s AND is_today), 0),
           coalesce(sum(tokens) FILTER (WHERE is_today), 0),
           coalesce(sum(usd) FILTER (WHERE is_today), 0)
    FROM (SELECT tokens, usd, job_id, founder_id, begun_at >= date_trunc('day', now(), 'UTC') AS is_today
          FROM model_calls WHERE begun_at >= date_trunc('day', now(), 'UTC') OR job_id = %(job)s) AS calls
    """
_LOSE: Final = """
    UPDATE model_calls SET status = 'lost', ended_at = clock_timestamp(), error = 'the worker ended'
    WHERE job_id = %(job)s AND status = 'begun'
    """
_BEGIN: Final = """
    INSERT INTO model_calls (founder_id, project_id, job_id, step, try_number, digest, model, prompt, share,
                             status, tokens, usd)
    VALUES (%(founder)s, %(project)s, %(job)s, %(step)s,
            (SELECT count(*) + 1 FROM model_calls WHERE job_id = %(job)s AND step = %(step)s),
            %(digest)s, %(model)s, %(prompt)s, %(share)s, 'begun', %(tokens)s, %(usd)s)
    RETURNING id
    """
_ANSWERED: Final = """
    UPDATE model_calls SET status = 'answered', reply = %(reply)s, input_tokens = %(input)s,
        output_tokens = %(output)s, cached_tokens = %(cached)s, tokens = %(tokens)s, usd = %(usd)s,
        ended_at = clock_timestamp()
    WHERE id = %(id)s
    """
# When nobody knows what a failed call took, the most that it can have taken goes on counting: a budget must not be
# passed by calls that fail.
_FAILED: Final = """
    UPDATE model_calls SET status = 'failed', share = 'wasted', error = %(error)s, ended_at = clock_timestamp(),
        tokens = coalesce(%(tokens)s, tokens), usd = CASE WHEN %(tokens)s IS NULL THEN usd ELSE %(usd)s END
    WHERE id = %(id)s
    """
# Entered although nothing is paid, so that the ledger shows where each part of a design came from.
_REUSED: Final = """
    INSERT INTO model_calls (founder_id, project_id, job_id, step, try_number, digest, model, prompt, share,
                             status, tokens, usd, ended_at)
    VALUES (%(founder)s, %(project)s, %(job)s, %(step)s,
            (SELECT count(*) + 1 FROM model_calls WHERE job_id = %(job)s AND step = %(step)s),
            %(digest)s, %(model)s, %(prompt)s, %(share)s, 'reused', 0, 0, clock_timestamp())
    """
_COST: Final = """
    UPDATE jobs SET cost_usd = (SELECT coalesce(sum(usd), 0) FROM model_calls WHERE job_id = %(job)s)
    WHERE id = %(job)s
    """
# Of a build that failed everything was in vain, whatever it was worth when it was said.
_LEDGER: Final = """
    SELECT calls.id, calls.job_id, calls.project_id, calls.step, calls.try_number, calls.model, calls.status,
           CASE WHEN jobs.status = 'failed' THEN 'wasted' ELSE calls.share END,
           calls.input_tokens, calls.output_tokens, calls.cached_tokens, calls.tokens, calls.usd, calls.error,
           calls.begun_at
    FROM model_calls calls LEFT JOIN jobs ON jobs.id = calls.job_id
    WHERE calls.founder_id = %(founder)s AND (CAST(%(job)s AS uuid) IS NULL OR calls.job_id = %(job)s)
    ORDER BY calls.begun_at DESC LIMIT %(limit)s
    """

_SUMS: Final = """
    SELECT share, count(*), sum(input_tokens), sum(output_tokens), coalesce(sum(usd), 0)
    FROM (SELECT CASE WHEN jobs.status = 'failed' THEN 'wasted' ELSE calls.share END AS share,
                 calls.input_tokens, calls.output_tokens, calls.usd
          FROM model_calls calls LEFT JOIN jobs ON jobs.id = calls.job_id
          WHERE calls.founder_id = %(founder)s AND calls.status <> 'reused'
            AND (CAST(%(job)s AS uuid) IS NULL OR calls.job_id = %(job)s)) AS shared
    GROUP BY share ORDER BY share
    """


_ABILITIES: Final = """
    SELECT form, context, sees FROM model_abilities
    WHERE choice = %(choice)s AND (CAST(%(within)s AS float8) IS NULL
                                   OR probed_at > now() - make_interval(secs => %(within)s))
    """
_KEEP_ABILITIES: Final = """
    INSERT INTO model_abilities (choice, model, form, context, sees, probed_at)
    VALUES (%(choice)s, %(model)s, %(form)s, %(context)s, %(sees)s, now())
    ON CONFLICT (choice) DO UPDATE SET form = excluded.form, context = excluded.context, sees = excluded.sees,
                                       probed_at = excluded.probed_at
    """


async def abilities(tx: Connection, choice: str, *, within_s: float | None) -> Abilities | None:
    """The abilities that the model of a choice showed within the last seconds, or ever."""
    row = await tx.row(_ABILITIES, {"choice": choice, "within": within_s})
    return None if row is None else Abilities(AnswerForm(row[0]), row[1], row[2])


async def keep_abilities(tx: Connection, choice: str, model: str, shown: Abilities) -> None:
    """Note what a model showed it can do."""
    fields = {"form": shown.form.value, "context": shown.context, "sees": shown.sees}
    await tx.execute(_KEEP_ABILITIES, {"choice": choice, "model": model, **fields})


def _asking_values(asking: Asking) -> dict[str, object]:
    return {"founder": asking.founder_id, "project": asking.project_id, "job": asking.job_id}


async def hold_budgets(tx: Connection) -> None:
    """Let nobody else begin a call until this transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


async def recall(tx: Connection, asking: Asking, digest: str) -> tuple[str, Usage, bool] | None:
    """The kept reply to a question, what it took, and whether it was given to this job."""
    row = await tx.row(_RECALL, {**_asking_values(asking), "digest": digest})
    return None if row is None else (row[0], Usage(row[1], row[2], row[3], row[4]), bool(row[5]))


async def spent(tx: Connection, asking: Asking) -> SpentNow:
    """The spending that counts against the budgets now."""
    row = await tx.row(_SPENT, _asking_values(asking))
    assert row is not None
    return SpentNow(Spent(row[0], row[1]), Spent(row[2], row[3]), Spent(row[4], row[5]))


async def lose_begun(tx: Connection, job_id: JobId) -> None:
    """Note that the calls of a job which have no end will get none: whoever made them is gone."""
    await tx.execute(_LOSE, {"job": job_id})


async def begin(tx: Connection, asking: Asking, call: Call) -> CallId:
    """Write down a call that is about to be made."""
    counted = {"tokens": call.most.tokens, "usd": call.most.usd}
    return CallId(await tx.value(_BEGIN, {**_asking_values(asking), **_usage_values(call), **counted}))


async def reused(tx: Connection, asking: Asking, call: Call) -> None:
    """Write down that a reply to an earlier job was used again, which costs nothing."""
    await tx.execute(_REUSED, {**_asking_values(asking), **_usage_values(call)})


def _usage_values(call: Call) -> dict[str, object]:
    return {
        "step": call.step,
        "digest": call.digest,
        "model": call.model,
        "prompt": call.prompt,
        "share": call.share.value,
    }


async def answered(tx: Connection, call_id: CallId, text: str, usage: Usage) -> None:
    """Keep a reply and what it took."""
    values = {
        "id": call_id,
        # Postgres keeps no NUL, and no answer needs one.
        "reply": text.replace("\\u0000", "").replace("\x00", ""),
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_tokens,
        "tokens": usage.tokens,
        "usd": usage.usd,
    }
    await tx.execute(_ANSWERED, values)


async def failed(tx: Connection, call_id: CallId, error: str, usage: Usage | None) -> None:
    """Note that no reply came; without a usage the most it can have taken stays counted."""
    # A model without a price costs nothing, which is not the same as that nobody knows.
    tokens, usd = (None, None) if usage is None else (usage.tokens, usage.usd or Decimal(0))
    await tx.execute(_FAILED, {"id": call_id, "error": error[:400], "tokens": tokens, "usd": usd})


async def waste(tx: Connection, job_id: JobId) -> None:
    """Note that nothing the model said on this job is used."""
    await tx.execute("UPDATE model_calls SET share = 'wasted' WHERE job_id = %(job)s", {"job": job_id})


async def sum_up_cost(tx: Connection, job_id: JobId) -> None:
    """Bring the cost of a job up to its calls."""
    await tx.execute(_COST, {"job": job_id})


async def sums(
    tx: Connection, founder_id: FounderId, *, job_id: JobId | None
) -> Sequence[tuple[str, int, int, int, Decimal]]:
    """Share, calls, tokens in and out, and dollars of the founder's calls, of one job or of all."""
    rows = await tx.rows(_SUMS, {"founder": founder_id, "job": job_id})
    return [(row[0], int(row[1]), int(row[2]), int(row[3]), row[4]) for row in rows]


async def ledger(
    tx: Connection, founder_id: FounderId, *, job_id: JobId | None, limit: int
) -> Sequence[LedgerRow]:
    """The founder's calls, newest first, of one job or of all."""
    rows = await tx.rows(_LEDGER, {"founder": founder_id, "job": job_id, "limit": limit})
    return [LedgerRow(*row) for row in rows]
