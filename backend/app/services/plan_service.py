"""Planning a goal before anything is built."""

from __future__ import annotations

import asyncio

from app.blueprint.language import GoalUnreadable, nearest_kinds, understand
from app.blueprint.spec import AppSpec
from app.core.errors import InvalidInput


class GoalRefused(InvalidInput):
    """A goal that nothing can be built from; the sentence is for the founder."""

    code, title = "goal_refused", "This cannot be built"


async def specify_goal(goal: str) -> AppSpec:
    """The specification that a build of this goal would begin with. GoalRefused."""
    try:
        return await asyncio.to_thread(understand, goal)
    except GoalUnreadable as error:
        raise GoalRefused(str(error), remedy="Say it in other words.") from error


async def kinds_near(goal: str) -> tuple[str, ...]:
    """The kinds of app that are closest to a goal, for when too little of it would be kept."""
    try:
        return await asyncio.to_thread(nearest_kinds, goal)
    except GoalUnreadable:
        return ()
