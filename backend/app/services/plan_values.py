"""The values of a correction of a plan, and the parts of the plan that it names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any, Final

from app.blueprint.spec import RESERVED_FIELDS, RESERVED_TABLES
from app.core.errors import InvalidInput

Raw = dict[str, Any]
Values = Mapping[str, str]
_RESERVED: Final = RESERVED_FIELDS | RESERVED_TABLES | frozenset(keyword.kwlist)
"""Names that no detail and no table can have, whatever its founder calls it."""


class CorrectionRefused(InvalidInput):
    code, title = "correction_refused", "This cannot be changed like that"


def words_in(values: Values, name: str, called: str) -> str:
    """The text that was filled in, in one line. CorrectionRefused when it is empty."""
    text = " ".join(values.get(name, "").split())
    if not text:
        raise CorrectionRefused(f"{called} is empty.")
    return text


def record_in(raw: Raw, values: Values, name: str = "record") -> Raw:
    """The kind of record that is named. CorrectionRefused."""
    match = next((entity for entity in raw["entities"] if entity["name"] == values.get(name)), None)
    if match is None:
        raise CorrectionRefused("This kind of record is not in the plan any more.")
    return dict_of(match)


def detail_in(raw: Raw, values: Values) -> Raw:
    """The detail that is named. CorrectionRefused."""
    entity = record_in(raw, values)
    match = next((field for field in entity["fields"] if field["name"] == values.get("detail")), None)
    if match is None:
        raise CorrectionRefused("This detail is not in the plan any more.")
    return dict_of(match)


def dict_of(value: Any) -> Raw:  # Any: what the raw form holds
    """The value, which is known to be an object."""
    assert isinstance(value, dict)
    return value


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}{number}", number + 1
    return free


def snake_name(label: str, taken: set[str]) -> str:
    """A name for a detail or table, made of its words."""
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:36]
    return free_name(name if name[:1].isalpha() else f"detail_{name}".rstrip("_"), taken | _RESERVED)


def pascal_name(label: str, taken: set[str]) -> str:
    """A name for a kind of record, made of its words."""
    name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", label))[:36]
    return free_name(name if name[:1].isalpha() else f"Record{name}", taken)
