"""What a design says beside the specification: questions for the founder, and the brief."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.designer.schema import BRIEF_PARTS

MOST_QUESTIONS: Final = 5
_LONGEST: Final = 600


def brief_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """At most five questions, each with the default that is built, and the brief; without what cannot be shown."""
    asked = answer.get("questions")
    questions = [_question(one) for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    said = answer.get("brief")
    brief = {part: _line(said.get(part)) for part in BRIEF_PARTS} if isinstance(said, dict) else {}
    return {
        "questions": [one for one in questions if one["question"] and one["default"]][:MOST_QUESTIONS],
        "brief": {part: text for part, text in brief.items() if text},
    }


def _question(raw: Mapping[str, Any]) -> dict[str, str]:
    return {"question": _line(raw.get("question")), "default": _line(raw.get("default"))}


def _line(text: object) -> str:
    shown = "".join(mark if mark.isprintable() else " " for mark in str(text or ""))
    return " ".join(shown.split())[:_LONGEST]
