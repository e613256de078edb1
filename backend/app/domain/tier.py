"""The limits of each tier."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tier(StrEnum):
    """A founder's plan."""

    BOOTSTRAPPER = "bootstrapper"
    PARTNER = "partner"
    CTO_SCALE = "cto_scale"

    @property
    def limits(self) -> TierLimits:
        """The figures of this tier."""
        return TIER_LIMITS[self]


@dataclass(frozen=True)
class TierLimits:
    """Limits of one tier; a day is a UTC day, a higher priority is served first."""

    concurrent_jobs: int
    daily_jobs: int
    iterations_before_confirmation: int
    priority: int


@dataclass(frozen=True)
class Iterations:
    """The versions of a project that are ready, and how many a founder makes before going on is confirmed."""

    number: int
    before_confirmation: int

    @property
    def until(self) -> int:
        """The number up to which nobody is asked, each confirmation adding as many as the first time."""
        rounds = max(1, -(-self.number // self.before_confirmation))
        return rounds * self.before_confirmation

    @property
    def must_be_confirmed(self) -> bool:
        """True if a further one is made only when its founder says so."""
        return self.number == self.until


TIER_LIMITS: Final[dict[Tier, TierLimits]] = {
    # Founders are promised these figures. A waiting job also rises in priority with its age: no tier is starved.
    Tier.BOOTSTRAPPER: TierLimits(2, 5, 2, 0),
    Tier.PARTNER: TierLimits(3, 50, 3, 1),
    Tier.CTO_SCALE: TierLimits(10, 200, 5, 2),
}
