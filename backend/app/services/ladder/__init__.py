"""The ladder of checks that an app climbs before it becomes a version."""

from app.services.ladder.climb import Climb, Climbed, Ladder, Preview, climb
from app.services.ladder.evidence import Evidence
from app.services.ladder.heritage import Ancestor

__all__ = ["Ancestor", "Climb", "Climbed", "Evidence", "Ladder", "Preview", "climb"]
