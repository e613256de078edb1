"""The looks of apps: every text of every design can be read, and a business gets a look of its own."""

from __future__ import annotations

import re
import tomllib
import zlib
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from app.blueprint.generate import generate
from app.blueprint.generate.art import art_html, motif_of, motifs
from app.blueprint.generate.colors import contrast, oklch, wheel_to_oklch
from app.blueprint.generate.customer_words import customer_lead, customer_name
from app.blueprint.generate.designs import design_of, designs
from app.blueprint.generate.example_files import HEIGHT, WIDTH, example_content
from app.blueprint.generate.theme import Look, colors, look, theme_css
from app.blueprint.language import understand
from app.blueprint.look_words import read_theme
from app.blueprint.spec import AppSpec, Design, Scheme, ThemeSpec, WishState
from app.blueprint.spec_colors import NAMED

STRENGTHS = (1.0, 0.55, 0.0)
SECONDS = (0, 90, 180, 270)
TEXTS = ("ink", "soft", "accent", "bad", "good", "focus")
GROUNDS = ("page", "card", "tint", "tint-2", "field")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    ("on-fill", "fill"), ("on-second", "second"), ("on-bad", "bad"), ("bad", "bad-tint"), ("good", "good-tint"),
    *((text, ground) for text in ("on-hero", "hero-soft", "hero-mark") for ground in ("hero", "hero-2")),
    ("on-hero-fill", "hero-fill"),
    *((text, ground) for text in ("side-ink", "side-soft", "side-mark") for ground in ("side", "side-on")),
    *((f"tone{number}-ink", f"tone{number}") for number in range(6)),
    # What a design's own sheet puts together.
    ("page", "ink"), ("side", "side-mark"),
]  # fmt: skip
EDGES = [("edge", "field"), ("edge", "page")]


def spec_about(goal: str, **theme: object) -> AppSpec:
    entity = {"name": "Thing", "fields": [{"name": "name", "required": True}]}
    return AppSpec.model_validate({"title": "Corner", "tagline": goal, "entities": [entity], "theme": theme})


@pytest.mark.parametrize("design", Design)
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_every_text_of_a_design_can_be_read_whatever_its_hues(design: Design, is_dark: bool) -> None:
    weak = []
    for hue in range(0, 360, 10):
        for second in SECONDS:
            for strength in STRENGTHS:
                shades = colors(Look(designs()[design], hue, (hue + second) % 360, strength), is_dark=is_dark)
                weak += [(hue, pair) for pair in PAIRS if contrast(shades[pair[0]], shades[pair[1]]) < 4.5]
                weak += [(hue, pair) for pair in EDGES if contrast(shades[pair[0]], shades[pair[1]]) < 3]
    assert weak == []


@pytest.mark.parametrize("design", Design)
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_in_the_founders_colours(design: Design, is_dark: bool) -> None:
    weak = []
    for lead in NAMED:
        for second in ("gold", "black", "white", "#ff00aa"):
            wears = look(spec_about("Bread", design=design, colors=[lead, second]))
            shades = colors(wears, is_dark=is_dark)
            weak += [(lead, second, pair) for pair in PAIRS if contrast(shades[pair[0]], shades[pair[1]]) < 4.5]
    assert weak == []


def test_a_colour_that_can_be_read_on_is_taken_as_it_is() -> None:
    shades = colors(look(spec_about("Bread", colors=["Navy Blue", "gold"])), is_dark=False)
    assert (shades["fill"], shades["second"]) == (NAMED["navy"], NAMED["gold"])
    with pytest.raises(ValidationError, match="is no colour that is known"):
        spec_about("Bread", colors=["blurple"])


@pytest.mark.parametrize("design", Design)
def test_a_design_uses_only_colours_that_its_theme_names(design: Design) -> None:
    starter = files("app.blueprint") / "starters" / "starlette" / "app" / "static" / "style.css"
    css = theme_css(Look(designs()[design], 30, 200)) + starter.read_text(encoding="utf-8")
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", css)) - set(re.findall(r"--([a-z0-9-]+):", css)) == set()


@pytest.mark.parametrize("design", Design)
def test_the_sheet_of_a_design_is_small_and_loads_nothing(design: Design) -> None:
    css = theme_css(Look(designs()[design], 30, 200))
    assert len(css.encode()) < 20_000
    assert not re.search(r"url\(|@import|@font-face", css)


