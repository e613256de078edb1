"""What is made of an answer: all of it, or its best valid part with the faults of the rest."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.designer.clauses import clauses_of, kept_share, unmentioned, wishes_of
from app.designer.drafts import complete, read_draft
from tests.support.designs import BY_NAME, POOL_GOAL


def drafted(raw: Any) -> Any:
    return read_draft(raw, goal=POOL_GOAL, engine="a:b")


def pool() -> dict[str, Any]:
    return copy.deepcopy(BY_NAME["lanes_and_courses"])


@pytest.mark.parametrize("name", BY_NAME)
def test_a_right_answer_is_whole(name: str) -> None:
    made = drafted(BY_NAME[name])
    assert made.is_whole
    assert made.spec.goal == POOL_GOAL


def test_every_fault_is_told_at_once_and_the_rest_kept() -> None:
    raw = pool()
    raw["entities"][0]["fields"].append({"name": "depth", "type": "metres"})
    raw["entities"][2]["fields"].append({"name": "coach", "type": "ref", "ref": "Coach"})
    raw["entities"][3]["computed"][1]["expression"] = "eight - taken"
    raw["rules"][1]["fields"] = ["starts_at", "until"]
    raw["views"] = [{"kind": "calendar", "entity": "Lesson", "field": "starts_at"}]

    made = drafted(raw)

    assert {fault.place for fault in made.faults} == {
        "entities 'Lane', fields 'depth', type",
        "entities 'LaneBooking', fields 'coach'",
        "entities 'Course', computed 'places_left'",
        "rules 'A booking ends after it starts.'",
        "views 'calendar'",
    }
    assert len(made.faults) == 5
    assert [entity.name for entity in made.spec.entities] == [one["name"] for one in pool()["entities"]]
    assert len(made.spec.rules) == 4


@pytest.mark.parametrize(
    "raw", [None, [], "app", {}, {"title": "A"}, {"title": "A", "entities": [{}]}, {"entities": 3}]
)
def test_what_is_no_specification_gives_none(raw: Any) -> None:
    made = drafted(raw)
    assert made.spec is None
    assert made.faults


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "fields", "op", "a"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(place=st.sampled_from(["entities", "rules", "views", "roles", "forms", "title", "theme"]), value=_JSON)
def test_no_answer_breaks_the_assembly(place: str, value: Any) -> None:
    made = drafted({**pool(), place: value})
    assert made.spec is not None or made.faults


def test_a_design_is_completed_with_what_follows_from_it() -> None:
    spec = drafted(pool()).spec
    clauses = clauses_of(POOL_GOAL)
    said = [{"number": 1, "state": "kept", "served_by": ["LaneBooking"], "why": ""}]
    assert unmentioned(clauses, said) == [2, 3, 4]
    wishes = wishes_of(clauses, said, spec)
    made = complete(spec, wishes=wishes, confidence=kept_share(wishes), left=["rules, 'x'"])
    assert [wish.state.value for wish in made.wishes] == ["kept", "left_out", "left_out", "left_out"]
    assert made.confidence == 0.25
    assert made.pages[0].path == "/"
    assert made.acceptance
    assert made.not_understood == ("rules, 'x'",)


@pytest.mark.parametrize(
    ("goal", "clauses"),
    [
        ("A shop; no payment, two languages!", ["A shop", "no payment", "two languages"]),
        ("Eine App, die Noten verleiht.", ["Eine App", "die Noten verleiht"]),
        ("予約アプリ。八人まで。", ["予約アプリ", "八人まで"]),
        ("costs 1.50, at most", ["costs 1.50", "at most"]),
        ("...", []),
    ],
)
def test_clauses_are_the_founders_words(goal: str, clauses: list[str]) -> None:
    assert list(clauses_of(goal)) == clauses
