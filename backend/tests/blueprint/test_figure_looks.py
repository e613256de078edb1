"""A figure looks as its parts do: their decimals, their currency, or the unit that is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.blueprint.generate.expressions import figure_py
from app.blueprint.spec import AppSpec


def league(**figures: str | dict[str, Any]) -> AppSpec:
    """Clubs with their games, and these figures of a club."""
    computed = [
        {
            "name": name,
            "label": name,
            "about": name,
            **(figure if isinstance(figure, dict) else {"expression": figure}),
        }
        for name, figure in figures.items()
    ]
    goals = [{"name": name, "type": "int", "required": True} for name in ("scored", "conceded")]
    game = [
        {"name": "title", "required": True},
        {"name": "club", "type": "ref", "ref": "Club", "required": True, "on_delete": "cascade"},
        *goals,
        {"name": "gate", "type": "money"},
        {"name": "hours", "type": "decimal", "digits": 1},
    ]
    won = [{"name": "won", "label": "Won", "about": "By how many.", "expression": "scored - conceded"}]
    entities = [
        {"name": "Club", "fields": [{"name": "name", "required": True}], "computed": computed},
        {"name": "Game", "fields": game, "computed": won},
    ]
    return AppSpec.model_validate(
        {
            "title": "League",
            "tagline": "Who leads.",
            "goal": "league",
            "engine": "t",
            "confidence": 1,
            "entities": entities,
        }
    )


def shown(spec: AppSpec, name: str) -> str:
    """The type of the field that shows a figure of a club, with its digits."""
    club = spec.entities[0]
    figure = club.figure(name)
    assert figure is not None
    line = figure_py(spec, club, figure)
    return line.partition(", ")[2].partition(", ")[2].partition(", sql=")[0]


def test_a_figure_over_figures_of_whole_numbers_is_whole() -> None:
    spec = league(
        pairs="twice * best",
        score="points + twice",
        twice="points * 2",
        points="sum(won of Game)",
        best="max(won of Game)",
        far="pairs - score",
    )

    assert {
        name: shown(spec, name) for name in ("points", "twice", "best", "score", "pairs", "far")
    } == dict.fromkeys(("points", "twice", "best", "score", "pairs", "far"), "'int'")


def test_a_figure_says_its_unit_or_that_it_is_money() -> None:
    spec = league(
        fees="money(count(Game) * 12.5)",
        owed="fees + sum(gate of Game)",
        way={"expression": "count(Game) * 14", "unit": "km"},
    )

    assert (shown(spec, "fees"), shown(spec, "owed")) == ("'money'", "'money'")
    club = spec.entities[0]
    assert "'int', unit='km', sql=" in figure_py(spec, club, club.computed[2])


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ({"expression": "sum(gate of Game)", "unit": "$"}, "only a number has a unit, and money has the currency"),
        ({"expression": "count(Game) > 2", "unit": "km"}, "only a number has a unit, and this is yes or no"),
        ({"expression": "money(sum(gate of Game))"}, "value 1 of money must be number, not money"),
    ],
    ids=["money", "condition", "twice"],
)
def test_a_unit_belongs_to_a_number(figure: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        league(figure=figure)


@pytest.mark.parametrize(
    ("expression", "looks"),
    [
        ("time + 1", "'decimal', digits=1"),
        ("time * 2", "'decimal', digits=1"),
        ("rounded * 2", "'decimal', digits=1"),
        ("average(won of Game)", "'decimal', digits=2"),
        ("money * 2", "'money'"),
    ],
    ids=["sum", "product", "rounded", "average", "money"],
)
def test_a_figure_over_figures_has_the_decimals_of_its_parts(expression: str, looks: str) -> None:
    rounded = {"expression": "average(scored of Game)", "digits": 1}
    spec = league(
        over=expression, time="sum(hours of Game)", money="sum(gate of Game)", rounded=rounded
    )  # fmt: skip

    assert shown(spec, "over") == looks
