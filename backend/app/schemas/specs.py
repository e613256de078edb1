"""Specifications on the wire."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.blueprint.questions import questions_of
from app.services.spec_service import SpecView


class SpecOut(BaseModel):
    """A project's specification; `edited` while something of it is not built, `notes` say what an edit meant."""

    project_id: UUID
    spec: dict[str, Any]
    revision: str
    build_version: str
    edited: bool
    notes: list[str]


class CorrectionIn(BaseModel):
    """One correction of a plan, such as `add_detail` with the record, a label and a kind."""

    model_config = ConfigDict(extra="forbid")

    change: str = Field(max_length=40)
    # Not typed by the change: which values one needs is the service's to say, in a sentence.
    values: dict[str, Annotated[str, Field(max_length=2_000)]] = Field(max_length=20)


class AgreeIn(BaseModel):
    """A question about a plan whose default is right."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=2_000)


class AnswerOut(BaseModel):
    """Another answer than the default: the correction that it is, and the value that is filled in with it."""

    label: str
    change: str
    values: dict[str, str]
    asks: str


class QuestionOut(BaseModel):
    """A question, what is built when nobody answers it, and other answers."""

    text: str
    default: str
    answers: list[AnswerOut]


class QuestionsOut(BaseModel):
    """The questions that a plan leaves open."""

    items: list[QuestionOut]


def questions_out(view: SpecView) -> QuestionsOut:
    """The questions of a specification without those that were agreed to."""
    return QuestionsOut(
        items=[
            QuestionOut(
                text=question.text,
                default=question.default,
                answers=[
                    AnswerOut(
                        label=choice.label, change=choice.change, values=dict(choice.values), asks=choice.asks
                    )
                    for choice in question.answers
                ],
            )
            for question in questions_of(view.spec, answered=view.answered)
        ]
    )
