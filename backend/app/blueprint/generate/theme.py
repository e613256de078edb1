"""Every colour of an app from one hue, light and dark, each text readable on what it stands on (WCAG AA)."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from app.blueprint.spec import AppSpec

AA: Final = 4.6
AA_EDGE: Final = 3.1
_RED: Final = 2
_GREEN: Final = 150

_GREENS: Final = range(70, 190)
_SANS: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_FACES: Final = (
    _SANS,
    '"Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif',
    'ui-rounded, "SF Pro Rounded", "Hiragino Maru Gothic ProN", Quicksand, Nunito, ' + _SANS,
    'Avenir, "Avenir Next", Montserrat, Corbel, "URW Gothic", ' + _SANS,
    'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif',
    'Optima, Candara, "Gill Sans", "Gill Sans MT", "Noto Sans", ' + _SANS,
)
_RADII: Final = (("1.1rem", ".8rem", ".65rem"), (".5rem", ".4rem", ".3rem"), ("1.6rem", "1.2rem", "1.4rem"))
_HEADERS: Final = ("head-plain", "head-bar", "head-line")
_HEROES: Final = ("hero-fill", "hero-tint", "hero-split")
_TURNS: Final = (38, -42, 150, 70)

Colors = dict[str, str]
_SURROUNDINGS: Final = ("page", "card", "field", "tint", "tint-2", "line", "edge", "ink", "soft")


@dataclass(frozen=True)
class Look:
    """What sets one app apart from another: a second hue, a display face, corners, a header and a first page."""

    turn: int
    face: str
    radii: tuple[str, str, str]
    header: str
    hero: str

    @property
    def classes(self) -> str:
        """What the pages wear."""
        return f"{self.header} {self.hero}"


@dataclass(frozen=True)
class Brand:
    """The founder's own colours, such as `#14305e`: the first leads, the second stands out beside it."""

    lead: str
    second: str

    @property
    def hue(self) -> int:
        """The hue of the first colour."""
        return round(_hls(self.lead)[0] * 360) % 360

    @property
    def strength(self) -> float:
        """How colourful what surrounds it is, from none beside black and grey to all."""
        return min(1.0, _hls(self.lead)[2] / 0.35)


def brand(spec: AppSpec) -> Brand | None:
    """The colours that the founder named, if any."""
    colors = spec.theme.colors
    return Brand(colors[0], colors[-1]) if colors else None


def look(spec: AppSpec) -> Look:
    """The look of an app, the same for each of its versions as long as it is called the same.

    Colours that the founder named fill the header and the first page, where they are seen.
    """
    number = crc32(f"{spec.title}/{spec.theme.hue}".encode())
    picks = [number >> shift for shift in (0, 5, 10, 15, 20)]
    return Look(
        _TURNS[picks[0] % len(_TURNS)],
        _FACES[picks[1] % len(_FACES)],
        _RADII[picks[2] % len(_RADII)],
        _HEADERS[1] if spec.theme.colors else _HEADERS[picks[3] % len(_HEADERS)],
        _HEROES[0] if spec.theme.colors else _HEROES[picks[4] % len(_HEROES)],
    )


PLAIN: Final = Look(_TURNS[0], _FACES[0], _RADII[0], _HEADERS[0], _HEROES[0])


def theme_css(hue: int, look: Look = PLAIN, own: Brand | None = None) -> str:
    """The style sheet that names every colour, and the face and corners; `own` are the founder's colours."""
    hue = own.hue if own else hue
    large, middle, small = look.radii
    shape = {"face": look.face, "radius": large, "radius-m": middle, "radius-s": small}
    day, night = _light(hue, look.turn), _dark(hue, look.turn)
    if own:
        day, night = _branded(day, own, dark=True), _branded(night, own, dark=False)
    light = _block(":root", day | shape)
    dark = _block("  :root", night, indent="    ")
    source = own.lead if own else f"the hue {hue}"
    at_night = f"@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
    return f"/* Worked out from {source}. */\n{light}\n{at_night}"


def icon_svg(hue: int, monogram: str, look: Look = PLAIN, own: Brand | None = None) -> str:
    """A square icon with one or two letters; `monogram` holds letters and digits only."""
    colors = _light(hue, look.turn)
    colors = _branded(colors, own, dark=True) if own else colors
    corner = {"1.1rem": 18, ".5rem": 8}.get(look.radii[0], 30)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="{corner}" fill="{colors["accent"]}"/>'
        f'<text x="32" y="42" font-family="system-ui,sans-serif" font-size="28" font-weight="700" '
        f'text-anchor="middle" fill="{colors["on-accent"]}">{monogram}</text></svg>\n'
    )


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours such as `#0a7f5c`."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _light(hue: int, turn: int) -> Colors:
    page, card, tint = _hsl(hue, 26, 97.5), "#ffffff", _hsl(hue, 34, 94)
    other = _hsl((hue + turn) % 360, 40, 93)
    grounds = (page, card, tint, other)
    colors = {
        "page": page, "card": card, "field": "#ffffff", "tint": tint, "line": _hsl(hue, 20, 88),
        "edge": _until(hue, 12, grounds, AA_EDGE, dark=True),
        "ink": _hsl(hue, 28, 13), "soft": _until(hue, 12, grounds, AA + 0.6, dark=True),
        "accent": _until(hue, 68, grounds, AA, dark=True), "on-accent": "#ffffff",
        "focus": _until(hue, 80, grounds, AA, dark=True), "tint-2": other,
    }  # fmt: skip
    return (
        colors
        | _hero(hue, turn)
        | _signals(grounds, dark=True)
        | _tones(hue, saturation=58, lightness=91, dark=True)
    )


