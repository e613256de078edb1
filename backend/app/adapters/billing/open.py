"""Self-hosted mode: everybody is subscribed."""

from __future__ import annotations

from app.domain.tier import Tier
from app.ports.billing import Subscription


class OpenBilling:
    """Grants one tier to everybody, without a payment."""

    def __init__(self, tier: Tier = Tier.CTO_SCALE) -> None:
        self._tier = tier

    async def subscription_of(self, subject: str) -> Subscription:
        """An active subscription, whoever asks."""
        del subject
        return Subscription(active=True, tier=self._tier, upgrade_url="")
