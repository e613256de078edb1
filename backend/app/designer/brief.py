"""The parts of a design beside the specification: questions for the founder, and the brief."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.designer.printable import clean_line
from app.designer.schema import BRIEF_PARTS, MOST_QUESTIONS

_LONGEST: Final = 600


def brief_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """At most five questions, each with the default that is built, and the brief; without what cannot be shown."""
    written = answer.get("questions")
    entries = [entry for entry in written if isinstance(entry, dict)] if isinstance(written, list) else []
    questions = [_read_question(entry) for entry in entries]
    answerable = [question for question in questions if question["question"] and question["default"]]
    parts = answer.get("brief")
    brief = (
        {part: clean_line(parts.get(part), longest=_LONGEST) for part in BRIEF_PARTS}
        if isinstance(parts, dict)
        else {}
    )
    return {
        "questions": answerable[:MOST_QUESTIONS],
        "brief": {part: text for part, text in brief.items() if text},
    }


def _read_question(raw: Mapping[str, Any]) -> dict[str, str]:
    return {name: clean_line(raw.get(name), longest=_LONGEST) for name in ("question", "default")}
