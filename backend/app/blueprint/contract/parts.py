"""The parts of a specification as a model reads them, from the schema of the specification itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from app.blueprint.fault_words import OURS
from app.blueprint.spec import AppSpec

Json = dict[str, Any]

USUAL: Final = frozenset({"label", "plural", "table", "tagline", "goal", "theme"})
"""Is required by the schema, and filled in where it is left out."""

ABOUT: Final = {
    "AppSpec": "The whole; `goal` are the founder's own words.",
    "RuleSpec": (
        "Something the app enforces or works out, as the rules below say. `about` is what people read. With "
        "`when` it is judged only while that holds. `limit` is the founder's number: the room of a capacity, the "
        "days before an overdue date that it warns."
    ),
}
"""Instead of what the code says of a part, where a designer needs other words."""

_FORMS: Final = (
    ("^[A-Z]", "PascalCase"),
    ("^[a-z][a-z0-9_]{0,39}( desc)", "field or figure, then ` desc` or not"),
)


def parts_text() -> str:
    """Every part with its members, the app first and each after the one that names it."""
    schema = AppSpec.model_json_schema()
    definitions: Json = schema["$defs"]
    lines: list[str] = []
    todo, seen = ["AppSpec"], set[str]()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        part = schema if name == "AppSpec" else definitions[name]
        if "properties" not in part:
            continue
        lines += _part(name, part, definitions)
        todo += [
            inner for key, member in part["properties"].items() if key not in OURS for inner in _named(member)
        ]
    return "\n".join(lines)


def _part(name: str, part: Json, definitions: Json) -> Iterator[str]:
    required = set(part.get("required", ())) - USUAL
    about = ABOUT.get(name) or " ".join(str(part.get("description", "")).split())
    yield f"{_title(name)}: {about}"
    for key, member in part["properties"].items():
        if key not in OURS:
            star = "*" if key in required and (name, key) != ("EntitySpec", "about") else ""
            yield f"- {key}{star}: {_kind(member, definitions)}{_default(member)}"
    yield ""


def _title(name: str) -> str:
    return "the app" if name == "AppSpec" else name.removesuffix("Spec").lower()


def _named(member: Any) -> Iterator[str]:  # Any: what a JSON schema can hold
    if isinstance(member, dict):
        if "$ref" in member:
            yield str(member["$ref"]).rpartition("/")[2]
        for inner in member.values():
            yield from _named(inner)
    elif isinstance(member, list):
        for inner in member:
            yield from _named(inner)


def _kind(member: Json, definitions: Json) -> str:
    """What a member holds, in a few words."""
    if "$ref" in member:
        name = str(member["$ref"]).rpartition("/")[2]
        values = definitions[name].get("enum")
        return f"[{', '.join(values)}]" if values else _title(name)
    if "anyOf" in member:
        kinds = [one for one in member["anyOf"] if one.get("type") != "null"]
        numbers = [one for one in kinds if one.get("type") == "number"]
        return _kind((numbers or kinds)[0], definitions)
    if member.get("type") == "array":
        most = f" of {member['maxItems']}" if "maxItems" in member else ""
        return f"list{most}: {_kind(member.get('items', {}), definitions)}"
    return _plain(member)


def _plain(member: Json) -> str:
    pattern = str(member.get("pattern", ""))
    for start, words in (*_FORMS, ("^[a-z][a-z0-9_]{0,39}$", "snake_case")):
        if pattern.startswith(start):
            return words
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        str(member.get("type")), str(member.get("type", "text"))
    )
    return f"{kind} up to {member['maxLength']}" if "maxLength" in member else kind


def _default(member: Json) -> str:
    value = member.get("default")
    return f", {value!r} by default" if value not in (None, False, [], "") else ""
