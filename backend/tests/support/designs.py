"""Answers that a good model gives: a specification with its account by clause."""

from __future__ import annotations

import copy
import json
import tomllib
from typing import Any, Final

from app.designer.clauses import clauses_of
from tests.support.specs import SPECS

BY_NAME: Final = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in SPECS}

POOL_GOAL: Final = (
    "A swimming pool rents lanes by the hour, no double bookings. Courses take at most eight people. "
    "Swim floats are lent out until they are back."
)


def pool() -> dict[str, Any]:
    """A whole answer to the goal of the pool."""
    return answer(POOL_GOAL, "lanes_and_courses", ["LaneBooking", "A lane is booked once at a time."])


def answer(goal: str, name: str, served_by: list[str]) -> dict[str, Any]:
    """The specification of that name, which serves every clause of the goal by the same parts."""
    clauses = [
        {"number": number, "state": "kept", "served_by": served_by, "why": ""}
        for number, _ in enumerate(clauses_of(goal), start=1)
    ]
    return _whole(BY_NAME[name], clauses)


def answer_with(said: dict[str, Any]) -> dict[str, Any]:
    """A whole answer with the specification of a designer; a wish that it leaves out is told where it stands."""
    goal, first = said["goal"], said["entities"][0]["name"]
    left = {text.casefold(): wish["why"] for wish in said.get("wishes", []) for text in clauses_of(wish["text"])}
    clauses = []
    for number, text in enumerate(clauses_of(goal), start=1):
        why = next((why for part, why in left.items() if part in text.casefold()), "")
        told = (
            {"state": "left_out", "served_by": [], "why": why} if why else {"state": "kept", "served_by": [first]}
        )
        clauses.append({"number": number, "why": "", **told})
    return _whole(said, clauses)


def _whole(said: dict[str, Any], clauses: list[dict[str, Any]]) -> dict[str, Any]:
    brief = dict.fromkeys(("problem", "user", "value", "assumptions", "risks", "smallest_experiment"), "Said.")
    question = {"question": "How long is a booking?", "default": "One hour."}
    return {"spec": copy.deepcopy(said), "clauses": clauses, "questions": [question], "brief": brief}


def as_text(design: dict[str, Any]) -> str:
    """As a model sends it."""
    return json.dumps(design)
