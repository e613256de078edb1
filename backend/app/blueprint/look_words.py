"""Reads what a founder says about the look of an app: colours, light or dark, and moods."""

from __future__ import annotations

import colorsys
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from app.blueprint.spec import Design, Scheme, ThemeSpec, Tone

_FOLDER: Final = files("app.blueprint") / "designs"
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_TOKEN = re.compile(r"#[0-9a-f]{6}\b|[a-z]+")
_CUE: Final = frozenset(
    "color colors colour colours colored coloured palette theme themed scheme background backgrounds accent "
    "accents tone tones toned shade shades look looks style styled styling design designed branding brand header "
    "buttons".split()
)
_LEADS: Final = frozenset("in use using with".split())
_DARK = re.compile(
    r"\b(dark|black)[ -](and [a-z]+ )?(mode|theme|themed|look|looking|design|background|scheme|colou?rs?|ui|style|"
    r"app|site|website|page)\b"
)
_LIGHT = re.compile(r"\b(light|white)[ -](mode|theme|themed|background|scheme)\b")
_MOOD = re.compile(
    r"\b([a-z-]+) (?=(?:booking |ordering |little |web )?(?:look|style|design|feel|site|website|page|app)\b)"
)
_GREY = re.compile(r"\b(black[ -](and|&)[ -]white|monochrome|gr[ea]yscale)\b")


_FRUITS: Final = frozenset(
    {"orange", "peach", "lemon", "olive", "lavender", "rose", "coffee", "chocolate", "wine"}
)
"""Colours that a business may be named after."""


@dataclass(frozen=True)
class _ColourNames:
    hues: dict[str, int]
    soft: frozenset[str]
    grey: frozenset[str]
    qualifiers: frozenset[str]
    softening: frozenset[str]
    manner: frozenset[str]


@cache
def _colour_names() -> _ColourNames:
    raw = tomllib.loads((_FOLDER / "colours.toml").read_text(encoding="utf-8"))
    return _ColourNames(raw["hues"], **{name: frozenset(words.split()) for name, words in raw["kinds"].items()})


@cache
def mood_words() -> dict[str, Design]:
    """The words of a founder that name a design by its mood."""
    raw = tomllib.loads((_FOLDER / "designs.toml").read_text(encoding="utf-8"))
    return {word: Design(name) for name, part in raw.items() for word in part.get("moods", "").split()}


def read_theme(goal: str) -> ThemeSpec:
    """The look that the words of a goal ask for; nothing is filled in that they do not say."""
    text = goal.lower()
    colours = [colour for sentence in _SENTENCE.split(text) for colour in _colours_in(sentence)]
    hues = list(dict.fromkeys(hue for hue, _ in colours if hue is not None))
    scheme = Scheme.DARK if _DARK.search(text) else Scheme.LIGHT if _LIGHT.search(text) else None
    tone = None
    if _GREY.search(text) or (colours and not hues):
        tone = Tone.GREY
    elif colours and colours[0][1]:
        tone = Tone.SOFT
    hues_given: dict[str, Any] = {
        "hue": hues[0] if hues else None,
        "second_hue": hues[1] if len(hues) > 1 else None,
    }
    return ThemeSpec(**hues_given, tone=tone, scheme=scheme)


def manner_words(goal: str) -> frozenset[str]:
    """The words of a goal that say how the app shall look, and nothing of what it is for."""
    # A mood is one only in front of what has a look: "a fresh site", not "fresh fish".
    moods = {match[1] for match in _MOOD.finditer(goal.lower())} & mood_words().keys()
    manner = look_words(goal) & (_colour_names().manner | _colour_names().hues.keys()) - _FRUITS
    return manner | moods


def look_words(goal: str) -> frozenset[str]:
    """The words of a goal that speak of its look, and that the app has a place for."""
    names = _colour_names()
    words: set[str] = set()
    for sentence in _SENTENCE.split(goal.lower()):
        tokens = _TOKEN.findall(sentence)
        cued = _CUE & set(tokens)
        if cued or any(_colours_in(sentence)):
            words |= cued | {
                token for token in tokens if token in names.hues or token in names.grey | names.qualifiers
            }
    for match in (*_DARK.finditer(goal.lower()), *_LIGHT.finditer(goal.lower()), *_GREY.finditer(goal.lower())):
        words |= set(_TOKEN.findall(match[0])) & (names.qualifiers | names.grey | {"mode"})
    return frozenset(words | ((mood_words().keys() | names.manner) & set(_TOKEN.findall(goal.lower()))))


def _colours_in(sentence: str) -> Iterator[tuple[int | None, bool]]:
    """The hue of each colour that a sentence names as one, none for a grey, and whether it is soft."""
    names, tokens = _colour_names(), _TOKEN.findall(sentence)
    # Goals are full of red wine and green beans; a colour counts where looks are spoken of, or as in "in blue".
    is_about_looks = bool(_CUE & set(tokens))
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else ""
        if token.startswith("#"):
            yield _hue_of_hex(token)
            continue
        # Of "navy blue" the first word says which blue.
        is_colour = (token in names.hues or token in names.grey) and before not in names.hues
        if is_colour and (is_about_looks or _is_led_to(tokens, at)):
            yield names.hues.get(token), token in names.soft or before in names.softening


def _is_led_to(tokens: list[str], at: int) -> bool:
    """True if a colour ends its clause behind "in" or "use": "in navy and gold", not "in green houses"."""
    names = _colour_names()
    look_names = names.hues.keys() | names.grey | names.qualifiers | {"and"}
    start, end = at, at
    while start and tokens[start - 1] in look_names:
        start -= 1
    while end + 1 < len(tokens) and tokens[end + 1] in look_names:
        end += 1
    # "An app in red" ends there, or goes on to something else; "in red wine bars" names what the app is about.
    follows = tokens[end + 1] if end + 1 < len(tokens) else ""
    return bool(start) and tokens[start - 1] in _LEADS and follows in ("", "with", "for", "so", "please", "where")


def _hue_of_hex(color: str) -> tuple[int | None, bool]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    # Of a near grey, black or white the hue is an accident of rounding, and would colour the whole app by chance.
    return (round(hue * 360) % 360 if saturation > 0.08 and 0.03 < lightness < 0.97 else None), False
