"""A call that an assistant repeats, since it never heard the answer, does its work once."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.core.errors import IdempotencyKeyReused
from app.db.engine import Connection
from app.mcp_server.tools import Session
from app.repositories import idempotency
from app.schemas.text import Name

RequestKey = Annotated[
    Name | None,
    Field(description="Any word of yours: the same call repeated with the same word builds once."),
]


@dataclass
class Repeated:
    """The answer of an earlier call with the same key, or of this one."""

    answer: Mapping[str, Any] | None = None


class _Keyed(BaseModel):
    request_key: RequestKey = None


@asynccontextmanager
async def once(tx: Connection, session: Session, arguments: Any) -> AsyncIterator[Repeated]:
    """The kept answer of these arguments, if there is one; else what the block answers is kept with their key.

    IdempotencyKeyReused when the key came with other arguments.
    """
    key: str | None = arguments.request_key
    repeated = Repeated()
    if key is None:
        yield repeated
        return
    # The API keeps its keys in the same table: the same word there is another request.
    name = f"assistant {type(arguments).__name__} {key}"
    # With the key itself among them: the same word for another request is a mistake to be told.
    digest = hashlib.sha256(arguments.model_dump_json().encode()).hexdigest()
    earlier = await idempotency.reserve(tx, session.caller.id, name, request_hash=digest)
    if earlier is not None and earlier.request_hash != digest:
        raise IdempotencyKeyReused("This request_key was used for a different request.")
    if earlier is not None:
        yield Repeated(earlier.answer)
        return
    yield repeated
    if repeated.answer is not None:
        await idempotency.keep(tx, session.caller.id, name, repeated.answer)
