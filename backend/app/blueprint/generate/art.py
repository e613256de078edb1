"""The picture of an app's first page: the motif that fits its words best."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from app.blueprint.generate.customer_words import customer_name
from app.blueprint.generate.designs import with_plurals, words_of
from app.blueprint.spec import AppSpec

_FILE: Final = files("app.blueprint") / "designs" / "motifs.toml"
_PLAIN: Final = "shapes"
# What the founder calls it says most; a goal goes on about much else, and records are alike in many apps.
_FOR_TITLE: Final = 6
_FOR_GOAL: Final = 2
_GENERAL: Final = frozenset({"clock", "chart", "cards", "voices", "boxes"})
"""What fits many kinds of app, so any other that fits comes before."""


@dataclass(frozen=True)
class Motif:
    """A picture: the words that it fits, its shapes, and whether they fill the whole square."""

    words: frozenset[str]
    shapes: str
    is_scene: bool


@cache
def motifs() -> dict[str, Motif]:
    """Every motif by its name."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Motif(with_plurals(part["words"].split()), part["svg"], part.get("scene", False))
        for name, part in raw.items()
    }


def motif_of(spec: AppSpec) -> str:
    """The name of the motif that fits an app best."""
    title, goal_words = words_of(customer_name(spec)), words_of(f"{spec.tagline} {spec.goal}")
    record_words = words_of(" ".join(f"{entity.label} {entity.plural}" for entity in spec.entities))
    scores = {
        name: (
            _FOR_TITLE * len(motif.words & title)
            + _FOR_GOAL * len(motif.words & goal_words)
            + len(motif.words & record_words)
        )
        * (1 if name in _GENERAL else 2)
        for name, motif in motifs().items()
    }
    best = max(scores, key=scores.__getitem__)
    # A picture of something else would be worse than one of nothing.
    return best if scores[best] else _PLAIN


def art_html(spec: AppSpec) -> str:
    """The template that draws the picture; its colours are those of the style sheet."""
    motif = motifs()[motif_of(spec)]
    classes = "art scene" if motif.is_scene else "art"
    return (
        f'<svg class="{classes}" viewBox="0 0 400 400" aria-hidden="true" focusable="false">{motif.shapes}</svg>\n'
    )
