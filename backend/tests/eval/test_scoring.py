"""Recall is counted strictly: each kind of record of an app stands for one expectation at most."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.eval.__main__ import GOALS, main
from tests.eval.goals import BadGoals, Goal, read_goals
from tests.eval.report import Score, summary, table
from tests.eval.scoring import recall, singular, stands_for


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Class", "class"),
        ("Yoga class", "Class"),
        ("Bookings", "Booking"),
        ("Spare parts", "Part"),
        ("RSVP", "rsvp"),
    ],
)
def test_more_words_before_it_do_not_make_it_another_thing(label: str, name: str) -> None:
    assert stands_for(label, name)


@pytest.mark.parametrize(
    ("label", "name"), [("Class room", "Class"), ("Part", "Spare part"), ("Glasses", "Class")]
)
def test_other_things_are_other_things(label: str, name: str) -> None:
    assert not stands_for(label, name)


def test_one_kind_of_record_is_not_counted_twice() -> None:
    expected = (("Lead", "Deal"), ("Deal",), ("Call", "Note"))
    assert recall(expected, ("Deal",)).found == 1
    assert recall(expected, ("Deal", "Lead")).missed == ("Call|Note",)
    assert recall(expected, ("Lead", "Deal", "Sales call")).missed == ()


@pytest.mark.parametrize(
    ("plural", "one"), [("classes", "class"), ("bodies", "body"), ("status", "status"), ("boxes", "box")]
)
def test_the_singular_of_regular_words(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_the_file_of_goals_has_two_halves_of_thirty_two_different_goals() -> None:
    goals = read_goals(GOALS)
    assert len({goal.text for goal in goals}) == 64
    assert sum(goal.is_seen for goal in goals) == 32
    assert all(1 <= len(goal.expected) <= 6 for goal in goals)


@pytest.mark.parametrize("text", ["[other]\n", "[seen]\n= Thing\n", "[seen]\nA goal\n"])
def test_a_file_of_goals_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "goals.txt"
    path.write_text(text)
    with pytest.raises(BadGoals):
        read_goals(path)


def test_what_an_unseen_goal_missed_stays_unsaid() -> None:
    scores = [
        Score(Goal(1, "seen", "A zoo", (("Cage",),)), recall((("Cage",),), ("Lion",)), ("Lion",)),
        Score(Goal(2, "unseen", "A fleet", (("Ship",),)), recall((("Ship",),), ("Boat",)), ("Boat",)),
    ]
    told = table(scores)
    assert "Cage" in told
    assert "Ship" not in told
    assert "Boat" not in told
    assert summary(scores) == [
        "Entity recall, seen: 0.0 % (0 of 1, 1 goals)",
        "Entity recall, unseen: 0.0 % (0 of 1, 1 goals)",
    ]


def test_the_exit_code_tells_what_was_found() -> None:
    goal = Goal(1, "seen", "A zoo", (("Cage",),))
    scored = Score(goal, recall(goal.expected, ()), status="ready", checks=[{"name": "links", "ok": True}])
    assert scored.is_good
    scored.status = "failed"
    assert not scored.is_good


def test_recall_alone_builds_nothing_and_says_the_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "goals.txt"
    path.write_text("[seen]\nA booking app for a yoga studio\n= Class, Booking, Dragon\n")

    assert main(["--recall", "--goals", str(path)]) == 0

    assert "Entity recall, seen: 66.7 % (2 of 3, 1 goals)" in capsys.readouterr().out
