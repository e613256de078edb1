"""What a goal allows in a span of time, what cannot happen twice, and what it wants to be warned of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import RuleKind, RuleSpec, WishState


def rules(goal: str, kind: RuleKind) -> list[RuleSpec]:
    return [rule for rule in understand(goal).rules if rule.kind is kind]


@pytest.mark.parametrize(
    ("goal", "about"),
    [
        ("Tennis club: members book courts, two bookings a week at most",
         "A member has at most 2 bookings a week."),
        ("Members book courts. Members can book courts twice a week.", "A member has at most 2 bookings a week."),
        # It was a limit for ever: the member's third booking was refused in whatever week it was.
        ("Members book courts, at most two bookings per member per week.",
         "A member has at most 2 bookings a week."),
        ("Members may borrow five books a month from the library", "A member has at most 5 books a month."),
        ("Members borrow books, at most three loans in six months", "A member has at most 3 loans in 6 months."),
        ("Volunteers log their hours, at most 8 hours a day", "A volunteer has at most 8 hours a day."),
        ("Donors give blood donations. Nobody can donate again within 56 days.",
         "A donor has at most 1 donation in 56 days."),
    ],
)  # fmt: skip
def test_what_one_person_may_have_in_a_span_of_time_is_watched_over(goal: str, about: str) -> None:
    spec = understand(goal)
    assert about in [rule.about for rule in spec.rules]
    assert spec.wishes[-1].state is WishState.KEPT


@pytest.mark.parametrize(
    "goal",
    [
        "Yoga classes and bookings by clients. No more than 6 bookings a day.",
        "Members book the sauna for no more than ten hours a month",
        "A newsletter with two issues a month and members",
    ],
)
def test_what_the_business_does_in_a_span_of_time_limits_nobody(goal: str) -> None:
    assert not [rule for rule in rules(goal, RuleKind.CAPACITY) if rule.condition]


def test_things_and_people_that_cannot_be_at_two_places_are_told_apart() -> None:
    goal = "Music school. Teachers give lessons to pupils. Neither a teacher nor a pupil has two lessons at once."
    fields = {rule.fields[-1] for rule in rules(goal, RuleKind.NO_OVERLAP)}
    assert {"teacher", "pupil"} <= fields


def test_one_review_for_each_visitor_and_shop() -> None:
    goal = "Library: members review books, one review per member per book"
    assert {frozenset(rule.fields) for rule in rules(goal, RuleKind.UNIQUE)} == {frozenset({"member", "book"})}


def test_one_booking_a_person_is_no_rule_about_two_links() -> None:
    assert rules("Members book courts, one court per member", RuleKind.UNIQUE) == []


@pytest.mark.parametrize(
    ("goal", "days"),
    [
        ("Lab reagents with supplier and expiry date, expired ones in red, warn 30 days before", 30),
        ("Lab reagents with supplier and expiry date, flag anything due inside two weeks", 14),
        ("Lab reagents with supplier and expiry date, expired ones in red", None),
    ],
)
def test_the_days_that_a_goal_warns_of_are_marked(goal: str, days: int | None) -> None:
    (rule,) = rules(goal, RuleKind.OVERDUE)
    assert rule.fields == ("expiry_date",)
    assert rule.limit == (Decimal(days) if days else None)


def test_nothing_is_marked_that_nobody_wants_to_be_warned_of() -> None:
    assert rules("Lab reagents with supplier and expiry date", RuleKind.OVERDUE) == []


def test_each_has_so_many_votes() -> None:
    (rule,) = rules("Residents have ideas and each resident has five votes", RuleKind.CAPACITY)
    assert (rule.entity, rule.fields, rule.limit) == ("Vote", ("resident",), Decimal(5))
