"""Text that comes from outside."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.job import GOAL_MAX


def _clean(value: str) -> str:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("text_unusable", "holds characters that are not text")
    if not value.strip():
        raise PydanticCustomError("text_blank", "is blank")
    return value.strip()


Goal = Annotated[
    str, Field(max_length=GOAL_MAX, examples=["A booking app for a yoga studio"]), AfterValidator(_clean)
]
Name = Annotated[str, Field(max_length=200), AfterValidator(_clean)]
Words = Annotated[str, Field(max_length=4_000), AfterValidator(_clean)]
