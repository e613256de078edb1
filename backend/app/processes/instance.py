"""Finding and stopping the instance of a data directory."""

from __future__ import annotations

from app.adapters.embedded.instance import Instance, read_instance, stop_instance
from app.core.settings import Settings


def find_instance(settings: Settings) -> Instance | None:
    """The instance that runs on the data directory."""
    return read_instance(settings.data)


def stop(settings: Settings) -> bool:
    """Stop it and wait until it has; False when none runs."""
    return stop_instance(settings.data)
