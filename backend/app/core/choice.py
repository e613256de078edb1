"""Choosing an adapter by the name that a setting gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from app.core.errors import ConfigurationError

T = TypeVar("T")


def choose(options: Mapping[str, T], name: str, *, setting: str) -> T:
    """The option of that name; ConfigurationError with the names there are when it is none of them."""
    # A name is only known here, not where settings are read: adapters are imported by the composition root alone.
    if name not in options:
        raise ConfigurationError(
            f"The setting {setting!r} says {name!r}, and there is no such adapter.",
            remedy=f"Set COFOUNDER_{setting.upper()} to one of: {', '.join(sorted(options))}.",
        )
    return options[name]
