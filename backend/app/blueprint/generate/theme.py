"""Every colour of an app from its design and hues, light and dark, each text readable on its ground (AA)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from app.blueprint.generate.colors import filled, measure, oklch, readable, wheel_to_oklch
from app.blueprint.generate.designs import DesignData, Shades, design_of
from app.blueprint.look_words import read_theme
from app.blueprint.spec import AppSpec, Design, Scheme, ThemeSpec, Tone

# WCAG asks for 4.5 where there is text and 3 where there is an edge; the rest is for rounding.
AA: Final = 4.6
AA_EDGE: Final = 3.1
_RED: Final = 27.0
_GREEN: Final = 152.0
_GREENS: Final = range(115, 196)
_YELLOWS: Final = range(70, 118)
_GREYISH: Final = 0.02
_TONES: Final = {Tone.FULL: 1.0, Tone.SOFT: 0.55, Tone.GREY: 0.0}

Colors = dict[str, str]


@dataclass(frozen=True)
class Look:
    """The look of an app: a design, the OKLCH hues of its two colours, how strong they are, and light or dark.

    `lead` and `beside` are how light and colourful the founder's own colours are, which buttons are filled
    with.
    """

    design: DesignData
    hue: float
    second: float
    strength: float = 1.0
    scheme: Scheme = Scheme.BOTH
    lead: tuple[float, float] | None = None
    beside: tuple[float, float] | None = None

    @property
    def classes(self) -> str:
        """The classes that the pages wear."""
        return f"{self.design.name} hero-{self.design.hero}"


def look(spec: AppSpec) -> Look:
    """The look of an app, the same for each of its versions as long as it is called the same."""
    design, theme = design_of(spec), _theme_asked_for(spec)
    number = crc32(spec.title.encode())
    wheel = design.hues[number % len(design.hues)] if theme.hue is None else theme.hue
    hue = wheel_to_oklch(wheel)
    second = (hue + design.turn) % 360 if theme.second_hue is None else wheel_to_oklch(theme.second_hue)
    plain = Look(design, hue, second, _TONES[theme.tone or Tone.FULL], theme.scheme or Scheme.BOTH)
    return _with_own_colors(plain, *theme.colors) if theme.colors else plain


def _with_own_colors(plain: Look, lead: str, beside: str = "") -> Look:
    """The look in the founder's own colours; beside black, grey and white nothing else is coloured."""
    lightness, chroma, hue = measure(lead)
    second = measure(beside) if beside else None
    strength = 0.0 if chroma < _GREYISH and (second is None or second[1] < _GREYISH) else plain.strength
    return replace(
        plain, hue=hue, second=second[2] if second else plain.second, strength=strength, lead=(lightness, chroma),
        beside=second[:2] if second else None,
    )  # fmt: skip


def _theme_asked_for(spec: AppSpec) -> ThemeSpec:
    """The theme that a specification names, and where it names nothing, what the words of its goal ask for."""
    said_by_spec = spec.theme.model_dump(exclude_none=True)
    return ThemeSpec.model_validate(read_theme(spec.goal).model_dump(exclude_none=True) | said_by_spec)


def settled_theme(spec: AppSpec) -> ThemeSpec:
    """The theme of an app with everything said that its words leave open: with it, other words look the same."""
    design, theme = design_of(spec), _theme_asked_for(spec)
    hue = design.hues[crc32(spec.title.encode()) % len(design.hues)] if theme.hue is None else theme.hue
    return theme.model_copy(update={"design": Design(design.name), "hue": hue})


def theme_css(look: Look) -> str:
    """The style sheet that names the colours, letters and shape of an app, and what only its design has."""
    shape = dict(look.design.shape)
    light, dark = _css_block(":root", colors(look, is_dark=False)), _css_block(":root", colors(look, is_dark=True))
    if look.scheme is Scheme.DARK:
        schemes = dark
    elif look.scheme is Scheme.LIGHT:
        schemes = light
    else:
        schemes = f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
    scheme = {Scheme.BOTH: "light dark", Scheme.LIGHT: "light", Scheme.DARK: "dark"}[look.scheme]
    shaped = _css_block(":root", shape).replace("{\n", f"{{\n  color-scheme: {scheme};\n", 1)
    return f"/* Worked out from a design and its hues. */\n{shaped}{schemes}\n{look.design.css}"


