"""Ask the person before something that cannot be taken back."""

from __future__ import annotations

import select
import sys

from app.cli.context import Context
from app.cli.errors import UsageError


def require_yes(context: Context, question: str, *, otherwise: str, command: str) -> None:
    """Return when the person says yes. UsageError with what did not happen, and the command that does not ask."""
    # A script must not wait for an answer for ever, and its silence is no yes.
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to ask on. {otherwise}", remedy=command)
    if not answers_yes(context, question):
        raise UsageError(otherwise, remedy=command)


def typed_within(context: Context, question: str, seconds: float | None = None) -> str:
    """Ask at the terminal for a line; nothing typed in so many seconds is an empty one."""
    context.talk.write(question)
    context.talk.flush()
    # Without a limit nothing is waited for here: a line that was pasted may be in the buffer already.
    if seconds is not None and not select.select([sys.stdin], [], [], seconds)[0]:
        context.say("")
        return ""
    return sys.stdin.readline().strip()


def answers_yes(context: Context, question: str, *, by_default: bool = False) -> bool:
    """Ask at the terminal; Enter alone is the answer `by_default`."""
    context.talk.write(f"{question} {'[Y/n]' if by_default else '[y/N]'} ")
    context.talk.flush()
    answer = sys.stdin.readline().strip().lower()
    return answer in ("y", "yes") or (by_default and not answer)