def test_there_is_a_design_for_every_name_and_each_is_its_own() -> None:
    assert set(designs()) == set(Design)
    every = designs().values()
    assert len({(one.shape["face"], one.shape["radius"], one.hero) for one in every}) == len(every)
    assert len({one.css for one in every}) == len(every)


@pytest.mark.parametrize("hue", range(0, 360, 20))
def test_what_is_open_is_never_as_green_as_what_is_done(hue: int) -> None:
    shades = colors(Look(designs()[Design.CALM], hue, 0), is_dark=False)
    for number in range(5):
        red, green, blue = (int(shades[f"tone{number}"][at : at + 2], 16) for at in (1, 3, 5))
        assert not (green > red + 6 and green > blue + 6), number


def test_colours_are_the_known_ones() -> None:
    assert oklch(1, 0, 0) == "#ffffff"
    assert oklch(0.627966, 0.257704, 29.2346) == "#ff0000"
    assert oklch(0.519752, 0.176858, 142.495) == "#008000"
    assert wheel_to_oklch(0) == pytest.approx(29, abs=3)
    assert wheel_to_oklch(240) == pytest.approx(264, abs=3)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(
    ("goal", "design"),
    [
        ("a booking app for a yoga studio", Design.CALM),
        ("pre-orders for our bakery", Design.HEARTY),
        ("sign-up for a kids' day camp", Design.PLAYFUL),
        ("repair jobs of a bike workshop", Design.STURDY),
        ("a playful site for a yoga studio", Design.PLAYFUL),
    ],
)
def test_the_trade_chooses_the_design_and_a_mood_outweighs_it(goal: str, design: Design) -> None:
    assert design_of(spec_about(goal)).name is design


def test_a_specification_names_its_design_hues_and_scheme() -> None:
    spec = spec_about("yoga", design="sturdy", hue=240, second_hue=60, tone="grey", scheme="dark")
    wears = look(spec)
    assert (wears.design.name, wears.strength, wears.scheme) == (Design.STURDY, 0.0, Scheme.DARK)
    assert wears.hue == pytest.approx(266, abs=3)
    css = generate(spec)["app/static/theme.css"]
    assert "prefers-color-scheme" not in css
    assert "color-scheme: dark;" in css
    assert colors(wears, is_dark=True)["page"] in css


def test_a_theme_of_version_1_is_read() -> None:
    assert ThemeSpec.model_validate({"hue": 215}).design is None


def test_apps_do_not_all_look_alike() -> None:
    goals = ("a yoga studio", "invoices for a plumber", "bakery", "dog walkers", "track borrowed tools")
    looks = [look(understand(goal)) for goal in goals]
    assert len({(one.design.name, one.hue, one.second) for one in looks}) == len(looks)
    assert len({one.design.name for one in looks}) >= 3


@pytest.mark.parametrize("name", motifs())
def test_a_picture_is_drawn_in_the_colours_of_its_app(name: str) -> None:
    root = ElementTree.fromstring(f"<svg>{motifs()[name].shapes}</svg>")
    painted = {part.get("class", "").split(" ")[0] for part in root.iter() if not len(part)}
    assert painted <= {f"{kind}{number}" for kind in "ps" for number in range(1, 5)}


@pytest.mark.parametrize(
    ("goal", "motif"),
    [
        ("a yoga studio with bookings", "lotus"),
        ("bike repair", "bicycle"),
        ("expense claims of a team", "chart"),
        ("courses and lanes of a swimming pool", "waves"),
        ("a log of my bee hives", "hive"),
        ("board game night", "dice"),
        ("a waiting list for allotments", "leaf"),
        ("neighbours borrow tools from a shed", "gears"),
        ("bands book rehearsal rooms", "vinyl"),
        ("a marathon with waves of runners", "cupwin"),
        ("something", "shapes"),
    ],
)
def test_the_picture_fits_the_trade(goal: str, motif: str) -> None:
    spec = spec_about(goal)
    assert motif_of(spec) == motif
    assert motifs()[motif].shapes in art_html(spec)


def test_a_drill_is_pictured_by_no_valley_and_no_two_things_look_the_same() -> None:
    tools = [example_content(f"tools-photo-{number}.png", number) for number in range(1, 9)]
    valleys = [example_content(f"gardens-photo-{number}.png", number) for number in range(1, 9)]
    assert len({*tools, *valleys}) == 16
    assert {_bottom_colours(picture) for picture in tools} == {1}
    assert min(map(_bottom_colours, valleys)) > 1


