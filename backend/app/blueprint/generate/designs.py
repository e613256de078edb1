"""The designs that an app can wear, read from their data, and the choice of one for a specification."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zlib import crc32

from app.blueprint.spec import AppSpec, Design
from app.blueprint.spec_defaults import plural

_FOLDER: Final = files("app.blueprint") / "designs"
_WORD = re.compile(r"[a-z][a-z'-]*")
_UNSAID: Final = (Design.FRESH, Design.PRECISE, Design.NATURAL, Design.BOLD)
"""What an app of which nothing is known may look like."""
_FOR_MOOD: Final = 6
_FOR_TRADE: Final = 3

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
    return {Design(name): _read_design(Design(name), part, faces) for name, part in raw.items()}


def _read_design(
    name: Design, part: Mapping[str, Any], faces: Mapping[str, str]
) -> DesignData:  # Any: what TOML holds
    large, middle, small = part["radii"]
    shape = {
        "face": faces[part["face"]], "text": faces[part["text"]],
        "weight": str(part["weight"]), "strong": str(part["strong"]), "space": part["space"],
        "case": part.get("case", "none"), "radius": large, "radius-m": middle, "radius-s": small,
        "mono": faces["mono"], "edge-w": part["edge"], "shadow": part["shadow"],
        "wide": part["wide"], "pad": part["pad"],
    }  # fmt: skip
    return DesignData(
        name=name, moods=frozenset(part["moods"].split()), trades=with_plurals(part["trades"].split()),
        hues=tuple(part["hues"]), turn=part["turn"], paper=part.get("paper"), face=part["face"], text=part["text"],
        hero=part["hero"], shape=shape, light=_read_shades(part["light"]), dark=_read_shades(part["dark"]),
    )  # fmt: skip


def _read_shades(part: Mapping[str, list[float]]) -> Shades:
    return {name: (float(values[0]), float(values[1])) for name, values in part.items()}


def design_of(spec: AppSpec) -> DesignData:
    """The design that a specification names, or that its words ask for; the same for each of its versions."""
    all_designs = designs()
    if spec.theme.design is not None:
        return all_designs[spec.theme.design]
    goal_words = words_of(f"{spec.title} {spec.tagline} {spec.goal}")
    record_words = words_of(" ".join(f"{entity.label} {entity.plural}" for entity in spec.entities))
    scores = {name: _score(design, goal_words, record_words) for name, design in all_designs.items()}
    best_score = max(scores.values())
    likely = [name for name, score in scores.items() if score == best_score] if best_score else list(_UNSAID)
    # By its name, so that apps differ and every version of one looks alike.
    return all_designs[likely[crc32(spec.title.encode()) % len(likely)]]


def _score(design: DesignData, goal_words: frozenset[str], record_words: frozenset[str]) -> int:
    return (
        _FOR_MOOD * len(design.moods & goal_words)
        + _FOR_TRADE * len(design.trades & goal_words)
        # What the founder says counts more than what the records are called.
        + len(design.trades & (record_words - goal_words))
    )


def with_plurals(words: Iterable[str]) -> frozenset[str]:
    """The words, and what several of each are called: an allotment society speaks of allotments."""
    return frozenset(form for word in words for form in (word, plural(word)))


def words_of(text: str) -> frozenset[str]:
    """The words of a text in lower case."""
    return frozenset(_WORD.findall(text.lower().replace("\u2019", "'")))
