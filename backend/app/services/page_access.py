"""Signing in to the page: a one-time code is exchanged for a session, which a cookie carries."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from app.core.errors import Unauthenticated
from app.core.ids import FounderId
from app.db.engine import Connection
from app.repositories import page_access
from app.services.founder_service import Caller

CODE_S: Final = 24 * 3600.0
SESSION_S: Final = 30 * 24 * 3600.0


class CodeRefused(Unauthenticated):
    """A code that was used, is too old, or never was."""

    code, title = "code_refused", "This link has been used"


class PageAccess:
    """Makes codes, exchanges them, and knows who a session belongs to. Only digests of both are kept."""

    async def make_code(self, tx: Connection, founder_id: FounderId) -> str:
        """A code that signs this founder in once, within a day."""
        code = secrets.token_urlsafe(24)
        await page_access.add_code(tx, _digest_of(code), founder_id, seconds=CODE_S)
        return code

    async def redeem(self, tx: Connection, code: str) -> str:
        """The secret of a new session for a code, which is used up by this. CodeRefused."""
        founder_id = await page_access.take_code(tx, _digest_of(code))
        if founder_id is None:
            raise CodeRefused(
                "A link signs in once, and this one was used already or is older than a day.",
                remedy="For a new one, type: cofounder page",
            )
        session = secrets.token_urlsafe(32)
        await page_access.add_session(tx, _digest_of(session), founder_id, seconds=SESSION_S)
        return session

    async def caller(self, tx: Connection, session: str) -> Caller:
        """The founder of a session. Unauthenticated."""
        founder = await page_access.find_session(tx, _digest_of(session))
        if founder is None:
            raise Unauthenticated("You are signed out.", remedy="For a new link, type: cofounder page")
        return Caller(founder.id, founder.subject, founder.name)

    async def sign_out(self, tx: Connection, session: str) -> None:
        """End this session."""
        await page_access.end_session(tx, _digest_of(session))

    async def sign_out_everywhere(self, tx: Connection, founder_id: FounderId) -> None:
        """End every session of a founder; links that are still good stop working too."""
        await page_access.end_sessions(tx, founder_id)


def _digest_of(secret: str) -> bytes:
    # The secrets are random and long, so nothing slower than one round is needed.
    return hashlib.sha256(secret.encode(errors="replace")).digest()
