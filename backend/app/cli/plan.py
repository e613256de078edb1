"""Show what a goal would become, before anything is built; no instance is needed."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

from cyclopts import Parameter

from app.blueprint.language import GoalUnreadable, plan_goal
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.plan_text import plan_lines


def plan(
    goal: Annotated[str | None, Parameter(help="What to build, in your own words.")] = None,
    /,
    *,
    stdin: Annotated[
        bool, Parameter(help='Read one {"goal": "..."} a line from standard input; print one plan a line.')
    ] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Show what would be built from a goal, and what of it would be left out. Builds nothing."""
    if stdin:
        for line in sys.stdin:
            if line.strip():
                context.result_json(plan_or_refusal(goal_of(line)))
        return Exit.OK
    if goal is None or not goal.strip():
        raise UsageError("The goal is empty.", remedy='cofounder plan "A booking app for a yoga studio"')
    try:
        made = plan_goal(goal)
    except GoalUnreadable as error:
        raise UsageError(str(error), remedy='cofounder plan "your goal in other words"') from error
    if common.json:
        context.result_json(made.model_dump(mode="json", by_alias=True))
    else:
        context.verbatim("\n".join(plan_lines(made)))
    return Exit.OK


def goal_of(line: str) -> str:
    """The goal of a line of standard input. UsageError."""
    try:
        return str(json.loads(line)["goal"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"This line is no goal: {line.strip()[:80]!r}.",
            remedy="""echo '{"goal": "..."}' | cofounder plan --stdin""",
        ) from error


def plan_or_refusal(goal: str) -> dict[str, Any]:
    """The plan of a goal, or the sentence that says why there is none."""
    try:
        return plan_goal(goal).model_dump(mode="json", by_alias=True)
    except GoalUnreadable as error:
        return {"refused": str(error)}
