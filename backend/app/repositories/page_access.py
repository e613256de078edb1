"""Codes and sessions of the page in the record, by the digest of their secret."""

from __future__ import annotations

from typing import Final

from app.core.ids import FounderId
from app.db.engine import Connection
from app.repositories.founders import Founder

_ADD_CODE: Final = """
    INSERT INTO page_codes (digest, founder_id, expires_at)
    VALUES (%(digest)s, %(founder)s, now() + make_interval(secs => %(seconds)s))
    """
_TAKE_CODE: Final = "DELETE FROM page_codes WHERE digest = %(digest)s AND expires_at > now() RETURNING founder_id"
_ADD_SESSION: Final = """
    INSERT INTO page_sessions (digest, founder_id, expires_at)
    VALUES (%(digest)s, %(founder)s, now() + make_interval(secs => %(seconds)s))
    """
_FIND_SESSION: Final = """
    SELECT founders.id, founders.clerk_user_id, founders.name FROM page_sessions
    JOIN founders ON founders.id = page_sessions.founder_id
    WHERE page_sessions.digest = %(digest)s AND page_sessions.expires_at > now()
    """


async def add_code(tx: Connection, digest: bytes, founder_id: FounderId, *, seconds: float) -> None:
    """Keep a code; those that were never used in time are forgotten."""
    await tx.execute("DELETE FROM page_codes WHERE expires_at <= now()")
    await tx.execute(_ADD_CODE, {"digest": digest, "founder": founder_id, "seconds": seconds})


async def take_code(tx: Connection, digest: bytes) -> FounderId | None:
    """Use up a code; its founder. Of several who bring the same code at once, one alone is let in."""
    row = await tx.row(_TAKE_CODE, {"digest": digest})
    return FounderId(row[0]) if row else None


async def add_session(tx: Connection, digest: bytes, founder_id: FounderId, *, seconds: float) -> None:
    """Keep a session; those that have ended are forgotten."""
    await tx.execute("DELETE FROM page_sessions WHERE expires_at <= now()")
    await tx.execute(_ADD_SESSION, {"digest": digest, "founder": founder_id, "seconds": seconds})


async def find_session(tx: Connection, digest: bytes) -> Founder | None:
    """The founder of a session; None when it has ended or never was."""
    row = await tx.row(_FIND_SESSION, {"digest": digest})
    return Founder(FounderId(row[0]), row[1], row[2]) if row else None


async def end_session(tx: Connection, digest: bytes) -> None:
    """End one session."""
    await tx.execute("DELETE FROM page_sessions WHERE digest = %(digest)s", {"digest": digest})


async def end_sessions(tx: Connection, founder_id: FounderId) -> None:
    """End every session of a founder, and every code that is still good."""
    for table in ("page_sessions", "page_codes"):
        await tx.execute(f"DELETE FROM {table} WHERE founder_id = %(founder)s", {"founder": founder_id})
