"""A specification as text that a founder can read and change: TOML, a line for each field."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from app.cli.errors import UsageError

HEAD: Final = """\
# What the app is. Change it, save and close; the next build makes it the next version.
# A field is a line in its kind of record. Its type is one of: text, longtext, int, money, date, datetime,
# bool (yes or no), choice (with choices = ["A", "B"]), email, phone, url, decimal (with digits = 2),
# ref (with ref = "Client"). Numbers may have lowest and highest. A figure is worked out by its expression.
# Renamed something? Add was = "its old name", so that the values are kept.
"""
# Ours to say, and not to edit: who made it, how sure that was, and how the wishes are met.
_HIDDEN: Final = ("version", "engine", "confidence", "wishes")
_USUAL: Final[dict[str, object]] = {"digits": 2, "public": "none"}


def dump(spec: Mapping[str, Any]) -> str:
    """The text of a specification; what goes without saying is left out."""
    stated = {key: value for key, value in spec.items() if key not in _HIDDEN and not _goes_without_saying(value)}
    plain = {key: value for key, value in stated.items() if not _is_table(value)}
    lines = [HEAD, *(_pair_line(key, value) for key, value in plain.items())]
    for key, value in stated.items():
        if isinstance(value, dict):
            parts = [_pair_line(name, part) for name, part in value.items() if not _goes_without_saying(part)]
            lines += ["", f"[{key}]", *parts] if parts else []
        elif _is_table(value):
            for row in value:
                lines += ["", f"[[{key}]]", *_member_lines(row)]
    return "\n".join(lines) + "\n"


def _member_lines(row: Mapping[str, Any]) -> list[str]:
    return [_pair_line(key, value) for key, value in row.items() if not _is_usual(key, value)]


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _goes_without_saying(value: object) -> bool:
    return value is None or value is False or value in ("set_null", [], "")


def _is_usual(key: str, value: object) -> bool:
    return _goes_without_saying(value) or _USUAL.get(key) == value


def _pair_line(key: str, value: Any) -> str:  # Any: what JSON can hold
    if _is_table(value):
        rows = "".join(f"  {_inline_table(row)},\n" for row in value)
        return f"{key} = [\n{rows}]"
    return f"{key} = {_value_text(value)}"


def _inline_table(row: Mapping[str, Any]) -> str:
    pairs = [f"{key} = {_value_text(value)}" for key, value in row.items() if not _is_usual(key, value)]
    return "{ " + ", ".join(pairs) + " }"


def _value_text(value: Any) -> str:  # Any: what JSON can hold
    """JSON's texts, numbers, truths and lists of them are TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def load(text: str) -> dict[str, Any]:
    """The specification in a text, TOML or JSON. UsageError says where it cannot be read."""
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"The specification cannot be read: {error}.") from error
    # The answer of the API, saved as a file, holds the specification beside its revision.
    wrapped = document.get("spec")
    return wrapped if isinstance(wrapped, dict) else document
