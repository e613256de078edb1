"""The ladder of checks that an app climbs before it becomes a version."""

from app.acceptance.checks import Climb, Climbed, Ladder, Preview, climb
from app.acceptance.evidence import Evidence
from app.acceptance.regression import Ancestor

__all__ = ["Ancestor", "Climb", "Climbed", "Evidence", "Ladder", "Preview", "climb"]
