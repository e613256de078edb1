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
        "`when` it is judged only while that holds, with `on_entry` at no later change. "
        "`limit` is the founder's number: the room of a capacity, the days before an overdue date that it warns."
    ),
}
"""Instead of what the code says of a part, where a designer needs other words."""

_FORMS: Final = (
    ("^[A-Z]", "PascalCase"),
    ("^[a-z][a-z0-9_]{0,39}(\\.", "field, or `link.field`"),
    ("^[a-z][a-z0-9_]{0,39}( desc)", "field or figure, then ` desc` or not"),
)


def parts_text() -> str:
    """Every part with its members, the app first and each after the one that names it."""
    schema = AppSpec.model_json_schema()
    definitions: Json = schema["$defs"]
    lines: list[str] = []
    todo, written = ["AppSpec"], set[str]()
    while todo:
        name = todo.pop(0)
        if name in written:
            continue
        written.add(name)
        part = schema if name == "AppSpec" else definitions[name]
        if "properties" not in part:
            continue
        lines += _part_lines(name, part, definitions)
        todo += [
            inner
            for key, member in part["properties"].items()
            if key not in OURS
            for inner in _parts_named(member)
        ]
    return "\n".join(lines)


def _part_lines(name: str, part: Json, definitions: Json) -> Iterator[str]:
    required = set(part.get("required", ())) - USUAL
    about = ABOUT.get(name) or " ".join(str(part.get("description", "")).split())
    yield f"{_title(name)}: {about}"
    for key, member in part["properties"].items():
        if key not in OURS:
            star = "*" if key in required and (name, key) != ("EntitySpec", "about") else ""
            yield f"- {key}{star}: {_kind_words(member, definitions)}{_default_words(member)}"
    yield ""


def _title(name: str) -> str:
    return "the app" if name == "AppSpec" else name.removesuffix("Spec").lower()


def _parts_named(member: Any) -> Iterator[str]:  # Any: what a JSON schema can hold
    if isinstance(member, dict):
        if "$ref" in member:
            yield str(member["$ref"]).rpartition("/")[2]
        for inner in member.values():
            yield from _parts_named(inner)
    elif isinstance(member, list):
        for inner in member:
            yield from _parts_named(inner)


def _kind_words(member: Json, definitions: Json) -> str:
    """The kind of value that a member holds, in a few words."""
    if "$ref" in member:
        name = str(member["$ref"]).rpartition("/")[2]
        values = definitions[name].get("enum")
        return f"[{', '.join(values)}]" if values else _title(name)
    if "anyOf" in member:
        # What may be left out is not told as null: a model that reads so writes it everywhere.
        kinds = [option for option in member["anyOf"] if option.get("type") != "null"]
        numbers = [option for option in kinds if option.get("type") == "number"]
        return _kind_words((numbers or kinds)[0], definitions)
    if member.get("type") == "array":
        most = f" of {member['maxItems']}" if "maxItems" in member else ""
        return f"list{most}: {_kind_words(member.get('items', {}), definitions)}"
    return _plain_words(member)


def _plain_words(member: Json) -> str:
    pattern = str(member.get("pattern", ""))
    for start, words in (*_FORMS, ("^[a-z][a-z0-9_]{0,39}$", "snake_case")):
        if pattern.startswith(start):
            return words
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        str(member.get("type")), str(member.get("type", "text"))
    )
    return f"{kind} up to {member['maxLength']}" if "maxLength" in member else kind


def _default_words(member: Json) -> str:
    value = member.get("default")
    return f", {value!r} by default" if value not in (None, False, [], "") else ""
