"""The words for a fault of a specification: what is wrong with a member, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from app.blueprint import spec

_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "entities": spec.EntitySpec,
    "fields": spec.FieldSpec,
    "computed": spec.ComputedSpec,
    "moves": spec.MoveSpec,
    "sets": spec.AssignmentSpec,
    "rights": spec.RightSpec,
    "roles": spec.RoleSpec,
    "views": spec.ViewSpec,
    "forms": spec.FormSpec,
    "rules": spec.RuleSpec,
    "messages": spec.MessageSpec,
    "pages": spec.PageSpec,
    "acceptance": spec.CheckSpec,
    "wishes": spec.WishSpec,
    "theme": spec.ThemeSpec,
}
OURS: Final = frozenset(
    {"version", "engine", "confidence", "language", "pages", "acceptance", "not_understood", "assumptions", "was"}
)
"""What of a specification its designer does not write: it follows from the rest, or is ours to say."""

_OTHER_NAMES: Final[Mapping[str, str]] = {
    "yesno": "bool",
    "yesorno": "bool",
    "string": "text", "str": "text", "number": "int or decimal", "integer": "int", "float": "decimal",
    "boolean": "bool", "checkbox": "bool", "yes/no": "bool", "enum": "choice", "select": "choice",
    "status": "choice", "reference": "ref", "relation": "ref", "link": "ref", "time": "datetime",
    "timestamp": "datetime", "day": "date", "textarea": "longtext", "currency": "money", "price": "money",
    "photo": "image", "upload": "file", "overlap": "no_overlap", "limit": "capacity", "max": "capacity",
    "required": "ensure", "condition": "ensure", "check": "ensure", "validation": "ensure", "due": "overdue",
    "range": "lowest and highest of the field, or ensure", "kanban": "board", "table": "list",
    "report": "totals", "print": "document", "everything": "all", "mine": "own",
    "missing": "left_out", "partial": "partly", "done": "kept",
}  # fmt: skip
"""What people and models call a type or a kind, and what it is called here."""

_PATTERNS: Final = (
    ("^[A-Z]", "must be PascalCase, such as YogaClass: letters and digits, at most 40"),
    # Before the next, which its pattern would match too.
    ("^[a-z][a-z0-9_]{0,39}( desc)", "must be one field or figure, with ` desc` for the highest first"),
    ("^[a-z][a-z0-9_]", "must be snake_case, such as starts_at: lower-case letters, digits and _, at most 40"),
)


def fault_words(fault: Mapping[str, Any]) -> str:
    """A fault of pydantic's, as its `errors()` tells it, in a sentence without the grammar of a schema."""
    kind, context = fault["type"], fault.get("ctx") or {}
    match kind:
        case "extra_forbidden":
            return _unknown_member(fault["loc"])
        case "missing":
            return "is missing"
        case "string_pattern_mismatch":
            pattern = str(context.get("pattern", ""))
            return next((words for start, words in _PATTERNS if pattern.startswith(start)), str(fault["msg"]))
        case "enum":
            return _unknown_value(str(fault.get("input")), str(context.get("expected", "")))
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "string_too_short":
            return "is empty"
        case "too_long":
            return f"has {context['actual_length']} members, at most {context['max_length']} are possible"
        case "too_short":
            return f"needs at least {context['min_length']}"
    # Pydantic writes this in front of the sentences that our own validators raise.
    return _TYPES.get(kind, str(fault["msg"]).removeprefix("Value error, "))


_TYPES: Final[Mapping[str, str]] = {
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _unknown_member(loc: Sequence[int | str]) -> str:
    # The last name on the way is that of the list, or member, whose part has the unknown one.
    holders = [step for step in loc[:-1] if isinstance(step, str)]
    part = _PARTS.get(holders[-1]) if holders else spec.AppSpec
    members = [name for name in part.model_fields if name not in OURS] if part is not None else []
    near = difflib.get_close_matches(str(loc[-1]), members, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"is not known here; {hint}there are: {', '.join(members)}"


def _unknown_value(value: str, expected: str) -> str:
    values = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    near = difflib.get_close_matches(value.casefold(), values, n=1)
    # "Yes / No" and "yes-no" are the same wrong word.
    plain = "".join(filter(str.isalnum, value.casefold()))
    meant = _OTHER_NAMES.get(value.casefold()) or _OTHER_NAMES.get(plain) or (near[0] if near else None)
    hint = f"did you mean {meant}? " if meant else ""
    hint = "did you mean bool (yes or no)? " if meant == "bool" else hint
    return f"{value[:40]!r} is none of them; {hint}there are: {', '.join(values)}"
