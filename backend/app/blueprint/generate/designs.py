"""The designs that an app can wear, read from their data, and the choice of one for a specification."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zlib import crc32

from app.blueprint.spec import AppSpec, Design

_FOLDER: Final = files("app.blueprint") / "designs"
_WORD = re.compile(r"[a-z][a-z'-]*")
_UNSAID: Final = (Design.FRESH, Design.PRECISE, Design.NATURAL, Design.BOLD)
"""What an app of which nothing is known may look like."""
_MOOD: Final = 6
_TOLD: Final = 3

Shades = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class DesignData:
    """One design: its letters, corners and edges, and how light and colourful each ground and text is."""

    name: Design
    moods: frozenset[str]
    trades: frozenset[str]
    hues: tuple[int, ...]
    turn: int
    paper: int | None
    face: str
    text: str
    hero: str
    shape: Mapping[str, str]
    light: Shades
    dark: Shades

    @property
    def css(self) -> str:
        """The style sheet that only this design has."""
        return (_FOLDER / f"{self.name}.css").read_text(encoding="utf-8")


@cache
def designs() -> dict[Design, DesignData]:
    """Every design by its name."""
    raw = tomllib.loads((_FOLDER / "designs.toml").read_text(encoding="utf-8"))
    faces = raw.pop("faces")
    return {Design(name): _design(Design(name), part, faces) for name, part in raw.items()}


def _design(name: Design, part: Mapping[str, Any], faces: Mapping[str, str]) -> DesignData:  # Any: what TOML holds
    large, middle, small = part["radii"]
    shape = {
        "face": faces[part["face"]], "text": faces[part["text"]],
        "weight": str(part["weight"]), "strong": str(part["strong"]), "space": part["space"],
        "case": part.get("case", "none"), "radius": large, "radius-m": middle, "radius-s": small,
        "mono": faces["mono"], "edge-w": part["edge"], "shadow": part["shadow"],
        "wide": part["wide"], "pad": part["pad"],
    }  # fmt: skip
    return DesignData(
        name=name, moods=frozenset(part["moods"].split()), trades=frozenset(part["trades"].split()),
        hues=tuple(part["hues"]), turn=part["turn"], paper=part.get("paper"), face=part["face"], text=part["text"],
        hero=part["hero"], shape=shape, light=_shades(part["light"]), dark=_shades(part["dark"]),
    )  # fmt: skip


def _shades(part: Mapping[str, list[float]]) -> Shades:
    return {name: (float(values[0]), float(values[1])) for name, values in part.items()}


def design_of(spec: AppSpec) -> DesignData:
    """The design that a specification names, or that its words ask for; the same for each of its versions."""
    known = designs()
    if spec.theme.design is not None:
        return known[spec.theme.design]
    told = words_of(f"{spec.title} {spec.tagline} {spec.goal}")
    kept = words_of(" ".join(f"{entity.label} {entity.plural}" for entity in spec.entities))
    scores = {name: _score(design, told, kept) for name, design in known.items()}
    best = max(scores.values())
    likely = [name for name, score in scores.items() if score == best] if best else list(_UNSAID)
    return known[likely[crc32(spec.title.encode()) % len(likely)]]


def _score(design: DesignData, told: frozenset[str], kept: frozenset[str]) -> int:
    return (
        _MOOD * len(design.moods & told) + _TOLD * len(design.trades & told) + len(design.trades & (kept - told))
    )


def words_of(text: str) -> frozenset[str]:
    """The words of a text in lower case."""
    return frozenset(_WORD.findall(text.lower().replace("\u2019", "'")))
