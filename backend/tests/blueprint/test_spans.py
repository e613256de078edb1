"""A kind with a start and an end of one span refuses what does not last."""

from __future__ import annotations

from typing import Any, Final

import pytest

from app.blueprint.generate.rules import rules_of
from app.blueprint.spans import orders_of
from app.blueprint.spec import AppSpec

ROOM: Final = {"name": "Room", "fields": [{"name": "name", "required": True}]}


def booking(kind: str, *, names: tuple[str, str] = ("starts_at", "ends_at"), **more: Any) -> AppSpec:
    fields = [
        *({"name": name, "type": kind, "required": True} for name in names),
        {"name": "room", "type": "ref", "ref": "Room", "required": True, "on_delete": "cascade"},
        *more.pop("fields", ()),
    ]
    entity = {"name": "Booking", "fields": fields, **more.pop("entity", {})}
    return AppSpec.model_validate({"title": "Rooms", "tagline": "Booked", "entities": [ROOM, entity], **more})


def kept_apart(*fields: str) -> dict[str, Any]:
    return {"kind": "no_overlap", "entity": "Booking", "fields": [*fields, "room"], "about": "It is taken."}


def order(spec: AppSpec) -> list[tuple[str, str]]:
    """What each order of the bookings says, and whether the end may be the start."""
    entity = spec.entity("Booking")
    assert entity is not None
    orders = [rule for rule in rules_of(spec, entity) if rule.word == "InOrder"]
    return [(rule.about, "takes time" if rule.text("takes") else "may be a moment") for rule in orders]


def test_a_booking_from_four_to_four_is_none_with_a_rule_or_without() -> None:
    said = [("Ends at must be after starts at.", "takes time")]
    assert order(booking("datetime")) == said
    assert order(booking("datetime", rules=[kept_apart("starts_at", "ends_at")])) == said
    other = booking("datetime", names=("out_at_nine", "home"), rules=[kept_apart("out_at_nine", "home")])
    assert order(other) == [("Home must be after out at nine.", "takes time")]


def test_an_order_that_is_stated_is_said_once_in_its_own_words() -> None:
    about = "A booking ends after it starts."
    stated = {"kind": "in_order", "entity": "Booking", "fields": ["starts_at", "ends_at"], "about": about}
    assert order(booking("datetime", rules=[stated])) == [(about, "takes time")]
    for condition in ("ends_at > starts_at", "minutes(starts_at, ends_at) = 45"):
        ensured = {"kind": "ensure", "entity": "Booking", "condition": condition, "about": about}
        assert order(booking("datetime", rules=[ensured])) == []
    capped = {**ensured, "condition": "minutes(starts_at, ends_at) <= 45"}
    assert len(order(booking("datetime", rules=[capped]))) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ("Ends on must not be before starts on.", "may be a moment")),
        (
            {"fields": [{"name": "nights", "type": "int"}]},
            ("Ends on must be after starts on.", "takes time"),
        ),
    ],
    ids=["days", "nights"],
)
def test_days_may_be_one_day_unless_nights_are_counted(more: dict[str, Any], said: tuple[str, str]) -> None:
    assert order(booking("date", names=("starts_on", "ends_on"), **more)) == [said]


def test_what_a_step_writes_down_happened_when_it_did() -> None:
    state = {"name": "status", "type": "choice", "choices": ["Stopped", "Running"], "required": True}
    run = {"label": "Run", "sources": ["Stopped"], "target": "Running", "about": "It runs again."}
    entity = {"state": "status", "moves": [{**run, "sets": [{"field": "ends_at", "value": "now"}]}]}
    spec = booking("datetime", fields=[state], entity=entity)
    assert [told for _, told in order(spec)] == ["may be a moment"]


def test_dates_that_are_no_span_are_in_no_order() -> None:
    spec = booking("date", names=("printed_on", "paid_on"))
    assert [orders_of(spec, entity) for entity in spec.entities] == [[], []]
