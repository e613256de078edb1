"""A wish with a number is kept only where the app watches over that number."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.language.accounting import wishes_of
from app.blueprint.spec import WishState

KNOWN = frozenset({"dog", "booking", "class", "place"})


def state(goal: str, *, counts: bool = False, numbers: frozenset[str] = frozenset()) -> WishState:
    (wish,) = wishes_of(goal, KNOWN, counts=counts, adds_up=False, numbers=numbers)
    return wish.state


@pytest.mark.parametrize(
    "goal", ["at most eight dogs a day", "up to 8 dogs per day", "bookings for 30 minutes", "max twelve dogs"]
)
def test_a_number_that_nothing_watches_is_not_kept(goal: str) -> None:
    assert state(goal) is not WishState.KEPT


def test_a_number_that_people_enter_themselves_is_partly_kept() -> None:
    assert state("each class has at most 12 places", counts=True) is WishState.PARTLY


def test_a_number_that_a_rule_knows_is_kept() -> None:
    assert state("at most eight dogs a class", numbers=frozenset({"8"})) is WishState.KEPT


def test_a_number_that_a_rule_knows_is_not_kept_by_the_day() -> None:
    assert state("at most eight dogs a day", numbers=frozenset({"8"})) is WishState.PARTLY


def test_words_without_a_number_are_judged_by_their_words() -> None:
    assert state("dogs with bookings") is WishState.KEPT


@pytest.mark.parametrize(
    "goal",
    [
        "Snagging for new build houses: rooms, snags, due date",
        "A wholesale bakery where shops order bread and see the products at their own price list",
    ],
)
def test_what_such_apps_usually_have_is_no_proof_that_this_one_has_it(goal: str) -> None:
    assert understand(goal).wishes[-1].state is WishState.LEFT_OUT


@pytest.mark.parametrize(
    "goal", ["small place 15", "15 per dog", "dogs at 12", "free booking from 12 dogs", "a dog is 9.50"]
)
def test_a_number_behind_its_thing_is_not_kept_by_the_thing_alone(goal: str) -> None:
    assert state(goal) is not WishState.KEPT


def test_a_mark_within_a_number_ends_no_wish() -> None:
    wishes = wishes_of(
        "A dog is 9.50, a place 1,200 and each class ends at 9:30", KNOWN, counts=False, adds_up=False
    )
    assert [wish.text for wish in wishes] == ["A dog is 9.50", "a place 1,200", "each class ends at 9:30"]


def test_what_people_do_is_kept_where_the_app_has_it() -> None:
    spec = understand("A food truck with a menu, people can order ahead and pick up")
    assert {wish.text: wish.state for wish in spec.wishes}["people can order ahead"] is WishState.KEPT


def test_what_is_done_is_partly_kept_where_only_its_thing_is_missing() -> None:
    spec = understand("Our village shop: customers order groceries")
    wish = spec.wishes[-1]
    assert (wish.text, wish.state, wish.why) == (
        "customers order groceries", WishState.PARTLY, "not taken up: groceries",
    )  # fmt: skip


@pytest.mark.parametrize(
    "goal",
    [
        "dogs with bookings until wednesday", "a booking of a class by 8 pm", "bookings of dogs before noon",
        "bookings of classes by the evening before", "49 places", "bookings for one dog at a time",
        "dogs choose 6 of the 10 classes", "we move dogs through classes", "places after closing",
        "one booking per dog per day", "at most two bookings each week", "what each dog owes",
        "classes left per dog", "small class 15 dog 12", "a class of 10 dogs", "each dog pays 180 for classes",
        "when a dog is in no class",
    ],
)  # fmt: skip
def test_a_time_a_number_or_a_deed_that_nothing_takes_up_is_told(goal: str) -> None:
    """Its things are there, what it is about is not: nothing was said about it, and the wish counted as kept."""
    assert state(goal) is WishState.PARTLY


@pytest.mark.parametrize(
    "goal",
    [
        "booking of a class by a dog",
        "dog booking bake sale class place",
        "one class of dogs",
        "when each dog was in a class",
    ],
)
def test_words_that_only_look_like_those_are_none(goal: str) -> None:
    assert state(goal) is WishState.KEPT


def test_a_choice_is_made_in_a_form() -> None:
    (wish,) = wishes_of("dogs choose classes", KNOWN, counts=False, adds_up=False, is_open=True)
    assert wish.state is WishState.KEPT
