"""Answers kept by Idempotency-Key, so that a repeated request is the same request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.ids import FounderId
from app.db.engine import Connection

KEPT_HOURS: Final = 24


@dataclass(frozen=True)
class KeptAnswer:
    """An earlier request with the same key, and its answer."""

    request_hash: str
    answer: Mapping[str, Any]


# A second request with the same key waits here until the first one has committed, and then reads its answer. A key
# that is past its time counts as new, whether or not it was dropped yet.
_RESERVE = """
    INSERT INTO idempotency_keys (founder_id, key, request_hash) VALUES (%(founder)s, %(key)s, %(hash)s)
    ON CONFLICT (founder_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, answer = NULL, created_at = now()
        WHERE idempotency_keys.created_at < now() - make_interval(hours => %(hours)s)
    RETURNING 1
    """


async def reserve(tx: Connection, founder_id: FounderId, key: str, *, request_hash: str) -> KeptAnswer | None:
    """None when the key is new (it is ours until the transaction ends), else what was answered before."""
    values = {"founder": founder_id, "key": key, "hash": request_hash, "hours": KEPT_HOURS}
    if await tx.row(_RESERVE, values) is not None:
        return None
    statement = (
        "SELECT request_hash, answer FROM idempotency_keys WHERE founder_id = %(founder)s AND key = %(key)s"
    )
    row = await tx.row(statement, values)
    assert row is not None
    return KeptAnswer(row[0], row[1])


async def keep(tx: Connection, founder_id: FounderId, key: str, answer: Mapping[str, Any]) -> None:
    """Store the answer beside the key, in the transaction that made it true."""
    statement = (
        "UPDATE idempotency_keys SET answer = CAST(%(answer)s AS jsonb) "
        "WHERE founder_id = %(founder)s AND key = %(key)s"
    )
    await tx.execute(statement, {"founder": founder_id, "key": key, "answer": json.dumps(answer)})


async def forget_old(tx: Connection) -> None:
    """Drop the keys that are past their time."""
    statement = "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => %(hours)s)"
    await tx.execute(statement, {"hours": KEPT_HOURS})
