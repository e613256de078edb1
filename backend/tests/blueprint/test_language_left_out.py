"""What a plan tells as left out is not kept beside it, and what is counted as kept is done by something."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand


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
