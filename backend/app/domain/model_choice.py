"""The model that a founder chose, and the keys that are kept for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Chosen:
    """A model, or several in the order in which they are asked, as PROVIDER:NAME with commas."""

    model: str
    url: str | None
    """The address of the first one's provider; None is its usual one."""
    of: str
    """Who chose it: `project`, `founder`, or `instance` for the settings."""


@dataclass(frozen=True)
class KeptKey:
    """A key that is kept, without what it is."""

    provider: str
    url: str
    """The only address that it is sent to; empty is the provider's own."""
    hint: str
    """Its last characters; empty for a short one."""
    changed_at: datetime
