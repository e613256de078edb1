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


async def reserve(tx: Connection, founder_id: FounderId, key: str, *, request_hash: str) -> KeptAnswer | None:
    """None when the key is new (it is ours until the transaction ends), else what was answered before."""
    statement = "SELECT reserve_key(%(founder)s, %(key)s, %(hash)s, %(hours)s)"
    values = {"founder": founder_id, "key": key, "hash": request_hash, "hours": KEPT_HOURS}
    earlier = await tx.value(statement, values)
    return KeptAnswer(**earlier) if earlier is not None else None


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
