"""Show the plan of a goal before it is built, and let whoever sits at the terminal build, change or leave it."""

from __future__ import annotations

import sys
from shlex import quote
from typing import Final

from app.blueprint.plan import Plan
from app.blueprint.plan_text import plan_lines
from app.cli.asking import answers_yes, typed_within
from app.cli.context import Context
from app.cli.errors import UsageError
from app.services.plan_service import GoalRefused, TooLittleKept, require_enough_kept

PATIENCE_S: Final = 15
"""A demo that somebody watches goes on by itself after so long; who reads longer answers when they have read."""
_CHOICES: Final = f"Enter builds it, c changes the idea, q leaves. It is built by itself in {PATIENCE_S} seconds: "
_NEW_IDEA: Final = "What shall it be, in your words? (Enter keeps the idea) "


def agree_on_plan(context: Context, goal: str, *, command: str, anyway: bool, asks: bool = True) -> str:
    """The goal to build, which may be another one once the plan was seen; `asks` unless it is to go on at once.

    UsageError, TooLittleKept, before anything is made, when nothing is to be built.
    """
    while True:
        plan = _plan_enough_kept(context, goal, command=command, anyway=anyway)
        # A pipe has nobody to ask, and who said so beforehand is not asked again.
        if plan is None or anyway or not asks or not sys.stdin.isatty():
            return goal
        answer = typed_within(context, _CHOICES, PATIENCE_S).lower()
        if answer in ("q", "quit", "l", "leave", "n", "no"):
            raise UsageError("Nothing was built.", remedy=f"{command} {quote(goal)}")
        if answer not in ("c", "change"):
            return goal
        goal = typed_within(context, _NEW_IDEA) or goal


def _plan_enough_kept(context: Context, goal: str, *, command: str, anyway: bool) -> Plan | None:
    """Show the plan; None when less than half of the goal is kept and it is to be built all the same."""
    try:
        plan = require_enough_kept(goal)
    except GoalRefused as error:
        raise UsageError(error.detail, remedy=f'{command} "your goal in other words"') from error
    except TooLittleKept as error:
        context.say("\n".join(plan_lines(error.plan)))
        if not anyway:
            _require_agreement(context, error, remedy=f"{command} {quote(' '.join(goal.split()))} --anyway")
        return None
    context.say("\n".join(plan_lines(plan)))
    return plan


def _require_agreement(context: Context, refusal: TooLittleKept, *, remedy: str) -> None:
    """Ask at the terminal if the app is built all the same. TooLittleKept when not."""
    # The refusal speaks to programs; at a prompt the same command is what helps.
    refusal.remedy = remedy
    question = "Less than half of your wishes would be kept. Build it all the same?"
    if not (sys.stdin.isatty() and answers_yes(context, question)):
        raise refusal
