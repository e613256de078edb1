"""The fields of a form as a browser sends them without any script."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from app.core.errors import InvalidInput
from app.domain.text import without_controls

FORM_TYPE: Final = "application/x-www-form-urlencoded"
# A body of nothing but small fields could hold tens of thousands of them.
MAX_FIELDS: Final = 1_000
T = TypeVar("T")


class Form:
    """The filled-in form; a field that is missing is empty."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self._pairs if key == name), "")

    def items(self) -> list[tuple[str, str]]:
        """Every field with its value."""
        return list(self._pairs)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be there several times."""
        return [value for key, value in self._pairs if key == name]

    def ticked(self, name: str) -> bool:
        """True if a box is ticked."""
        return bool(self[name])


async def read_form(request: Request) -> Form:
    """The form of this request. InvalidInput."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    # A JSON body here would come from a program, and programs have the API.
    if body and kind != FORM_TYPE:
        raise InvalidInput("This is not what the page sends.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidInput("The form cannot be read.") from error
    # Nobody types what is no text: it came along with something that was pasted, and nothing keeps it.
    form = Form([(name, without_controls(value)) for name, value in pairs])
    # So that a page about a failure still has it: the body can be read once only.
    request.state.form = form
    return form


FormDep = Annotated[Form, Depends(read_form)]


def check_text(kind: TypeAdapter[T], value: str, *, called: str) -> T:
    """The value as this kind of text. InvalidInput with a sentence that calls it by its name on the page."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        [first_error, *_] = error.errors(include_url=False, include_input=False)
        limit = (first_error.get("ctx") or {}).get("max_length")
        words = f"is longer than {limit:,} characters" if limit else first_error["msg"]
        raise InvalidInput(f"{called} {words}.") from error
