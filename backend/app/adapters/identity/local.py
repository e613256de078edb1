"""Local mode: one founder, who holds a random token."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from app.core.errors import Unauthenticated
from app.ports.identity import Identity

TOKEN_PREFIX: Final = "cof_"


class LocalIdentity:
    """Knows one token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def authenticate(self, token: str) -> Identity:
        """The founder, for the right token."""
        if not secrets.compare_digest(token.encode(errors="replace"), self._token):
            raise Unauthenticated(
                "The access token is not the one of this instance.", remedy="Show it with: cofounder token"
            )
        return Identity(subject="local", name="Founder")


def kept_secret(path: Path, *, prefix: str = "") -> str:
    """The secret in a file that only its owner can read; made on first use, also by several processes at once."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(prefix + secrets.token_urlsafe(32))
        try:
            # A link never takes the place of a file: of several processes all keep what the first one made.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
