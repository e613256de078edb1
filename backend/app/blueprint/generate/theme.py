"""Every colour of an app from one hue, light and dark, each text readable on what it stands on (WCAG AA)."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Final

AA: Final = 4.6
AA_EDGE: Final = 3.1
_RED: Final = 2
_GREEN: Final = 150

Colors = dict[str, str]


def theme_css(hue: int) -> str:
    """The style sheet that names every colour."""
    light = _block(":root", _light(hue))
    dark = _block("  :root", _dark(hue), indent="    ")
    return f"/* Worked out from the hue {hue}. */\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def icon_svg(hue: int, monogram: str) -> str:
    """A square icon with one or two letters; `monogram` holds letters and digits only."""
    colors = _light(hue)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="18" fill="{colors["accent"]}"/>'
        f'<text x="32" y="42" font-family="system-ui,sans-serif" font-size="28" font-weight="700" '
        f'text-anchor="middle" fill="{colors["on-accent"]}">{monogram}</text></svg>\n'
    )


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours such as `#0a7f5c`."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _light(hue: int) -> Colors:
    page, card, tint = _hsl(hue, 26, 97.5), "#ffffff", _hsl(hue, 34, 94)
    grounds = (page, card, tint)
    colors = {
        "page": page, "card": card, "field": "#ffffff", "tint": tint, "line": _hsl(hue, 20, 88),
        "edge": _until(hue, 12, grounds, AA_EDGE, dark=True),
        "ink": _hsl(hue, 28, 13), "soft": _until(hue, 12, grounds, AA + 0.6, dark=True),
        "accent": _until(hue, 68, grounds, AA, dark=True), "on-accent": "#ffffff",
        "focus": _until(hue, 80, grounds, AA, dark=True),
    }  # fmt: skip
    return colors | _hero(hue) | _signals(grounds, dark=True) | _tones(hue, saturation=58, lightness=91, dark=True)


def _dark(hue: int) -> Colors:
    page, card, tint = _hsl(hue, 18, 8.5), _hsl(hue, 15, 12.5), _hsl(hue, 17, 18)
    grounds = (page, card, tint)
    colors = {
        "page": page, "card": card, "field": _hsl(hue, 16, 9.5), "tint": tint, "line": _hsl(hue, 12, 23),
        "edge": _until(hue, 10, grounds, AA_EDGE, dark=False),
        "ink": _hsl(hue, 16, 94), "soft": _until(hue, 12, grounds, AA + 0.8, dark=False),
        "accent": _until(hue, 70, grounds, AA, dark=False), "on-accent": _hsl(hue, 40, 8),
        "focus": _until(hue, 85, grounds, AA, dark=False),
    }  # fmt: skip
    return (
        colors | _hero(hue) | _signals(grounds, dark=False) | _tones(hue, saturation=34, lightness=22, dark=False)
    )


def _hero(hue: int) -> Colors:
    white = ("#ffffff",)
    start, end = _until(hue, 62, white, 6.0, dark=True), _until((hue + 38) % 360, 58, white, 6.0, dark=True)
    return {"hero": start, "hero-2": end, "on-hero": "#ffffff", "hero-ink": start}


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
        ground = _hsl((hue + turn) % 360, strength, lightness)
        colors[f"tone{index}"] = ground
        colors[f"tone{index}-ink"] = _until((hue + turn) % 360, strength, (ground,), AA + 0.4, dark=dark)
    return colors


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
