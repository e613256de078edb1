"""From a goal in plain English to the specification of an app, by rules and a lexicon."""

from app.blueprint.language.kinds import nearest_kinds
from app.blueprint.language.understanding import ENGINE, GoalUnreadable, plan_goal, understand

__all__ = ["ENGINE", "GoalUnreadable", "nearest_kinds", "plan_goal", "understand"]
