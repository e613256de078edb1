"""The words that a specification is made of: names, labels, sentences, expressions."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.blueprint.expressions.parser import MAX_LENGTH
from app.domain.job import GOAL_MAX
from app.domain.text import has_shape, without_direction

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _check_printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("the text holds characters that cannot be shown")
    return text


def one_line(text: str) -> str:
    """The text, if it is one line that can be shown; ValueError otherwise."""
    if "\n" in text or "\t" in text or text != text.strip():
        raise ValueError("the text must be one line without spaces around it")
    if not has_shape(text):
        raise ValueError("the text is blank")
    # Such marks make a name read as another one.
    if text != without_direction(text):
        raise ValueError("the text holds marks that turn the direction of writing around")
    return _check_printable(text)


def _check_snake(name: str) -> str:
    # Names become Python and SQL in the app, and SQLite keeps those that begin so to itself.
    if keyword.iskeyword(name) or name.startswith("sqlite_"):
        raise ValueError(f"{name!r} is a reserved word of programs; add a word, such as '{name.strip('_')}_name'")
    return name


Snake = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_check_snake)]
"""A field or table name, such as `starts_at`."""

SnakePath = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
"""A field, or one of the record that a link leads to, such as `duty.family`."""

Pascal = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,39}$")]
"""An entity name, such as `YogaClass`."""

Unit = Annotated[str, Field(min_length=1, max_length=12), AfterValidator(one_line)]
"""The unit of a number, such as km or min."""

Label = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(one_line)]
SENTENCE_MAX: Final = 400
WISHES_MAX: Final = 60

Sentence = Annotated[str, Field(min_length=1, max_length=SENTENCE_MAX), AfterValidator(one_line)]
Expression = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH), AfterValidator(one_line)]
"""A figure or condition in the language of `app.blueprint.expressions`, such as `sum(amount of Payment)`."""

GoalText = Annotated[str, Field(min_length=1, max_length=GOAL_MAX), AfterValidator(_check_printable)]

Words = Annotated[str, Field(max_length=2_000), AfterValidator(_check_printable)]
"""Text of the founder as it is shown, in one or more paragraphs."""


class Part(BaseModel):
    """A part of a specification: it cannot be changed, and holds nothing that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def no_twins(what: str, names: Iterable[str]) -> None:
    """ValueError when two of the names are the same."""
    taken: set[str] = set()
    for name in names:
        if name in taken:
            raise ValueError(f"{what} must differ, {name!r} is there twice")
        taken.add(name)
