"""What a plan tells as left out is not kept beside it, and what is counted as kept is done by something."""

from __future__ import annotations

import pytest

from app.blueprint.generate.example_records import examples_of
from app.blueprint.language import understand
from app.blueprint.spec import RoleScope, RuleKind, WishState
from app.blueprint.spec_queries import may_add


def labels(goal: str) -> set[str]:
    return {entity.label for entity in understand(goal).entities}


@pytest.mark.parametrize(
    ("goal", "left_out"),
    [
        ("A salon where customers book appointments and we send a text message the day before", "Text message"),
        ("A hair salon where customers book appointments and get automatic text messages", "Text message"),
        ("A clinic where doctors have video calls with patients and write notes", "Call"),
        ("A taxi company with drivers, rides, and maps of the town", "Map"),
    ],
)  # fmt: skip
def test_what_no_app_does_is_told_and_not_kept_as_a_record(goal: str, left_out: str) -> None:
    assert left_out not in labels(goal)
    assert understand(goal).not_understood


def test_what_is_noted_in_place_of_a_payment_online_is_kept() -> None:
    assert "Payment" in labels("A shop where customers pay by card payments online")


@pytest.mark.parametrize(
    ("goal", "entity", "about"),
    [
        ("A makerspace: members need an induction before they can book the laser cutter.", "Booking",
         "A member needs an induction first."),
        ("Members need an induction before they can use a machine. Members book machines.", "Booking",
         "A member needs an induction first."),
        ("A boat club: members must have a licence before they can book a boat", "Booking",
         "A member needs a licence first."),
        ("A tool library. Nobody borrows a chainsaw without training. Members borrow tools.", "Loan",
         "A member needs training first."),
    ],
)  # fmt: skip
def test_what_somebody_needs_first_is_a_rule_for_people_who_are_known(goal: str, entity: str, about: str) -> None:
    spec = understand(goal)
    (rule,) = [rule for rule in spec.rules if rule.about == about]
    assert (rule.kind, rule.entity) == (RuleKind.ENSURE, entity)
    assert examples_of(spec).violation(next(one for one in spec.entities if one.name == entity), rule) is not None
    # A visitor whom nobody knows has had no induction.
    assert spec.forms == ()
    assert any(role.scope is RoleScope.OWN and role.entity == "Member" for role in spec.roles)


def test_what_nobody_could_book_by_themselves_has_no_such_rule_and_is_told() -> None:
    spec = understand("Car club: members must have a licence before they can book a car")
    assert not any(rule.kind is RuleKind.ENSURE for rule in spec.rules)
    assert [wish.state for wish in spec.wishes if "licence" in wish.text] == [WishState.PARTLY]


def test_nobody_adds_an_induction_of_their_own() -> None:
    spec = understand("A makerspace: members need an induction before they can book the laser cutter.")
    induction, booking = (
        next(one for one in spec.entities if one.name == name) for name in ("Induction", "Booking")
    )
    member = next(role for role in spec.roles if role.scope is RoleScope.OWN)
    person = next(one for one in spec.entities if one.name == "Member")
    assert may_add(spec, booking, member, person)
    assert not may_add(spec, induction, member, person)


def test_what_somebody_needs_for_what_is_not_kept_is_no_rule_and_not_counted() -> None:
    spec = understand("A swimming pool with lanes and staff. Staff need a certificate before they can teach.")
    assert not any(rule.kind is RuleKind.ENSURE for rule in spec.rules)
    assert any("certificate" in wish.text and wish.state is not WishState.KEPT for wish in spec.wishes)