def _bottom_colours(picture: bytes) -> int:
    """How many colours stand in the row a fifth above the lower edge: a shelf is one, hills are several."""
    start = picture.index(b"IDAT") + 4
    size = int.from_bytes(picture[start - 8 : start - 4], "big")
    rows = zlib.decompress(picture[start : start + size])
    at = (HEIGHT * 4 // 5) * (WIDTH + 1)
    return len(set(rows[at + 1 : at + 1 + WIDTH]))


def test_paper_is_laid_out_for_no_screen() -> None:
    sheet = (files("app.blueprint") / "starters" / "starlette" / "app" / "static" / "style.css").read_text()
    # A sheet on its side is as wide as a small screen, and one upright as narrow as a large telephone.
    widths = re.findall(r"@media ([^{]*\bwidth[^{]*)\{", sheet)
    assert widths
    assert all(rule.startswith(("screen and", "print,")) for rule in widths)
    paper = sheet.partition("@media print {")[2]
    for name in ("page", "card", "tint", "field", "ink", "soft"):
        assert f"--{name}: #" in paper


def test_customers_read_no_word_of_software() -> None:
    spec = understand("A booking app for a yoga studio")
    assert customer_name(spec) == "Yoga Studio"
    assert customer_lead(spec).startswith("Book a yoga class right here")
    # Who speaks of customers does not speak to them.
    told = understand("A bike workshop where customers book a repair on a page")
    assert customer_lead(told) == "Book a repair right here: it takes a minute, and you need no account."
    words = spec_about("Fresh bread, every morning.")
    assert customer_lead(words) == "Fresh bread, every morning."
    assert customer_lead(spec_about("Track things")) == "Welcome to Corner."


def test_who_signs_in_reads_what_for() -> None:
    spec = understand("Dog walker: dogs, owners, walks at 12. Owners see their own dogs")
    assert customer_lead(spec) == "Sign in and see your dogs."


@pytest.mark.parametrize(
    "goal",
    [
        "A film club: members propose films",
        "Dog walks at 12 and 3pm",
        "Bread that people order ahead",
        "Everyone votes for a film",
    ],
)
def test_customers_do_not_read_the_order_that_a_founder_gave(goal: str) -> None:
    assert customer_lead(spec_about(goal)) == "Welcome to Corner."


TEAL, GOLD, BLUE, ORANGE, NAVY = 178, 44, 216, 28, 224


@pytest.mark.parametrize(
    ("goal", "theme"),
    [
        ("A shop for my bakery in teal and gold", {"hue": TEAL, "second_hue": GOLD}),
        ("A notes app. Pastel blue theme.", {"hue": BLUE, "tone": "soft"}),
        ("A camp. Use bright orange and navy blue.", {"hue": ORANGE, "second_hue": NAVY}),
        ("A club. Our colours are #0a7f5c and white.", {"hue": 162}),
        ("A dark app for my record collection", {"scheme": "dark"}),
        ("A portfolio in black and white", {"tone": "grey"}),
        ("Tasks with a light theme", {"scheme": "light"}),
        ("Orders of orange juice and brown bread", {}),
        ("Bookings of plants in green houses", {}),
        ("Tickets for the Red Cross", {}),
        ("Judo students and their black belts", {}),
        ("A list of dark chocolate bars", {}),
    ],
)
def test_colours_and_light_or_dark_are_read_from_the_goal(goal: str, theme: dict[str, object]) -> None:
    assert read_theme(goal) == ThemeSpec.model_validate(theme)


def test_what_the_specification_says_counts_before_the_goal() -> None:
    wears = look(spec_about("A shop in teal and gold, with a dark theme", hue=0, scheme="light"))
    assert wears.hue == pytest.approx(wheel_to_oklch(0))
    assert wears.second == pytest.approx(wheel_to_oklch(GOLD))
    assert wears.scheme is Scheme.LIGHT


def test_a_goal_that_names_its_look_gets_it_and_is_told_so() -> None:
    spec = understand("A pre-order shop for my bakery, elegant, in teal and gold")
    assert (spec.theme.hue, spec.theme.second_hue) == (TEAL, GOLD)
    assert design_of(spec).name is Design.ELEGANT
    assert not {"teal", "gold", "elegant"} & set(spec.title.lower().split())
    assert all(wish.state is WishState.KEPT for wish in spec.wishes)


def test_the_manual_names_every_design() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "how-to" / "change-your-app.md").read_text(encoding="utf-8")
    block = tomllib.loads(manual.split("```toml\n[theme]")[1].split("```")[0])
    assert ThemeSpec.model_validate(block)
    assert all(re.search(rf"\b{design.value}\b", manual) for design in Design)
