"""What an app can do and how a specification says it, written for a model."""

from __future__ import annotations


def contract() -> str:
    """The whole of it."""
    return "TODO"
