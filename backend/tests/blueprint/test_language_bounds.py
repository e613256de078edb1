"""However a founder says how many there is room for, or how many one may have, the number is a rule."""

from __future__ import annotations

import pytest

from app.blueprint.generate.example_records import examples_of
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, EntitySpec, RuleKind, RuleSpec, WishState
from app.blueprint.trial import idle_parts


def limited(spec: AppSpec) -> set[tuple[str, int]]:
    return {(rule.about, int(rule.limit)) for rule in spec.rules if rule.limit is not None}


def entity_of(spec: AppSpec, rule: RuleSpec) -> EntitySpec:
    return next(entity for entity in spec.entities if entity.name == rule.entity)


def quotas(spec: AppSpec) -> list[RuleSpec]:
    return [rule for rule in spec.rules if rule.kind is RuleKind.CAPACITY and rule.condition]


@pytest.mark.parametrize(
    ("goal", "about", "limit"),
    [
        ("A dog walker. Owners book walks. At most 6 dogs in one walk.", "A walk takes at most 6 dogs.", 6),
        ("Yoga classes, no more than 12 people a class. People enrol.", "A yoga class takes at most 12 people.",
         12),
        ("Pottery courses with up to 8 participants each. People enrol online.",
         "A pottery course takes at most 8 participants.", 8),
        ("Hikes on a date, each for a maximum of 15 people, visitors book", "A hike takes at most 15 people.",
         15),
        ("Workshops on Saturdays, 10 places each, visitors register", "A workshop has 10 places.", 10),
        ("Cooking courses take eight people at most. Guests book.",
         "A course takes at most 8 people.", 8),
        ("Guests book courses, eight people max.", "A course takes at most 8 people.", 8),
        ("Boat tours with a date, room for 12 guests on each tour. Visitors book.",
         "A boat tour takes at most 12 guests.", 12),
        ("Classes limited to 15 people. Members book classes.", "A class takes at most 15 people.", 15),
        ("Parents book swim lessons, a lesson holds six children tops",
         "A swim lesson takes at most 6 children.", 6),
        ("Guests book a tour, each tour takes 12 guests.", "A tour takes at most 12 guests.", 12),
    ],
)  # fmt: skip
def test_a_bound_is_a_rule_in_whatever_words_it_is_said(goal: str, about: str, limit: int) -> None:
    spec = understand(goal)
    assert (about, limit) in limited(spec)
    counted = [wish for wish in spec.wishes if any(word in wish.text for word in about.rstrip(".").split()[-1:])]
    assert all(wish.state is WishState.KEPT for wish in counted)


@pytest.mark.parametrize(
    "goal",
    [
        "Workshops for potters, 10 places each day, visitors register",
        "A village hall with rooms for 60 people. Groups book rooms.",
        "A studio with rooms and bookings. Every room allows at most 6 bookings an hour.",
    ],
)
def test_a_bound_that_no_rule_can_hold_is_no_rule(goal: str) -> None:
    assert limited(understand(goal)) == set()


@pytest.mark.parametrize(
    ("goal", "about"),
    [
        ("Members can borrow at most 3 tools at a time.", "A member has at most 3 tools at a time."),
        ("Readers borrow books, maximum of four books at once", "A reader has at most 4 books at a time."),
        ("Props: members borrow props, at most five at once.", "A member has at most 5 loans at a time."),
    ],
)  # fmt: skip
def test_what_one_may_have_at_a_time_is_a_rule_that_the_apps_own_tests_try(goal: str, about: str) -> None:
    spec = understand(goal)
    (quota,) = quotas(spec)
    assert quota.about == about
    assert examples_of(spec).violation(entity_of(spec, quota), quota) is not None
    assert not any(" at a time" in line or " at once" in line for line in spec.not_understood)


def test_what_one_may_have_is_counted_for_whom_it_is_said() -> None:
    goal = "A toy library: members borrow toys, at most 3 toys at a time per street"
    assert quotas(understand(goal)) == []
    assert any("3 toys" in wish.text and wish.state is not WishState.KEPT for wish in understand(goal).wishes)


@pytest.mark.parametrize(
    "goal",
    ["A bee club's equipment loans: members borrow extractors", "A museum guide app with rooms and exhibits"],
)
def test_whoever_borrows_is_not_what_is_out(goal: str) -> None:
    spec = understand(goal)
    people = {entity.name for entity in spec.entities if entity.field("email")}
    for rule in spec.rules:
        if rule.kind is RuleKind.ONE_OPEN:
            loan = next(entity for entity in spec.entities if entity.name == rule.entity)
            assert not {field.ref for name in rule.fields if (field := loan.field(name))} & people


def test_a_number_of_tickets_leaves_no_rule_that_goes_by_places() -> None:
    """An event keeps no places where the founder gave their number, so no other rule can count them."""
    spec = understand("Event with tickets: early bird 20, regular 30, limited to 150 tickets")
    assert ("An event takes at most 150 tickets.", 150) in limited(spec)
    assert [part for part in idle_parts(spec) if "capacity" in part.place] == []
