"""Founders: finding the caller of a request and their subscription."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Final

from app.core.errors import SubscriptionRequired
from app.core.ids import FounderId
from app.db.engine import Database
from app.domain.tier import Tier
from app.ports.billing import Billing
from app.ports.identity import IdentityProvider
from app.repositories import founders

# Each call would otherwise write the founder's row. A token that is taken back works on for so long.
REMEMBERED_S: Final = 30.0
REMEMBERED_MOST: Final = 10_000


@dataclass(frozen=True)
class Caller:
    """An authenticated founder."""

    id: FounderId
    subject: str
    name: str


@dataclass(frozen=True)
class SubscribedCaller(Caller):
    """A founder who may build."""

    tier: Tier


class FounderService:
    """Resolves tokens to founders; a good token is remembered for half a minute."""

    def __init__(self, database: Database, identity: IdentityProvider, billing: Billing) -> None:
        self._database = database
        self._identity = identity
        self._billing = billing
        self._remembered: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller:
        """The founder a token belongs to; raises Unauthenticated."""
        key = hashlib.sha256(token.encode(errors="replace")).digest()
        remembered = self._remembered.get(key)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        caller = await self._authenticate(token)
        if len(self._remembered) >= REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[key] = (time.monotonic() + REMEMBERED_S, caller)
        return caller

    async def _authenticate(self, token: str) -> Caller:
        identity = await self._identity.authenticate(token)
        async with self._database.autocommit() as tx:
            founder = await founders.get_or_create(tx, subject=identity.subject, name=identity.name)
        return Caller(founder.id, founder.subject, founder.name)

    async def require_subscription(self, caller: Caller) -> SubscribedCaller:
        """The caller with a tier; raises SubscriptionRequired with where to get one."""
        subscription = await self._billing.subscription_of(caller.subject)
        if not subscription.active:
            raise SubscriptionRequired(
                "Building needs a subscription.", remedy="Choose a plan.", upgrade_url=subscription.upgrade_url
            )
        return SubscribedCaller(caller.id, caller.subject, caller.name, subscription.tier)
