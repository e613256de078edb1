"""Ask the person before something that cannot be taken back."""

from __future__ import annotations

import sys

from app.cli.context import Context
from app.cli.errors import UsageError


def require_yes(context: Context, question: str, *, otherwise: str, command: str) -> None:
    """Return when the person says yes. UsageError with what did not happen, and the command that does not ask."""
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to ask on. {otherwise}", remedy=command)
    context.talk.write(f"{question} [y/N] ")
    context.talk.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError(otherwise, remedy=command)
