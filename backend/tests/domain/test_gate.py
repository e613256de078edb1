from __future__ import annotations

import json

import pytest

from app.domain.gate import GATE_OPTIONS, GATE_TITLES, GateType, alignment_colour, alignment_score, wishes_score


def test_every_gate_has_a_title_and_can_be_left_without_words() -> None:
    assert set(GATE_TITLES) == set(GATE_OPTIONS) == set(GateType)
    for gate_type in GateType:
        assert any(not option.needs_text and not option.parks_project for option in gate_type.options)


def test_the_decisions_are_the_contracts() -> None:
    decisions = {gate_type: [option.value for option in gate_type.options] for gate_type in GateType}
    assert decisions == {
        GateType.DIRECTION: ["proceed", "narrow", "pivot", "park"],
        GateType.SOLIDIFICATION: ["iterate", "ship", "park"],
    }


def test_alignment_is_the_share_of_the_goals_words_that_were_built() -> None:
    built = json.dumps({"title": "Yoga classes", "entities": ["Booking", "Client"]})

    assert alignment_score("A booking app for yoga classes", built) == 100
    assert alignment_score("A booking app for chess tournaments", built) == 33
    assert alignment_score("An app", built) == 100


@pytest.mark.parametrize(
    ("score", "colour"), [(100, "green"), (80, "green"), (79, "yellow"), (60, "yellow"), (59, "red")]
)
def test_the_traffic_light_follows_the_score(score: int, colour: str) -> None:
    assert alignment_colour(score) == colour


def test_alignment_counts_the_wishes_and_those_that_are_partly_met_half() -> None:
    assert wishes_score(2, 1, 1) == 62
    assert wishes_score(3, 0, 0) == 100
    assert wishes_score(0, 0, 4) == 0
    assert wishes_score(0, 0, 0) is None
