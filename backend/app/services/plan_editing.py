"""Corrections of a plan in product words: each changes the raw form of a specification, to be checked then."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.blueprint.spec_defaults import plural
from app.blueprint.spec_queries import lower_first
from app.core.errors import InvalidInput
from app.services.plan_pruning import prune

Raw = dict[str, Any]
Values = Mapping[str, str]

DETAIL_KINDS: Final = {
    "text": "Short text",
    "longtext": "Long text",
    "int": "Whole number",
    "decimal": "Number with decimals",
    "money": "Amount of money",
    "date": "Date",
    "datetime": "Date and time",
    "bool": "Yes or no",
    "choice": "One of a list",
    "email": "E-mail address",
    "phone": "Phone number",
    "url": "Web address",
    "image": "Picture",
    "file": "File",
}
"""The kinds of detail in the words of the page; a link to another record is `ref:Name`."""

RIGHTS: Final = {
    "none": "sees none of it",
    "see": "sees all of it",
    "see_own": "sees only their own",
    "add": "sees only their own, and adds",
    "change": "sees only their own, adds and changes them",
    "all": "sees, adds, changes and deletes everything",
}
_RIGHT_PARTS: Final[dict[str, Raw]] = {
    "none": {"sees": "none"},
    "see": {"sees": "all"},
    "see_own": {"sees": "own"},
    "add": {"sees": "own", "adds": True},
    "change": {"sees": "own", "adds": True, "changes": "own"},
    "all": {"sees": "all", "adds": True, "changes": "all", "deletes": True},
}
_NUMBERS: Final = ("int", "decimal", "money")


class CorrectionRefused(InvalidInput):
    code, title = "correction_refused", "This cannot be changed like that"


def correct(raw: Raw, change: str, values: Values) -> None:
    """Make one correction of a specification in its raw form. CorrectionRefused."""
    how = _CHANGES.get(change)
    if how is None:
        raise CorrectionRefused("This is not a change that a plan can have.")
    how(raw, values)
    prune(raw)


def _words(values: Values, name: str, called: str) -> str:
    text = " ".join(values.get(name, "").split())
    if not text:
        raise CorrectionRefused(f"{called} is empty.")
    return text


def _record(raw: Raw, values: Values, name: str = "record") -> Raw:
    match = next((entity for entity in raw["entities"] if entity["name"] == values.get(name)), None)
    if match is None:
        raise CorrectionRefused("This kind of record is not in the plan any more.")
    return dict_of(match)


def _detail(raw: Raw, values: Values) -> Raw:
    entity = _record(raw, values)
    match = next((field for field in entity["fields"] if field["name"] == values.get("detail")), None)
    if match is None:
        raise CorrectionRefused("This detail is not in the plan any more.")
    return dict_of(match)


def dict_of(value: Any) -> Raw:  # Any: what the raw form holds
    """The value, which is known to be an object."""
    assert isinstance(value, dict)
    return value


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}{number}", number + 1
    return free


def _snake(label: str, taken: set[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:36]
    return _free(name if name[:1].isalpha() else f"detail_{name}".rstrip("_"), taken)


def _pascal(label: str, taken: set[str]) -> str:
    name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", label))[:36]
    return _free(name if name[:1].isalpha() else f"Record{name}", taken)


def _name_app(raw: Raw, values: Values) -> None:
    raw["title"] = _words(values, "title", "The name")
    raw["tagline"] = _words(values, "tagline", "The line below the name")


def _rename_record(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    entity["label"] = _words(values, "label", "The name")
    entity["plural"] = " ".join(values.get("plural", "").split()) or plural(entity["label"])


def _add_record(raw: Raw, values: Values) -> None:
    label = _words(values, "label", "The name")
    taken = {entity["name"] for entity in raw["entities"]} | {entity["label"] for entity in raw["entities"]}
    if label in taken:
        raise CorrectionRefused(f"There is a kind of record called {label!r} already.")
    plural_label = plural(label)
    table = _snake(plural_label, {entity["table"] for entity in raw["entities"]})
    name = {"name": "name", "label": "Name", "type": "text", "required": True}
    raw["entities"].append(
        {
            "name": _pascal(label, taken),
            "label": label,
            "plural": plural_label,
            "table": table,
            "about": f"All {lower_first(plural_label)} in one place.",
            "fields": [{**name, "ref": None}],
            "computed": [],
            "state": None,
            "moves": [],
            "rights": [],
            "lines": None,
            "order": None,
        }
    )
    raw["views"].append({"kind": "list", "entity": raw["entities"][-1]["name"], "field": None})


def _remove_record(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    if len(raw["entities"]) == 1:
        raise CorrectionRefused("An app keeps at least one kind of record.")
    raw["entities"] = [kept_entity for kept_entity in raw["entities"] if kept_entity["name"] != entity["name"]]
    for referrer in raw["entities"]:
        remaining = [field for field in referrer["fields"] if field["ref"] != entity["name"]]
        if not any(field["required"] for field in remaining):
            raise CorrectionRefused(f"{referrer['plural']} would have nothing left that must be filled in.")


def _add_detail(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    label = _words(values, "label", "The name")
    taken = {part["name"] for part in (*entity["fields"], *entity["computed"])} | {
        "id",
        "created_at",
        "updated_at",
    }
    kind, _, target = values.get("kind", "text").partition(":")
    field: Raw = {"name": _snake(label, taken), "label": label, "type": kind, "ref": target or None}
    field["required"] = bool(values.get("required"))
    if kind == "ref" and field["required"]:
        field["on_delete"] = "restrict"
    if kind == "choice":
        field["choices"] = _choices(values)
    entity["fields"].append(field)
    for form in raw["forms"]:
        if form["entity"] == entity["name"] and field["required"]:
            form["fields"].append(field["name"])


def _choices(values: Values) -> list[str]:
    lines = [" ".join(line.split()) for line in re.split(r"[\n,;]", values.get("choices", ""))]
    choices = list(dict.fromkeys(filter(None, lines)))
    if not choices:
        raise CorrectionRefused("Say what can be chosen, one in a line.")
    return choices


def _change_detail(raw: Raw, values: Values) -> None:
    field = _detail(raw, values)
    field["label"] = _words(values, "label", "The name")
    field["required"] = bool(values.get("required"))
    if field["type"] == "ref":
        field["on_delete"] = "restrict" if field["required"] else field["on_delete"]
    if field["type"] == "choice":
        field["choices"] = _choices(values)
    if field["type"] in _NUMBERS:
        field["lowest"], field["highest"] = values.get("lowest") or None, values.get("highest") or None


def _remove_detail(raw: Raw, values: Values) -> None:
    entity, field = _record(raw, values), _detail(raw, values)
    remaining = [candidate for candidate in entity["fields"] if candidate["name"] != field["name"]]
    if not any(candidate["required"] for candidate in remaining):
        raise CorrectionRefused(
            f"{entity['label']} needs a detail that must be filled in; make another one so first."
        )
    entity["fields"] = remaining


def _number(values: Values, name: str) -> int:
    text = values.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise CorrectionRefused("The limit is a whole number from 1.")
    return int(text)


def _add_limit(raw: Raw, values: Values) -> None:
    """At most so many records for each one that they belong to."""
    entity = _record(raw, values)
    field = next(
        (
            candidate
            for candidate in entity["fields"]
            if candidate["name"] == values.get("detail") and candidate["ref"]
        ),
        None,
    )
    if field is None:
        raise CorrectionRefused("Choose what the limit is counted for.")
    most = _number(values, "most")
    about = f"At most {most} {lower_first(entity['plural'])} for each {lower_first(field['label'])}."
    limits = [rule for rule in raw["rules"] if rule["kind"] == "capacity" and rule["entity"] == entity["name"]]
    raw["rules"] = [rule for rule in raw["rules"] if rule not in limits or rule["fields"][0] != field["name"]]
    raw["rules"].append(
        {"kind": "capacity", "entity": entity["name"], "fields": [field["name"]], "limit": most, "about": about}
    )


def _add_unique(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    field = _detail(raw, values)
    about = f"No two {lower_first(entity['plural'])} have the same {lower_first(field['label'])}."
    raw["rules"].append({"kind": "unique", "entity": entity["name"], "fields": [field["name"]], "about": about})


def _remove_rule(raw: Raw, values: Values) -> None:
    remaining = [rule for rule in raw["rules"] if rule["about"] != values.get("about")]
    if len(remaining) == len(raw["rules"]):
        raise CorrectionRefused("This rule is not in the plan any more.")
    raw["rules"] = remaining


def _show_public(raw: Raw, values: Values) -> None:
    _record(raw, values)["public"] = values.get("public", "none")


def _add_form(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    action = _words(values, "action", "What people do there")
    status = entity["state"]
    fields = [field["name"] for field in entity["fields"] if field["name"] != status and field["type"] != "file"]
    raw["forms"].append(
        {
            "entity": entity["name"],
            "action": action,
            "about": f"{action}: fill in this form, no account is needed.",
            "thanks": "Thank you, it is noted.",
            "fields": fields,
            "person": None,
        }
    )


def _remove_form(raw: Raw, values: Values) -> None:
    raw["forms"] = [form for form in raw["forms"] if form["action"] != values.get("action")]


def _add_person(raw: Raw, values: Values) -> None:
    name = _words(values, "name", "The name")
    if name in {role["name"] for role in raw["roles"]} | {"Owner"}:
        raise CorrectionRefused(f"There is somebody called {name!r} already.")
    record = values.get("record") or None
    scope = "own" if record else "all"
    sees = "works with their own records" if record else "works with every record"
    raw["roles"].append({"name": name, "about": f"{name} {sees}.", "scope": scope, "entity": record})


def _remove_person(raw: Raw, values: Values) -> None:
    name = values.get("name")
    raw["roles"] = [role for role in raw["roles"] if role["name"] != name]
    for entity in raw["entities"]:
        entity["rights"] = [right for right in entity["rights"] if right["role"] != name]
        for move in entity["moves"]:
            move["by"] = [by for by in move["by"] if by != name]


def _set_right(raw: Raw, values: Values) -> None:
    entity = _record(raw, values)
    parts = _RIGHT_PARTS.get(values.get("right", ""))
    if parts is None:
        raise CorrectionRefused("Choose what this person may do.")
    others = [right for right in entity["rights"] if right["role"] != values.get("name")]
    entity["rights"] = [*others, {"role": values.get("name"), "fields": [], **parts}]


_CHANGES: Final[dict[str, Callable[[Raw, Values], None]]] = {
    "name_app": _name_app,
    "rename_record": _rename_record,
    "add_record": _add_record,
    "remove_record": _remove_record,
    "add_detail": _add_detail,
    "change_detail": _change_detail,
    "remove_detail": _remove_detail,
    "add_limit": _add_limit,
    "add_unique": _add_unique,
    "remove_rule": _remove_rule,
    "show_public": _show_public,
    "add_form": _add_form,
    "remove_form": _remove_form,
    "add_person": _add_person,
    "remove_person": _remove_person,
    "set_right": _set_right,
}
