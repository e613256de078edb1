"""The port to whoever vouches for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Identity:
    """A person the identity provider vouches for. `subject` is stable and unique at that provider."""

    # Not the name or the address: those change, and would make somebody a stranger to their own projects.
    subject: str
    name: str


class IdentityProvider(Protocol):
    """Turns a bearer token into a person."""

    async def authenticate(self, token: str) -> Identity:
        """The person the token belongs to; raises Unauthenticated when it is not good."""
        ...
