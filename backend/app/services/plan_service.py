"""Planning a goal before anything is built, and the one rule by which too little of it would be kept."""

from __future__ import annotations

import asyncio

from app.blueprint.language import GoalUnreadable, nearest_kinds, understand
from app.blueprint.plan import Plan, plan_of
from app.blueprint.spec import AppSpec, WishState
from app.core.errors import InvalidInput


class GoalRefused(InvalidInput):
    """A goal that nothing can be built from; the sentence is for the founder."""

    code, title = "goal_refused", "This cannot be built"


class TooLittleKept(InvalidInput):
    """The rules would keep less than half of a goal; `wishes` says which, `near` goals that are close to it."""

    code, title = "too_little_kept", "Most of the goal would be left out"

    def __init__(self, plan: Plan, near: tuple[str, ...], *, remedy: str | None = None) -> None:
        unmet = "; ".join(f"“{clause.text}”" for clause in plan.clauses if clause.state is not WishState.KEPT)
        close = f" Goals that are close and can be built: {' '.join(f'“{goal}”' for goal in near)}" if near else ""
        super().__init__(
            "Less than half of what you asked for would be kept, so nothing was built. Left out, or only in part: "
            f"{unmet}.{close}",
            remedy=remedy or "Say it in other words, or send `anyway`: true to build it all the same.",
            wishes=[clause.model_dump(mode="json") for clause in plan.clauses],
            near=list(near),
        )
        self.plan = plan
        self.near = near


def require_enough_kept(goal: str) -> Plan:
    """The plan by rules of a goal, which keeps enough of it to build it. GoalRefused, TooLittleKept."""
    plan = plan_of(_specify(goal))
    if not plan.keeps_enough:
        raise TooLittleKept(plan, nearest_kinds(goal))
    return plan


async def specify_goal(goal: str) -> AppSpec:
    """The specification that a build of this goal would begin with. GoalRefused."""
    return await asyncio.to_thread(_specify, goal)


def _specify(goal: str) -> AppSpec:
    try:
        return understand(goal)
    except GoalUnreadable as error:
        raise GoalRefused(str(error), remedy="Say it in other words.") from error


async def kinds_near(goal: str) -> tuple[str, ...]:
    """Goals of the kinds of app that are closest to a goal, for when too little of it would be kept."""
    try:
        return await asyncio.to_thread(nearest_kinds, goal)
    except GoalUnreadable:
        return ()
