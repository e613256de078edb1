"""What tests ask of scenes of example records."""

from __future__ import annotations

from app.blueprint.generate.judging import Judge
from app.blueprint.generate.scenes import Scene


def is_kept(judge: Judge, scene: Scene) -> bool:
    """True if every record keeps its rules when all are there."""
    return all(judge.keeps(scene, key, stated) for key in scene.records for stated in judge.stated[key[0]])
