"""Colours that founders name, as they write them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

NAMED: Final = {
    "amber": "#ffbf00", "aqua": "#00b8c4", "beige": "#d9c8a9", "black": "#111111", "blue": "#1f5fd0",
    "bronze": "#a9713c", "brown": "#7b4b2a", "burgundy": "#7a1f3d", "charcoal": "#36454f", "coral": "#ff6f5e",
    "cream": "#efe2c0", "cyan": "#00a8c6", "emerald": "#0b8f5a", "forest green": "#22663b", "gold": "#c9a227",
    "gray": "#6b7280", "green": "#2e8b3d", "grey": "#6b7280", "indigo": "#4338ca", "ivory": "#efe9d4",
    "lavender": "#9a86d4", "lilac": "#b08bd0", "lime": "#7cb518", "magenta": "#c2188b", "maroon": "#7b1e2b",
    "mint": "#5cc9a7", "mustard": "#c99a1a", "navy": "#14305e", "navy blue": "#14305e", "olive": "#6b7a2a",
    "orange": "#e8710a", "peach": "#f4a582", "pink": "#e0559b", "plum": "#7d3c74", "purple": "#7440b5",
    "red": "#c9252d", "rose": "#d6456b", "royal blue": "#2b50c8", "rust": "#b0461e", "sage": "#8aa17c",
    "salmon": "#ef7f6c", "sand": "#cdb58b", "silver": "#8f99a3", "sky blue": "#3f9fe0", "slate": "#4b5a6b",
    "tan": "#b8915f", "teal": "#0f7f80", "terracotta": "#c0573b", "turquoise": "#18a999", "violet": "#6d4bc3",
    "white": "#f4f4f2", "yellow": "#e5b80b",
}  # fmt: skip
_HEX: Final = re.compile(r"#[0-9a-f]{6}")


def _hex_color(text: str) -> str:
    """The colour as #rrggbb."""
    plain = " ".join(text.casefold().split())
    color = NAMED.get(plain, plain)
    if not _HEX.fullmatch(color):
        raise ValueError(f"{text!r} is no colour that is known; write it as #rrggbb")
    return color


Color = Annotated[str, AfterValidator(_hex_color)]
"""A colour by its name or as `#14305e`."""
