"""The JSON schema of a model's answer, made from the specification itself."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import AppSpec, FieldType, RuleKind

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
MOST_QUESTIONS: Final = 5
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
            "questions": {"type": "array", "items": _QUESTION, "maxItems": MOST_QUESTIONS},
            "brief": _closed_object(brief),
        },
        "required": ["spec", "clauses", "questions", "brief"],
        "additionalProperties": False,
        "$defs": parts,
    }


def rest_schema(schema: Json) -> Json:
    """The schema of what is missing of an answer: nothing has to be said again but the names of its parts."""
    loose = {**schema, "required": []}
    properties = dict(schema["properties"])
    if "spec" in properties:
        properties["spec"] = {**properties["spec"], "required": []}
        entity = {**schema["$defs"]["EntitySpec"], "required": ["name"]}
        loose["$defs"] = {**schema["$defs"], "EntitySpec": entity}
    return {**loose, "properties": properties}


_BRIEF_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "EntitySpec": ("name", "fields", "computed", "state", "moves"),
    "ComputedSpec": ("name", "expression", "about"),
    "MoveSpec": ("label", "sources", "target", "about"),
}
"""What a model that cannot read much may say of each part, in this order."""

_BRIEF_OPTIONAL: Final = frozenset({"computed", "state", "moves"})
_BRIEF_FIELDS: Final[Mapping[str, tuple[FieldType, ...]]] = {
    "choices": (FieldType.CHOICE,),
    "ref": (FieldType.REF,),
    "": tuple(kind for kind in FieldType if kind not in (FieldType.CHOICE, FieldType.REF)),
}
"""The types of fields by the member that only they have."""

_BRIEF_RULES: Final[Mapping[str, tuple[RuleKind, ...]]] = {
    member: tuple(kind for kind in RuleKind if RULE_KINDS[kind].needs == member)
    for member in ("limit", "condition", "when", "")
}
"""The kinds of rules by the member that only they need."""

_PASCAL: Final[Json] = {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]{1,30}$"}
_SNAKE: Final[Json] = {"type": "string", "pattern": "^[a-z][a-z0-9_]{1,30}$"}
_LONGEST_TEXT: Final = 120
_LONGEST_LIST: Final = 8
_MOST_RECORDS: Final = 6


@cache
def brief_answer_schema(clauses: int) -> Json:
    """The schema of a small design, with an end to every text and list.

    A server that holds an answer to a schema takes its time for every part that may come next, and a weak model
    writes on as long as it may.
    """
    full = answer_schema()
    spec = full["properties"]["spec"]["properties"]
    small = {name: spec[name] for name in ("title", "tagline", "entities", "rules")}
    account = _bound_sizes(accounts_schema()["properties"]["clauses"])
    parts = {name: _make_brief_part(name, full["$defs"][name]) for name in _BRIEF_PARTS}
    parts["FieldSpec"] = {"anyOf": [_make_brief_field(names, kinds) for names, kinds in _BRIEF_FIELDS.items()]}
    rule = full["$defs"]["RuleSpec"]["properties"]
    parts["RuleSpec"] = {"anyOf": [_make_brief_rule(rule, names, kinds) for names, kinds in _BRIEF_RULES.items()]}
    members = {"spec": _bound_sizes(_closed_object(small)), "clauses": {**account, "maxItems": clauses}}
    members["spec"]["properties"]["entities"] |= {"minItems": 1, "maxItems": _MOST_RECORDS}
    return {**_closed_object(members), "$defs": parts}


def _make_brief_part(name: str, part: Json) -> Json:
    members = {key: _drop_null(part["properties"][key]) for key in _BRIEF_PARTS[name]}
    if name != "MoveSpec":
        members["name"] = _PASCAL if name == "EntitySpec" else _SNAKE
    must = [key for key in members if key not in _BRIEF_OPTIONAL]
    bounded: Json = _bound_sizes({**_closed_object(members), "required": must})
    return bounded


def _make_brief_field(own: str, kinds: Sequence[FieldType]) -> Json:
    members: Json = {"name": _SNAKE, "type": {"enum": [kind.value for kind in kinds]}}
    if own == "choices":
        choice = {"type": "string", "minLength": 1, "maxLength": 30}
        members["choices"] = {"type": "array", "items": choice, "minItems": 2, "maxItems": _LONGEST_LIST}
    elif own == "ref":
        members["ref"] = _PASCAL
    must = list(members)
    return {**_closed_object({**members, "required": {"type": "boolean"}}), "required": must}


def _make_brief_rule(rule: Json, own: str, kinds: Sequence[RuleKind]) -> Json:
    # A limit or a condition says by itself what the rule is about.
    fields = {"type": "array", "items": _SNAKE, "minItems": 0 if own else 1, "maxItems": 4}
    members: Json = {"kind": {"enum": [kind.value for kind in kinds]}, "entity": _PASCAL, "fields": fields}
    if own:
        members[own] = _drop_null(rule[own])
    bounded: Json = _bound_sizes(_closed_object({**members, "about": rule["about"]}))
    return bounded


def _drop_null(member: Json) -> Json:
    """The member without null: where it is not said it is not there."""
    kinds = [kind for kind in member.get("anyOf", ()) if kind.get("type") != "null"]
    return kinds[0] if kinds else member


def _bound_sizes(value: Any) -> Any:  # Any: what JSON can hold
    """The schema without descriptions, and with an end to every text and list."""
    if isinstance(value, list):
        return [_bound_sizes(item) for item in value]
    if not isinstance(value, dict):
        return value
    bounded = {key: _bound_sizes(item) for key, item in value.items() if key != "description"}
    if value.get("type") == "string" and "pattern" not in value:
        bounded["maxLength"] = min(value.get("maxLength", _LONGEST_TEXT), _LONGEST_TEXT)
    if value.get("type") == "array":
        bounded["maxItems"] = min(value.get("maxItems", _LONGEST_LIST), _LONGEST_LIST)
    return bounded


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
    """The schema without titles, defaults and patterns, decimals as numbers alone and not as texts too.

    That is shorter, and more servers understand it.
    """
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
