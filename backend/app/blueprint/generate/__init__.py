"""From a specification to the files of an app; the same specification always gives the same files."""

from app.blueprint.generate.documents import features
from app.blueprint.generate.tree import generate, skeleton

__all__ = ["features", "generate", "skeleton"]