def icon_svg(look: Look, monogram: str) -> str:
    """A square icon with one or two letters; `monogram` holds letters and digits only."""
    shades = colors(look, is_dark=False)
    corner = {"0": 0, ".5rem": 8}.get(look.design.shape["radius"], 18)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="{corner}" fill="{shades["fill"]}"/>'
        f'<text x="32" y="42" font-family="system-ui,sans-serif" font-size="28" font-weight="700" '
        f'text-anchor="middle" fill="{shades["on-fill"]}">{monogram}</text></svg>\n'
    )


def colors(look: Look, *, is_dark: bool) -> Colors:
    """Every colour of a look by its role, in its light or its dark scheme."""
    return _Palette(look, is_dark=is_dark).all()


class _Palette:
    def __init__(self, look: Look, *, is_dark: bool) -> None:
        self.look, self.is_dark = look, is_dark
        self.shades: Shades = look.design.dark if is_dark else look.design.light
        paper = look.design.paper
        self.paper = look.hue if paper is None else float(paper)

    def all(self) -> Colors:
        """The colours by role."""
        grounds = self._ground_colors()
        on = tuple(grounds.values())
        accent = self._text_named("accent", self.look.hue, on, AA)
        fill, on_fill = self._fill_named("fill", self.look.hue, self.look.lead)
        second, on_second = self._fill_named("fill", self.look.second, self.look.beside)
        texts = {
            "ink": self._text_named("ink", self.paper, on, 7.5),
            "soft": self._readable_near(0.5 if not self.is_dark else 0.7, 0.02, self.paper, on, AA + 0.5),
            "edge": self._readable_near(0.68 if not self.is_dark else 0.45, 0.015, self.paper, on, AA_EDGE),
            "accent": accent, "focus": accent, "fill": fill, "on-fill": on_fill, "second": second,
            "on-second": on_second, "line": self._shade_named("line", self.paper), "field": grounds["card"],
        }  # fmt: skip
        return (
            grounds
            | texts
            | self._hero_colors()
            | self._side_colors()
            | self._signal_colors(on)
            | self._tone_colors()
            | self._art_colors()
        )

    def _ground_colors(self) -> Colors:
        tint, chroma = self.shades["tint"]
        return {
            "page": self._shade_named("page", self.paper), "card": self._shade_named("card", self.paper),
            "tint": self._shade_named("tint", self.look.hue if self.look.design.paper is None else self.paper),
            "tint-2": self._oklch(tint, chroma, self.look.second),
        }  # fmt: skip

    def _hero_colors(self) -> Colors:
        lightness, chroma = self.shades["hero"]
        ground = self._oklch(lightness, chroma, self.look.hue)
        is_deep = lightness < 0.5
        second_ground = self._oklch(lightness + (0.05 if is_deep else -0.035), chroma, self.look.second)
        on = (ground, second_ground)
        ink = self._readable_between(0.97 if is_deep else self.shades["ink"][0], 0.02, on, 7.0, is_deep=is_deep)
        soft = self._readable_between(0.86 if is_deep else 0.42, 0.03, on, AA + 0.4, is_deep=is_deep)
        mark = self._readable_between(0.8 if is_deep else 0.5, 0.14, on, AA, is_deep=is_deep)
        # A button on the first page's ground: the colour of the app where that stands out from it.
        button, on_button = self._fill_named("fill", self.look.hue, self.look.lead)
        if self.look.design.hero == "vivid":
            button, on_button = ink, ground
        elif is_deep:
            button = self._bright_ground(self.look.hue if self.look.design.hero == "ink" else self.look.second)
            on_button = ground
        glow = self._bright_ground(self.look.second) if is_deep else self._oklch(0.8, 0.14, self.look.second)
        return {
            "hero": ground, "hero-2": second_ground, "on-hero": ink, "hero-soft": soft, "hero-mark": mark,
            "hero-fill": button, "on-hero-fill": on_button,
            "hero-glow": glow,
        }  # fmt: skip

    def _bright_ground(self, hue: float) -> str:
        """A bright ground on the deep first page."""
        lightness, chroma = self.shades["hero"]
        on = (self._oklch(lightness, chroma, self.look.hue),)
        fill_l, fill_c = self.shades["fill"]
        return self._readable_between(max(0.78, fill_l), min(fill_c, 0.16), on, 6.0, is_deep=True, hue=hue)

    def _side_colors(self) -> Colors:
        """The bar along the owner's pages, which tells the desk from the site."""
        lightness, chroma = self.shades["side"]
        is_deep = lightness < 0.5
        ground = self._oklch(lightness, chroma, self.look.hue)
        second_ground = self._oklch(lightness + (0.085 if is_deep else -0.05), chroma + 0.015, self.look.hue)
        on = (ground, second_ground)
        return {
            "side": ground, "side-on": second_ground,
            "side-ink": self._readable_between(0.97 if is_deep else 0.24, 0.015, on, 7.0, is_deep=is_deep),
            "side-soft": self._readable_between(0.82 if is_deep else 0.46, 0.02, on, AA + 0.2, is_deep=is_deep),
            "side-mark": self._readable_between(0.8 if is_deep else 0.5, 0.13, on, AA, is_deep=is_deep),
        }  # fmt: skip

    def _signal_colors(self, grounds: tuple[str, ...]) -> Colors:
        light, tint = (0.5, 0.94) if not self.is_dark else (0.76, 0.28)
        signals: Colors = {}
        for name, hue, chroma in (("bad", _RED, 0.19), ("good", _GREEN, 0.12)):
            ground = oklch(tint, 0.045, hue)
            signals[f"{name}-tint"] = ground
            signals[name] = readable(light, chroma, hue, on=(*grounds, ground), ratio=AA, darker=not self.is_dark)
        return signals | {"on-bad": "#ffffff" if not self.is_dark else oklch(0.19, 0.03, _RED)}

    def _tone_colors(self) -> Colors:
        tones: Colors = {}
        lightness, text = (0.93, 0.42) if not self.is_dark else (0.33, 0.88)
        for index, turn in enumerate((0, 150, 60, 210, 285, 0)):
            hue = _not_green((self.look.hue + turn) % 360)
            chroma = 0.012 if index == 5 else 0.055
            ground = self._oklch(lightness, chroma, hue)
            tones[f"tone{index}"] = ground
            tones[f"tone{index}-ink"] = readable(
                text, chroma * 2 * self._strength, hue, on=(ground,), ratio=AA + 0.4, darker=not self.is_dark
            )
        return tones

    def _art_colors(self) -> Colors:
        """The colours that pictures are painted with; no text stands on them."""
        steps = (0.7, 0.8, 0.9, 0.42) if not self.is_dark else (0.66, 0.58, 0.4, 0.88)
        hue, second = self.look.hue, self.look.second
        hues, chromas = (hue, second, hue, hue), (0.14, 0.13, 0.06, 0.09)
        return {
            f"art-{at + 1}": self._oklch(steps[at], chromas[at], hues[at]) for at in range(len(steps))
        }  # fmt: skip

    @property
    def _strength(self) -> float:
        return self.look.strength

    def _oklch(self, lightness: float, chroma: float, hue: float) -> str:
        return oklch(min(1.0, lightness), round(chroma * self._strength, 4), round(hue, 1))

    def _shade_named(self, name: str, hue: float) -> str:
        return self._oklch(*self.shades[name], hue)

    def _fill_named(self, name: str, hue: float, own_shade: tuple[float, float] | None = None) -> tuple[str, str]:
        if own_shade is not None and not self.is_dark:
            return filled(round(own_shade[0], 3), round(own_shade[1], 4), round(hue, 1), ratio=AA)
        lightness, chroma = self.shades[name]
        if int(hue) in _YELLOWS and lightness > 0.45 and chroma > 0.1:
            # A yellow of the lightness of a blue is mud.
            lightness = max(lightness, 0.81)
        return filled(lightness, round(chroma * self._strength, 4), round(hue, 1), ratio=AA)

    def _text_named(self, name: str, hue: float, on: tuple[str, ...], ratio: float) -> str:
        return self._readable_near(*self.shades[name], hue, on, ratio)

    def _readable_near(
        self, lightness: float, chroma: float, hue: float, on: tuple[str, ...], ratio: float
    ) -> str:
        chroma_shown = round(chroma * self._strength, 4)
        return readable(lightness, chroma_shown, round(hue, 1), on=on, ratio=ratio, darker=not self.is_dark)

    def _readable_between(
        self, lightness: float, chroma: float, on: tuple[str, ...], ratio: float, *, is_deep: bool,
        hue: float | None = None,
    ) -> str:  # fmt: skip
        chroma_shown, at = round(chroma * self._strength, 4), self.look.hue if hue is None else hue
        return readable(lightness, chroma_shown, round(at, 1), on=on, ratio=ratio, darker=not is_deep)


def _not_green(hue: float) -> float:
    """Green says that something is done; what is still open is never green."""
    return (hue + 120) % 360 if int(hue) in _GREENS else hue


def _css_block(selector: str, values: Colors) -> str:
    lines = "".join(f"  --{name}: {value};\n" for name, value in values.items())
    return f"{selector} {{\n{lines}}}\n"
