"""The port to whoever sells subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.domain.tier import Tier


@dataclass(frozen=True)
class Subscription:
    """The subscription of a founder. `upgrade_url` is where to subscribe when `active` is false."""

    active: bool
    tier: Tier
    upgrade_url: str


class Billing(Protocol):
    """Knows subscriptions by the identity's subject."""

    async def subscription_of(self, subject: str) -> Subscription:
        """The current subscription of that person."""
        ...
