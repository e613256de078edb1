"""The error that every fault in an expression is told by."""

from __future__ import annotations


class Fault(ValueError):
    """An expression that cannot be used; the text says what is wrong and what would be right."""
