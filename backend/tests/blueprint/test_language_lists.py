"""A list behind a colon is one of details where most of it are details."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand


def details(goal: str, label: str) -> set[str]:
    entity = next(entity for entity in understand(goal).entities if entity.label == label)
    return {field.label for field in entity.fields}


@pytest.mark.parametrize(
    ("goal", "label", "named"),
    [
        ("A care home. Residents: room, allergies, photo. Nurses visit residents.", "Resident",
         {"Room", "Allergies", "Photo"}),
        ("Our choir. Sheet music: composer, arranger, number of copies, box.", "Sheet music",
         {"Composer", "Arranger"}),
    ],
)  # fmt: skip
def test_what_is_listed_behind_a_colon_are_details(goal: str, label: str, named: set[str]) -> None:
    assert named <= details(goal, label)


def test_things_behind_a_colon_are_records() -> None:
    labels = {entity.label for entity in understand("A garage: customers, cars, repairs, invoices").entities}
    assert {"Customer", "Car", "Repair", "Invoice"} <= labels


def test_the_general_word_may_stand_behind_the_things_that_it_gathers() -> None:
    labels = [
        entity.label for entity in understand("Tool hire: drills, saws, ladders. Customers rent tools.").entities
    ]
    assert labels.count("Tool") == 1


@pytest.mark.parametrize(
    "goal",
    [
        "Our choir keeps sheet music with composer and box. Singers borrow it.",
        "sheet music library for a brass band",
        "A choir's sheet music: composer, arranger, number of copies, season.",
    ],
)
def test_sheet_music_is_kept_as_such(goal: str) -> None:
    labels = {entity.label for entity in understand(goal).entities}
    assert "Sheet music" in labels
    assert "Choir keep" not in labels


def test_to_leave_something_is_no_leave() -> None:
    goal = "A guest house where guests leave reviews of rooms"
    assert "Leave" not in {entity.label for entity in understand(goal).entities}
