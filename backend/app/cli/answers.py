"""Answers to the questions that the designer of a version left open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from app.cli.client import ApiClient, JsonObject
from app.cli.errors import UsageError
from app.cli.lookup import find_project_id

Answers = Annotated[
    tuple[str, ...],
    Parameter(
        name="--answer",
        help="An answer to a question of the model, as NUMBER=ANSWER or QUESTION=ANSWER; may be repeated.",
    ),
]


def read_answers(client: ApiClient, project: str | None, said: Sequence[str]) -> list[dict[str, str]]:
    """Answers with the questions that they name, by number or in full. UsageError."""
    asked: list[str] = []
    if project is not None:
        builds = client.get(f"/api/projects/{find_project_id(client, project)}/builds")["items"]
        # A build that failed since then has no design, and its founder still reads the questions of the last one.
        designs = (build["evidence"].get("design") for build in builds)
        design: JsonObject = next(filter(None, designs), {})
        asked = [question["question"] for question in design.get("questions") or []]
    return [_read_answer(text, asked) for text in said]


def _read_answer(text: str, asked: Sequence[str]) -> dict[str, str]:
    question, equals, reply = (part.strip() for part in text.partition("="))
    if question.isdecimal() and 0 < int(question) <= len(asked):
        question = asked[int(question) - 1]
    if not equals or not question or not reply or question.isdecimal():
        raise UsageError(
            f"{text!r} is no answer to a question of the newest version.",
            remedy='cofounder build "your goal" --project PROJECT --answer "1=Two hours"',
        )
    return {"question": question, "answer": reply}
