"""Finding and stopping the instance of a data directory."""

from __future__ import annotations

from app.core.settings import Settings
from app.supervision.instance import Instance, read_instance, stop_instance
from app.supervision.lock import DataDirLock


def find_instance(settings: Settings) -> Instance | None:
    """The instance that runs on the data directory."""
    return read_instance(settings.data)


def is_coming_up(settings: Settings) -> bool:
    """True when some process holds the data directory, be its instance ready or not."""
    return DataDirLock(settings.data.lock).holder is not None


def stop(settings: Settings) -> bool:
    """Stop it and wait until it has; False when none runs."""
    return stop_instance(settings.data)
