"""Founders in the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.core.ids import FounderId
from app.db.engine import Connection


@dataclass(frozen=True)
class Founder:
    """Somebody who builds. `subject` is who they are at the identity provider."""

    id: FounderId
    subject: str
    name: str


# Updated even when nothing changed: RETURNING gives nothing for a row that was left alone.
_KEEP: Final = """
    INSERT INTO founders (clerk_user_id, name) VALUES (%(subject)s, %(name)s)
    ON CONFLICT (clerk_user_id) DO UPDATE SET name = excluded.name RETURNING id
    """


async def get_or_create(tx: Connection, *, subject: str, name: str) -> Founder:
    """The founder of that identity, made on the first visit."""
    return Founder(FounderId(await tx.value(_KEEP, {"subject": subject, "name": name})), subject, name)
