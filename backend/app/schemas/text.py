"""Text that comes from outside."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.job import GOAL_MAX
from app.domain.text import has_shape, holds_controls, in_lines, without_direction


def _clean_text(value: str) -> str:
    # First, since a lone carriage return is a line end to a browser and a control character to the check.
    text = without_direction(in_lines(value))
    if holds_controls(text):
        raise PydanticCustomError("text_unusable", "holds characters that are not text")
    if not has_shape(text):
        raise PydanticCustomError("text_blank", "is blank")
    return text.strip()


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise PydanticCustomError("text_lines", "is more than one line")
    return value


Goal = Annotated[
    str, Field(max_length=GOAL_MAX, examples=["A booking app for a yoga studio"]), AfterValidator(_clean_text)
]
# One line: a name with a line end could forge a row of a list in a terminal.
Name = Annotated[str, Field(max_length=200), AfterValidator(_clean_text), AfterValidator(_one_line)]
Sentence = Annotated[str, Field(max_length=600), AfterValidator(_clean_text)]
Words = Annotated[str, Field(max_length=4_000), AfterValidator(_clean_text)]
