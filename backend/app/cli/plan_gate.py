"""Show the plan of a goal before it is built, and stop where too little of it would be kept."""

from __future__ import annotations

import sys
from shlex import quote

from app.blueprint.plan_text import plan_lines
from app.cli.asking import answers_yes
from app.cli.context import Context
from app.cli.errors import UsageError
from app.services.plan_service import GoalRefused, TooLittleKept, require_enough_kept


def agree_on_plan(context: Context, goal: str, *, command: str, anyway: bool) -> None:
    """Return when the goal is to be built. UsageError, TooLittleKept, before anything is made, when it is not."""
    try:
        require_enough_kept(goal)
    except GoalRefused as error:
        raise UsageError(error.detail, remedy=f'{command} "your goal in other words"') from error
    except TooLittleKept as error:
        if not anyway:
            _require_agreement(context, error, remedy=f"{command} {quote(' '.join(goal.split()))} --anyway")


def _require_agreement(context: Context, refusal: TooLittleKept, *, remedy: str) -> None:
    """Ask at the terminal if the app is built all the same. TooLittleKept when not."""
    context.say("\n".join(plan_lines(refusal.plan)))
    # The refusal speaks to programs; at a prompt the same command is what helps.
    refusal.remedy = remedy
    question = "Less than half of your wishes would be kept. Build it all the same?"
    if not (sys.stdin.isatty() and answers_yes(context, question)):
        raise refusal
