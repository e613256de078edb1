"""Figures, rankings and scales that a goal asks for are worked out, and an order that nothing makes is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, ViewKind, WishState


def figures(spec: AppSpec) -> dict[str, str]:
    return {
        f"{entity.label}: {figure.label}": figure.expression
        for entity in spec.entities
        for figure in entity.computed
    }


def rankings(spec: AppSpec) -> set[tuple[str, str | None]]:
    return {(view.entity, view.field) for view in spec.views if view.kind is ViewKind.RANKING}


@pytest.mark.parametrize(
    ("goal", "figure", "expression", "ranking"),
    [
        ("Debates: judges score teams, teams ranked by total score", "Team: Total score", "sum(points of Score)",
         ("Team", "total_score")),
        ("Recipe club: members review recipes, ranked by average rating", "Recipe: Average rating",
         "average(rating of Review)", ("Recipe", "average_rating")),
        ("Photo contest: jurors score every entry, entries with the highest score first", "Entry: Total score",
         "sum(points of Score)", ("Entry", "total_score")),
    ],
)  # fmt: skip
def test_what_is_put_in_order_is_worked_out(
    goal: str, figure: str, expression: str, ranking: tuple[str, str]
) -> None:
    spec = understand(goal)
    assert figures(spec)[figure] == expression
    assert ranking in rankings(spec)
    # Nobody types what is worked out.
    ranked = next(entity for entity in spec.entities if entity.name == ranking[0])
    assert ranked.field(ranking[1]) is None


@pytest.mark.parametrize(
    ("goal", "lowest", "highest"),
    [
        ("Debates: judges score teams from 60 to 80", 60, 80),
        ("Recipe club: members review recipes with a rating from 1 to 5", 1, 5),
        ("Photo contest: jurors score every entry 1 to 10", 1, 10),
        ("Recipe club: members rate recipes out of five", 1, 5),
    ],
)
def test_a_scale_is_a_limit(goal: str, lowest: int, highest: int) -> None:
    limits = {(field.lowest, field.highest) for entity in understand(goal).entities for field in entity.fields}
    assert (Decimal(lowest), Decimal(highest)) in limits


@pytest.mark.parametrize(
    "goal",
    [
        "Reading challenge: pupils log books with pages. Leaderboard of pupils by pages.",
        "Bees: hives and inspections, biggest hive on top",
    ],
)
def test_an_order_that_nothing_makes_is_not_counted_as_kept(goal: str) -> None:
    spec = understand(goal)
    assert rankings(spec) == set()
    assert spec.wishes[-1].state is not WishState.KEPT


def test_an_order_of_something_is_no_order_that_is_placed() -> None:
    spec = understand("Film club: members suggest films, show the films in order of their year")
    assert "Order" not in {entity.label for entity in spec.entities}


@pytest.mark.parametrize(
    ("goal", "ranking"),
    [
        ("Bowling league: teams, players, scores per round, leaderboard", ("Player", "total_points")),
        ("Charity run: runners, donations, top 10 runners", ("Runner", "total_amount")),
        ("Directory of cafes with reviews, best rated first", ("Cafe", "average_rating")),
        ("Residents suggest ideas and vote on them, the most popular ones at the top", ("Idea", "votes")),
    ],
)
def test_a_ranking_that_does_not_say_by_what_goes_by_what_is_scored_or_given(
    goal: str, ranking: tuple[str, str]
) -> None:
    assert ranking in rankings(understand(goal))


@pytest.mark.parametrize(
    "goal",
    [
        "A shop with products and orders, the top 10 products",
        "Best practice library: documents and authors",
        "A bakery with the best bread in town: orders by customers, donations",
    ],
)
def test_where_nothing_is_scored_nothing_is_ranked(goal: str) -> None:
    assert rankings(understand(goal)) == set()


@pytest.mark.parametrize(
    ("goal", "order"),
    [
        ("Bees: hives and inspections, oldest inspection on top", "on_date"),
        ("My wine collection, cheapest first", "price"),
        ("Bug reports by members, newest first", "on_date desc"),
    ],
)
def test_the_order_of_a_list_is_the_one_that_is_asked_for(goal: str, order: str) -> None:
    assert order in {entity.order for entity in understand(goal).entities}


def test_without_a_date_or_price_a_list_stays_as_it_is() -> None:
    spec = understand("A choir: singers and songs, oldest first")
    assert {entity.order for entity in spec.entities} == {None}


def test_what_people_have_not_paid_is_added_up() -> None:
    spec = understand("Club fees: members pay fees, I want to see who owes what")
    owed = figures(spec)["Member: Owed"]
    assert owed.startswith("or_else(sum(amount of Fee where status is empty or status not in (")
    assert '"Paid"' in owed


@pytest.mark.parametrize(
    "goal",
    ["Club fees: members pay fees", "A kitchen with recipes and members, we owe it to our grandmothers"],
)
def test_nobody_owes_what_the_goal_does_not_speak_of_or_nothing_says(goal: str) -> None:
    assert "Member: Owed" not in figures(understand(goal))