def _dark(hue: int, turn: int) -> Colors:
    page, card, tint = _hsl(hue, 18, 8.5), _hsl(hue, 15, 12.5), _hsl(hue, 17, 18)
    other = _hsl((hue + turn) % 360, 20, 17)
    grounds = (page, card, tint, other)
    colors = {
        "page": page, "card": card, "field": _hsl(hue, 16, 9.5), "tint": tint, "line": _hsl(hue, 12, 23),
        "edge": _until(hue, 10, grounds, AA_EDGE, dark=False),
        "ink": _hsl(hue, 16, 94), "soft": _until(hue, 12, grounds, AA + 0.8, dark=False),
        "accent": _until(hue, 70, grounds, AA, dark=False), "on-accent": _hsl(hue, 40, 8),
        "focus": _until(hue, 85, grounds, AA, dark=False), "tint-2": other,
    }  # fmt: skip
    return (
        colors
        | _hero(hue, turn)
        | _signals(grounds, dark=False)
        | _tones(hue, saturation=34, lightness=22, dark=False)
    )


def _hero(hue: int, turn: int) -> Colors:
    white = ("#ffffff",)
    start, end = _until(hue, 62, white, 6.0, dark=True), _until((hue + turn) % 360, 58, white, 6.0, dark=True)
    return {
        "hero": start, "hero-2": end, "on-hero": "#ffffff", "hero-ink": start,
        "hero-button": "#ffffff", "hero-button-ink": start,
    }  # fmt: skip


def _branded(colors: Colors, own: Brand, *, dark: bool) -> Colors:
    """The same in the founder's colours: as they are where a text can be read on them, else the nearest shade."""
    tuned = {
        name: _softened(color, own.strength) if name in _SURROUNDINGS else color for name, color in colors.items()
    }
    grounds = tuple(tuned[name] for name in ("page", "card", "tint", "tint-2"))
    read = {"soft": (grounds, AA + 0.6), "edge": ((*grounds, tuned["field"]), AA_EDGE)}
    read |= {name: ((*grounds, colors[f"{name}-tint"]), AA) for name in ("bad", "good")}
    tuned |= {name: _nearest(tuned[name], on, ratio, dark=dark) for name, (on, ratio) in read.items()}
    hero = _nearest(own.lead, ("#ffffff",), 6.0, dark=True)
    button = own.second if own.second != own.lead else "#ffffff"
    ink = max(("#ffffff", "#151515", hero), key=lambda color: contrast(color, button))
    return tuned | {
        "accent": _nearest(own.lead, grounds, AA, dark=dark),
        "focus": _nearest(own.lead, grounds, AA, dark=dark),
        "hero": hero, "hero-2": _hsl_of(hero, -0.06), "hero-ink": hero,
        "hero-button": button, "hero-button-ink": ink,
    }  # fmt: skip


def _softened(color: str, strength: float) -> str:
    hue, lightness, saturation = _hls(color)
    return _hsl(hue * 360, saturation * strength * 100, lightness * 100)


def _hsl_of(color: str, lighter: float) -> str:
    hue, lightness, saturation = _hls(color)
    return _hsl(hue * 360, saturation * 100, max(0.0, lightness + lighter) * 100)


def _nearest(color: str, grounds: Sequence[str], ratio: float, *, dark: bool) -> str:
    """The colour itself where it has the contrast on every ground, else the nearest darker or lighter shade."""
    steps = range(101)
    shades = (_hsl_of(color, -step / 100) if dark else _lighter(color, step / 100) for step in steps)
    return next(shade for shade in shades if all(contrast(shade, ground) >= ratio for ground in grounds))


def _lighter(color: str, by: float) -> str:
    hue, lightness, saturation = _hls(color)
    return _hsl(hue * 360, saturation * 100, min(1.0, lightness + by) * 100)


def _hls(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)


def _signals(grounds: Sequence[str], *, dark: bool) -> Colors:
    tints = {"bad": _hsl(_RED, 70, 95 if dark else 17), "good": _hsl(_GREEN, 45, 93 if dark else 15)}
    return {
        "bad": _until(_RED, 72, (*grounds, tints["bad"]), AA, dark=dark), "bad-tint": tints["bad"],
        "good": _until(_GREEN, 60, (*grounds, tints["good"]), AA, dark=dark), "good-tint": tints["good"],
        "on-bad": "#ffffff" if dark else _hsl(_RED, 40, 8),
    }  # fmt: skip


def _tones(hue: int, *, saturation: float, lightness: float, dark: bool) -> Colors:
    colors: Colors = {}
    for index, turn in enumerate((0, 150, 60, 210, 285, 0)):
        strength = 10 if index == 5 else saturation
        shade = _not_green((hue + turn) % 360)
        ground = _hsl(shade, strength, lightness)
        colors[f"tone{index}"] = ground
        colors[f"tone{index}-ink"] = _until(shade, strength, (ground,), AA + 0.4, dark=dark)
    return colors


def _not_green(hue: int) -> int:
    """Green says that something is done; what is still open is never green."""
    return (hue + 120) % 360 if hue in _GREENS else hue


def _until(hue: int, saturation: float, grounds: Sequence[str], ratio: float, *, dark: bool) -> str:
    """The most colourful shade of the hue that has the contrast on every ground."""
    steps = range(60, -1, -1) if dark else range(45, 101)
    shades = (_hsl(hue, saturation, step) for step in steps)
    return next(shade for shade in shades if all(contrast(shade, ground) >= ratio for ground in grounds))


def _hsl(hue: float, saturation: float, lightness: float) -> str:
    parts = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _block(selector: str, colors: Colors, *, indent: str = "  ") -> str:
    lines = "".join(f"{indent}--{name}: {value};\n" for name, value in colors.items())
    return f"{selector} {{\n{lines}{indent[2:]}}}\n"
