"""Colours in OKLCH, where equal steps look equal: made, measured, and moved until a text can be read."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from functools import lru_cache
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Final

WHITE: Final = "#ffffff"
_STEP: Final = 0.01
_MIDDLE: Final = 0.68
_DEEPER: Final = 15


@lru_cache(maxsize=4096)
def oklch(lightness: float, chroma: float, hue: float) -> str:
    """The colour as `#rrggbb`; one that no screen shows loses chroma, and keeps its lightness and hue."""
    low, high = 0.0, chroma
    if _is_shown(_to_linear_rgb(lightness, chroma, hue)):
        low = chroma
    else:
        # Halving twelve times finds the chroma to 1 in 4,096, finer than a screen can show.
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _is_shown(_to_linear_rgb(lightness, middle, hue)) else (low, middle)
    return "#" + "".join(f"{round(255 * _encode_part(part)):02x}" for part in _to_linear_rgb(lightness, low, hue))


def _to_linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    # The matrices are those of Oklab's definition.
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _is_shown(parts: tuple[float, float, float]) -> bool:
    # The matrices are rounded, so even white comes out a hair beside the range.
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _encode_part(part: float) -> float:
    clipped = min(1.0, max(0.0, part))
    return 12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055


def wheel_to_oklch(hue: float) -> float:
    """The OKLCH hue of a hue on the usual colour wheel, where red is 0, green 120 and blue 240."""
    return _measure_parts(*colorsys.hls_to_rgb(hue % 360 / 360, 0.5, 0.85))[2]


def measure(color: str) -> tuple[float, float, float]:
    """The lightness, chroma and hue of a colour such as `#14305e`."""
    return _measure_parts(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def _measure_parts(*parts: float) -> tuple[float, float, float]:
    red, green, blue = (_decode_part(part) for part in parts)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    return lightness, hypot(a, b), degrees(atan2(b, a)) % 360


def _decode_part(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio of two colours such as `#0a7f5c`."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)
def _luminance(color: str) -> float:
    red, green, blue = (_decode_part(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable(lightness: float, chroma: float, hue: float, *, on: Sequence[str], ratio: float, darker: bool) -> str:
    """The colour nearest to the wanted lightness, going one way, that has the contrast on every ground."""
    while 0 <= lightness <= 1:
        # Rounded, or steps of a hundredth add up to numbers that the cache never sees twice.
        shade = oklch(round(lightness, 3), chroma, hue)
        if all(contrast(shade, ground) >= ratio for ground in on):
            return shade
        lightness += -_STEP if darker else _STEP
    return "#000000" if darker else WHITE


def filled(lightness: float, chroma: float, hue: float, *, ratio: float) -> tuple[str, str]:
    """A ground near the wanted lightness, and the white or nearly black text that can be read on it.

    White on a shade somewhat darker looks better than black on a middling one.
    """
    if lightness <= _MIDDLE:
        for step in range(_DEEPER):
            ground = oklch(round(lightness - step * _STEP, 3), chroma, hue)
            if contrast(WHITE, ground) >= ratio:
                return ground, WHITE
    for distance in range(60):
        for step in (-distance, distance):
            at = round(lightness + step * _STEP, 3)
            ground = oklch(min(0.97, max(0.08, at)), chroma, hue)
            for text in (WHITE, oklch(0.19, min(chroma, 0.04), hue)):
                if contrast(text, ground) >= ratio:
                    return ground, text
    raise AssertionError("black or white can be read on every colour")
