"""The JSON schema of a model's answer, made from the specification itself."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, Final

from app.blueprint.spec import AppSpec

Json = dict[str, Any]

OURS: Final = (
    "version",
    "goal",
    "engine",
    "confidence",
    "pages",
    "acceptance",
    "wishes",
    "not_understood",
    "timezone",
)
"""What of a specification no model writes: it follows from the rest, or is ours to say."""

_QUESTION: Final[Json] = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "description": "One thing that only the founder knows, in one sentence."},
        "default": {"type": "string", "description": "What is built when nobody answers."},
    },
    "required": ["question", "default"],
    "additionalProperties": False,
}
BRIEF_PARTS: Final = ("problem", "user", "value", "assumptions", "risks", "smallest_experiment")
_ACCOUNT: Final[Json] = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "description": "The number of the clause."},
        "state": {"enum": ["kept", "partly", "left_out"]},
        "served_by": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Parts of the specification that do it: `Booking`, `Booking.starts_at`, a role, "
            "a form's action, or a rule's whole `about`.",
        },
        "why": {"type": "string", "description": "Unless kept: what is missing and why, for the founder."},
    },
    "required": ["number", "state", "served_by", "why"],
    "additionalProperties": False,
}


@cache
def specification_schema() -> Json:
    """The schema of a specification without what is ours to say."""
    schema = copy.deepcopy(AppSpec.model_json_schema())
    for name in OURS:
        del schema["properties"][name]
    schema["required"] = ["title", "tagline", "entities"]
    parts: Json = schema.pop("$defs")
    for name in ("CheckSpec", "CheckKind", "PageSpec", "WishSpec", "WishState"):
        del parts[name]
    for name in ("EntitySpec", "FieldSpec"):
        del parts[name]["properties"]["was"]
    # Labels, plurals and tables follow from the name where they are left out.
    parts["EntitySpec"]["required"] = ["name", "fields"]
    parts["FieldSpec"]["required"] = ["name"]
    parts["ComputedSpec"]["required"] = ["name", "expression", "about"]
    plain: Json = plain_schema(schema)
    return {**plain, "$defs": plain_schema(parts)}


@cache
def answer_schema() -> Json:
    """The schema of a whole design: specification, account by clause, questions and brief."""
    spec = dict(specification_schema())
    parts = spec.pop("$defs")
    brief = {name: {"type": "string"} for name in BRIEF_PARTS}
    return {
        "type": "object",
        "properties": {
            "spec": spec,
            "clauses": accounts_schema()["properties"]["clauses"],
            "questions": {"type": "array", "items": _QUESTION, "maxItems": 5},
            "brief": _closed_object(brief),
        },
        "required": ["spec", "clauses", "questions", "brief"],
        "additionalProperties": False,
        "$defs": parts,
    }


@cache
def accounts_schema() -> Json:
    """The schema of an account by clause alone."""
    return _closed_object({"clauses": {"type": "array", "items": _ACCOUNT}})


def _closed_object(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def plain_schema(value: Any) -> Any:  # Any: what JSON can hold
    """The schema without titles and defaults, decimals as numbers: shorter, and understood by more servers."""
    if isinstance(value, list):
        return [plain_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    kinds = value.get("anyOf")
    if isinstance(kinds, list) and any(kind.get("type") == "number" for kind in kinds):
        value = {**value, "anyOf": [kind for kind in kinds if kind.get("type") != "string"]}
    return {
        key: _plain_map(item) if key == "properties" else plain_schema(item)
        for key, item in value.items()
        if key not in ("title", "default", "pattern")
    }


def _plain_map(properties: Json) -> Json:
    return {name: plain_schema(item) for name, item in properties.items()}
