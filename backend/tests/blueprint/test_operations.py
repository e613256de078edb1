"""Changes of a specification by operations, and what is told of the records that meet them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.blueprint.contract import examples
from app.blueprint.editing import settled
from app.blueprint.operations import Operation, OperationFault, apply_operations
from app.blueprint.record_effects import record_effects
from app.blueprint.spec import AppSpec

RAW = examples()[0][1]
BASE = AppSpec.model_validate(copy.deepcopy(RAW))


def after(*operations: dict[str, Any]) -> AppSpec:
    raw = apply_operations(
        BASE.model_dump(mode="json", exclude_defaults=True), [Operation.model_validate(one) for one in operations]
    )
    return settled(raw, BASE, guess=False)[0]


def test_parts_are_added_changed_and_removed_by_their_names() -> None:
    spec = after(
        {"op": "add", "at": "entities/Booking/fields", "value": {"name": "notes", "type": "longtext"}},
        {"op": "change", "at": "entities/Room/fields/price_per_hour", "value": {"lowest": 5}},
        {"op": "remove", "at": "rules/A booking is made for a time to come."},
        {"op": "remove", "at": "views/calendar Booking"},
        {"op": "change", "at": "entities/Booking/moves/Cancel", "value": {"only_if": "starts_at > now"}},
        {"op": "change", "at": "title", "value": "Room Thirteen"},
    )
    booking, room = spec.entity("Booking"), spec.entity("Room")

    assert booking is not None
    assert room is not None
    assert booking.field("notes") is not None
    assert str(room.fields[1].lowest) == "5"
    assert [rule.kind.value for rule in spec.rules] == ["no_overlap", "in_order"]
    assert spec.views == ()
    assert booking.moves[2].only_if == "starts_at > now"
    assert spec.title == "Room Thirteen"


def test_a_rename_is_followed_wherever_the_name_stands_and_records_live_on() -> None:
    spec = after(
        {"op": "rename", "at": "entities/Band", "to": "Group"},
        {"op": "rename", "at": "entities/Booking/fields/starts_at", "to": "begins_at"},
    )
    group = spec.entity("Group")

    assert group is not None
    assert spec.rules[2].condition == "begins_at > now"
    assert spec.entities[2].computed[0].expression == "hours(begins_at, ends_at)"
    assert (group.was, group.plural) == ("Band", "Groups")
    assert spec.rules[0].fields == ("begins_at", "ends_at", "room")
    assert spec.forms[0].fields[1] == "begins_at"
    assert record_effects(BASE, spec) == ["Starts at of bookings is kept under the new name Begins at."]


def test_records_go_along_with_a_choice_that_is_renamed() -> None:
    entity, field = next((e, f) for e in BASE.entities for f in e.fields if f.choices)
    old = field.choices[0]
    at = f"entities/{entity.name}/fields/{field.name}/choices/{old}"

    spec = after({"op": "rename", "at": at, "to": "Quite else"})

    told = f"{field.label} of {entity.plural.lower()}: records that say {old} say Quite else."
    assert record_effects(BASE, spec) == [told]


def test_expressions_are_followed_through_links_and_records_and_only_where_the_name_is_meant() -> None:
    spec = after(
        {"op": "rename", "at": "entities/Booking/fields/status", "to": "state"},
        {"op": "rename", "at": "entities/Booking", "to": "Session"},
        {"op": "rename", "at": "entities/Booking/computed/price", "to": "fee"},
        {"op": "rename", "at": "entities/Room/fields/price_per_hour", "to": "price"},
    )

    assert spec.entities[1].computed[0].expression == 'sum(fee of Session where state = "Played")'
    assert spec.entities[2].computed[1].expression == "hours * room.price"
    assert spec.rules[2].when == 'state = "Booked"'
    assert spec.entities[2].state == "state"


@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ({"op": "remove", "at": "entities/Bookng"}, "there are: Room, Band, Booking"),
        ({"op": "add", "at": "entities/Booking/name", "value": {}}, "parts are added to a list"),
        ({"op": "change", "at": "entities/Booking/fields/room", "value": {"name": "hall"}}, "rename"),
        ({"op": "rename", "at": "rules/1", "to": "x"}, "use change"),
        ({"op": "change", "at": "rules/9", "value": {}}, "This room is taken at that time."),
        ({"op": "change", "at": "engine", "value": "me"}, "follows from the rest"),
    ],
)
def test_what_cannot_be_done_says_which_and_what_would_be_right(operation: dict[str, Any], right: str) -> None:
    with pytest.raises(OperationFault, match="operation 1") as refused:
        after(operation)

    assert right in str(refused.value)


def test_what_records_meet_is_told_before() -> None:
    spec = after(
        {"op": "remove", "at": "entities/Band/fields/email"},
        {"op": "remove", "at": "forms/Book a room"},
        {"op": "change", "at": "entities/Room/fields/price_per_hour", "value": {"type": "decimal"}},
        {"op": "add", "at": "entities/Room/fields", "value": {"name": "floor", "type": "int", "required": True}},
        {
            "op": "add",
            "at": "rules",
            "value": {"kind": "unique", "entity": "Room", "fields": ["name"], "about": "U."},
        },
    )

    told = " ".join(record_effects(BASE, spec))

    assert "E-mail of bands is put aside, not lost" in told
    assert "Price per hour of rooms: what fits is converted" in told
    assert "Floor of rooms is new and must be filled in" in told
    assert "Records that break a new rule are kept and listed" in told
    assert record_effects(BASE, BASE) == ["All records come along as they are."]
