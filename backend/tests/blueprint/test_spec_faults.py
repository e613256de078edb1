"""Every fault of a specification is told at once, with its place and what would be right."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.contract import examples
from app.blueprint.language import understand
from app.blueprint.spec_faults import faults_of

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("**/*.toml"))
BOOKING = examples()[0][1]


def told(raw: dict[str, Any]) -> dict[str, str]:
    spec, faults = faults_of(raw)
    assert spec is None
    return {fault["field"]: fault["problem"] for fault in faults}


@pytest.mark.parametrize(
    "raw", [spec for _, spec in examples()] + [tomllib.loads(one.read_text()) for one in SPECS]
)
def test_a_specification_that_is_right_has_none(raw: dict[str, Any]) -> None:
    spec, faults = faults_of(raw)

    assert faults == []
    assert spec is not None


def test_faults_of_every_depth_are_told_together() -> None:
    raw = copy.deepcopy(BOOKING)
    room, band, booking = raw["entities"]
    room["fields"][1]["type"] = "price"
    band["fields"][1]["minimum"] = 3
    band["computed"][0]["expression"] = "sum(prize of Booking)"
    booking["moves"][1]["sources"] = ["Plaid"]
    booking["fields"][1]["ref"] = "Bnd"
    raw["rules"][1]["fields"] = ["starts_at", "end"]
    raw["views"][0]["kind"] = "kalender"
    raw["rols"] = []

    faults = told(raw)

    assert "did you mean money?" in faults["entities 'Room', fields 'price_per_hour', type"]
    assert "lowest" in faults["entities 'Band', fields 'email', minimum"]
    assert any("kalender" in problem for problem in faults.values())
    assert "'Plaid' is not one of its states" in faults["entities 'Booking', moves 'Paid'"]
    assert "'Bnd', which does not exist" in faults["entities 'Booking', fields 'band'"]
    assert any("Booking.end does not exist" in problem for problem in faults.values())
    assert "has no field 'prize'; it has: " in faults["entities 'Band', computed 'owes'"]
    assert "did you mean 'roles'?" in faults["rols"]


def test_what_only_follows_from_another_fault_is_not_told() -> None:
    raw = copy.deepcopy(BOOKING)
    raw["entities"][2]["fields"][2]["type"] = "moment"

    assert list(told(raw)) == ["entities 'Booking', fields 'starts_at', type"]


@pytest.mark.parametrize(
    ("change", "place", "right"),
    [
        (
            {"rules": [{"kind": "no_overlap", "entity": "Band", "fields": ["name", "email"], "about": "No."}]},
            "rules number 1 (no_overlap of Band)",
            "[start, end, ref]",
        ),
        (
            {"views": [{"kind": "board", "entity": "Band", "field": "name"}]},
            "views number 1 (board of Band)",
            "choice",
        ),
        (
            {"forms": [{**BOOKING["forms"][0], "fields": ["room", "starts_at"]}]},
            "forms, 'Book a room'",
            "ends_at of Booking must be filled in",
        ),
        (
            {
                "entities": [
                    {**BOOKING["entities"][0], "rights": [{"role": "visitor", "changes": "own"}]},
                    *BOOKING["entities"][1:],
                ]
            },
            "entities 'Room', rights of 'visitor'",
            "name the fields that are theirs",
        ),
        (
            {"roles": [{"name": "Guest", "about": "Comes.", "scope": "own", "entity": "Room"}]},
            "roles, 'Guest'",
            "email",
        ),
    ],
)
def test_a_part_that_would_do_nothing_is_a_fault(change: dict[str, Any], place: str, right: str) -> None:
    assert right in told({**copy.deepcopy(BOOKING), **change})[place]


@pytest.mark.parametrize(
    "raw", [{}, {"title": 3}, {"title": "A", "entities": {}}, {"title": "A", "entities": [None]}]
)
def test_what_is_no_specification_at_all_is_told_too(raw: dict[str, Any]) -> None:
    assert told(raw)


def test_a_fault_is_put_at_the_part_that_it_speaks_of() -> None:
    """Also where the words of what would be right change with every other part that is put aside."""
    raw = copy.deepcopy(BOOKING)
    raw["entities"][1]["computed"].append({"name": "later", "expression": "nothing_such", "about": "Is wrong."})

    assert list(told(raw)) == ["entities 'Band', computed 'later'"]


def test_a_form_that_shows_visitors_the_names_of_people_is_a_fault() -> None:
    spec = understand("I tune pianos. I write down the visits, and which piano a customer has.")
    form = {
        "entity": "Visit",
        "action": "Ask for a visit",
        "about": "Say when it suits you.",
        "thanks": "Thank you.",
        "fields": ["customer", "piano", "starts_at"],
    }

    faults = told({**spec.model_dump(mode="json"), "forms": [form]})

    (problem,) = [fault for place, fault in faults.items() if place == "forms, 'Ask for a visit'"]
    assert problem.startswith("visitors would choose from all customers, and so read everybody's name.")
