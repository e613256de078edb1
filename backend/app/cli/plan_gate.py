"""Show the plan of a goal before it is built, and stop where too little of it would be kept."""

from __future__ import annotations

import sys
from shlex import quote

from app.blueprint.language import GoalUnreadable, nearest_kinds, plan_goal
from app.blueprint.plan_text import plan_lines
from app.cli.context import Context
from app.cli.errors import UsageError


def agree_on_plan(context: Context, goal: str, *, command: str, anyway: bool) -> None:
    """Return when the goal is to be built. UsageError, before anything is made, when it is not."""
    try:
        plan = plan_goal(goal)
    except GoalUnreadable as error:
        raise UsageError(str(error), remedy=f'{command} "your goal in other words"') from error
    if anyway or plan.keeps_enough:
        return
    context.say("\n".join(plan_lines(plan)))
    near = "; ".join(nearest_kinds(goal))
    hint = f" Kinds of app that are close: {near}." if near else ""
    otherwise = f"Less than half of what you asked for would be kept, so nothing was built.{hint}"
    remedy = f"{command} {quote(' '.join(goal.split()))} --anyway"
    if not sys.stdin.isatty():
        raise UsageError(otherwise, remedy=remedy)
    context.talk.write("Less than half of your wishes would be kept. Build it all the same? [y/N] ")
    context.talk.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError(otherwise, remedy=remedy)
