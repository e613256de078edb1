"""Founders in the record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert

from app.core.ids import FounderId
from app.db.engine import Connection
from app.db.tables import founders


@dataclass(frozen=True)
class Founder:
    """Somebody who builds. `subject` is who they are at the identity provider."""

    id: FounderId
    subject: str
    name: str


async def get_or_create(tx: Connection, *, subject: str, name: str) -> Founder:
    """The founder of that identity, made on the first visit."""
    statement = insert(founders).values(clerk_user_id=subject, name=name)
    kept = statement.on_conflict_do_update(
        index_elements=[founders.c.clerk_user_id], set_={"name": statement.excluded.name}
    ).returning(founders.c.id)
    founder_id = (await tx.execute(kept)).scalar_one()
    return Founder(FounderId(founder_id), subject, name)
