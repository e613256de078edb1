"""States that a founder names in order are the app's, with the steps where the order was said."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, EntitySpec, WishState
from app.blueprint.spec_queries import finished, status_field


def kind(spec: AppSpec, label: str) -> EntitySpec:
    return next(entity for entity in spec.entities if entity.label == label)


def states(spec: AppSpec, label: str) -> str:
    status = status_field(kind(spec, label))
    return ", ".join(status.choices) if status is not None else ""


@pytest.mark.parametrize(
    ("goal", "label", "named"),
    [
        ("A bike repair shop. Repairs go from received to diagnosed to waiting for parts to ready.", "Repair",
         "Received, Diagnosed, Waiting for parts, Ready"),
        ("A tailor. Orders move through measured, cut, sewn, fitted and collected.", "Order",
         "Measured, Cut, Sewn, Fitted, Collected"),
        ("CRM for a design agency: deals lead > proposal sent > negotiation > won", "Deal",
         "Lead, Proposal sent, Negotiation, Won"),
        ("Samples pass through received, logged, tested, in that order. A lab keeps samples.", "Sample",
         "Received, Logged, Tested"),
    ],
)  # fmt: skip
def test_states_that_are_said_in_order_are_steps(goal: str, label: str, named: str) -> None:
    spec = understand(goal)
    assert states(spec, label) == named
    moves = kind(spec, label).moves
    assert [(move.sources[0], move.target) for move in moves] == list(
        zip(named.split(", "), named.split(", ")[1:], strict=False)
    )


@pytest.mark.parametrize(
    ("goal", "label", "named"),
    [
        ("A nursery sells plants. Customers order plants, orders: new, picked, loaded, invoiced.", "Order",
         "New, Picked, Loaded, Invoiced"),
        ("Print shop jobs, status: received / proofed / printed / picked up", "Job",
         "Received, Proofed, Printed, Picked up"),
        ("Our magazine. Article stages are idea, draft, edited, published.", "Article",
         "Idea, Draft, Edited, Published"),
        ("Phone repairs. Booked in, on the bench, waiting for parts, done, collected.", "Repair",
         "Booked in, On the bench, Waiting for parts, Done, Collected"),
    ],
)  # fmt: skip
def test_states_that_are_listed_are_choices(goal: str, label: str, named: str) -> None:
    spec = understand(goal)
    assert states(spec, label) == named
    assert kind(spec, label).moves == ()


@pytest.mark.parametrize(
    "goal",
    [
        "Rooms: hall, kitchen, stage. Groups book rooms.",
        "A bakery. Bread, rolls, cakes, pies. Customers order.",
        "A library: books with title, author, shelf. Readers borrow books.",
    ],
)
def test_a_list_of_things_is_no_list_of_states(goal: str) -> None:
    listed = {"Hall", "Rolls", "Author", "Kitchen", "Shelf", "Pies"}
    fields = [field for entity in understand(goal).entities for field in entity.fields]
    assert not any(listed & set(field.choices) for field in fields)


def test_steps_that_nothing_takes_are_not_counted_as_kept() -> None:
    spec = understand("A choir with singers and a phone tree: alto -> tenor -> bass")
    assert any("->" in wish.text and wish.state is not WishState.KEPT for wish in spec.wishes)


def test_what_is_received_first_is_not_over() -> None:
    spec = understand("Repairs go from received to diagnosed to ready to collected. A bike repair shop.")
    status = status_field(kind(spec, "Repair"))
    assert status is not None
    assert finished(status) == ("Collected",)


def test_what_is_done_to_a_thing_one_after_the_other_are_its_states() -> None:
    spec = understand("Pottery: members, kilns, firings. Each firing gets loaded, fired, cooled, unloaded.")
    assert states(spec, "Firing") == "Loaded, Fired, Cooled, Unloaded"
    assert [move.target for move in kind(spec, "Firing").moves] == ["Fired", "Cooled", "Unloaded"]


@pytest.mark.parametrize(
    "said", ["Members are trained, trusted and insured.", "Kilns are loaded, heated and insulated."]
)
def test_what_somebody_or_something_is_like_is_no_state(said: str) -> None:
    spec = understand(f"A kiln club with members and kilns. {said}")
    assert not [move for entity in spec.entities for move in entity.moves]
