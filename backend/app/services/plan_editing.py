"""Corrections of a plan in product words: each changes the raw form of a specification, to be checked then."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from app.blueprint.language.forms import asked_of_visitors, people_shown
from app.blueprint.renames import renamed_choices
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import EntitySpec, FieldType
from app.blueprint.spec_defaults import plural
from app.blueprint.spec_parts import RightSpec
from app.blueprint.spec_queries import lower_first
from app.services.plan_answers import ANSWERS
from app.services.plan_assumptions import drop_stale_assumptions
from app.services.plan_pruning import drop_dependants, prune
from app.services.plan_steps import STEPS, rename_choice
from app.services.plan_values import (
    CorrectionRefused,
    Raw,
    Values,
    detail_in,
    pascal_name,
    record_in,
    snake_name,
    words_in,
)
from app.services.plan_wording import rename_label

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
VIEWS: Final = {
    "calendar": ("datetime", "date"),
    "board": ("choice",),
    "chart": ("date", "datetime", "choice"),
    "gallery": ("image",),
}
"""Ways to show a kind of record besides its list, with the kinds of detail that each goes by."""
_NUMBERS: Final = ("int", "decimal", "money")


def right_now(right: RightSpec) -> str:
    """Which of RIGHTS a right is; empty for one that is none of them, such as one of a few details."""
    parts = right.model_dump(mode="json", exclude_defaults=True, exclude={"role", "label"})
    matches = (key for key, raw in _RIGHT_PARTS.items() if _as_spec(raw) == parts)
    return next(matches, "")


def _as_spec(raw: Raw) -> Raw:
    spec = RightSpec.model_validate({"role": "Anybody", **raw})
    return spec.model_dump(mode="json", exclude_defaults=True, exclude={"role", "label"})


def correct(raw: Raw, change: str, values: Values) -> None:
    """Make one correction of a specification in its raw form. CorrectionRefused."""
    how = _CHANGES.get(change)
    if how is None:
        raise CorrectionRefused("This is not a change that a plan can have.")
    before = {part: list(raw[part]) for part in ("entities", "forms", "rules")}
    how(raw, values)
    # Each correction may take away what other parts name: views, rules, forms, rights.
    prune(raw)
    if change.startswith("remove_"):
        drop_dependants(raw)
    if not change.startswith("rename_"):
        drop_stale_assumptions(before, raw)


def _name_app(raw: Raw, values: Values) -> None:
    raw["title"] = words_in(values, "title", "The name")
    raw["tagline"] = words_in(values, "tagline", "The line below the name")


def _rename_record(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    before, wanted_plural = (entity["label"], entity["plural"]), " ".join(values.get("plural", "").split())
    label = words_in(values, "label", "The name")
    # Who only changes what one is called means the others too.
    is_left = wanted_plural == before[1] and label != before[0]
    plural_label = plural(label) if is_left or not wanted_plural else wanted_plural
    others = [other for other in raw["entities"] if other["name"] != entity["name"]]
    _require_new_record(label, plural_label, others)
    rename_label(raw, entity, label, plural_label)


def _require_new_record(label: str, plural_label: str, others: list[Raw]) -> None:
    taken = {other[key].casefold() for other in others for key in ("label", "plural")}
    if {label.casefold(), plural_label.casefold()} & taken:
        raise CorrectionRefused(f"There is a kind of record called “{label}” already.")


def _add_record(raw: Raw, values: Values) -> None:
    label = words_in(values, "label", "The name")
    plural_label = plural(label)
    _require_new_record(label, plural_label, raw["entities"])
    taken = {entity["name"] for entity in raw["entities"]}
    table = snake_name(plural_label, {entity["table"] for entity in raw["entities"]})
    name = {"name": "name", "label": "Name", "type": "text", "required": True}
    raw["entities"].append(
        {
            "name": pascal_name(label, taken),
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
    entity = record_in(raw, values)
    if len(raw["entities"]) == 1:
        raise CorrectionRefused("An app keeps at least one kind of record.")
    raw["entities"] = [record for record in raw["entities"] if record["name"] != entity["name"]]
    for referrer in raw["entities"]:
        remaining = [field for field in referrer["fields"] if field["ref"] != entity["name"]]
        if not any(field["required"] for field in remaining):
            raise CorrectionRefused(f"{referrer['plural']} would have nothing left that must be filled in.")


def _add_detail(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    label = words_in(values, "label", "The name")
    taken = {part["name"] for part in (*entity["fields"], *entity["computed"])}
    _require_new_detail(entity, label)
    kind, _, target = values.get("kind", "text").partition(":")
    field: Raw = {"name": snake_name(label, taken), "label": label, "type": kind, "ref": target or None}
    field["required"] = bool(values.get("required"))
    # A record that needs another one cannot outlive it.
    if kind == "ref" and field["required"]:
        field["on_delete"] = "restrict"
    if kind == "choice":
        field["choices"] = _choices_in(values)
    entity["fields"].append(field)
    # A visitor's form without a detail that must be filled in could never be sent.
    for form in raw["forms"]:
        if form["entity"] == entity["name"] and field["required"]:
            form["fields"].append(field["name"])


def _require_new_detail(entity: Raw, label: str, *, except_for: Raw | None = None) -> None:
    details = (*entity["fields"], *entity["computed"])
    if any(part is not except_for and _spoken(part["label"]) == _spoken(label) for part in details):
        raise CorrectionRefused(f"{entity['plural']} have a detail called “{label}” already.")


def _spoken(label: str) -> str:
    """A name as it sounds: “E-mail” and “Email” are one."""
    return re.sub(r"[\W_]+", "", label).casefold()


def _choices_in(values: Values) -> list[str]:
    lines = [" ".join(line.split()) for line in re.split(r"[\n,;]", values.get("choices", ""))]
    choices = list(dict.fromkeys(filter(None, lines)))
    if not choices:
        raise CorrectionRefused("Say what can be chosen, one in a line.")
    return choices


def _change_detail(raw: Raw, values: Values) -> None:
    field = detail_in(raw, values)
    label = words_in(values, "label", "The name")
    _require_new_detail(record_in(raw, values), label, except_for=field)
    field["label"] = label
    field["required"] = bool(values.get("required"))
    if field["type"] == "ref":
        field["on_delete"] = "restrict" if field["required"] else field["on_delete"]
    if field["type"] == "choice":
        choices = _choices_in(values)
        for old, new in renamed_choices(field["choices"], choices).items():
            rename_choice(raw, record_in(raw, values), field, old=old, new=new)
        field["choices"] = choices
    if field["type"] in _NUMBERS:
        field["lowest"], field["highest"] = values.get("lowest") or None, values.get("highest") or None


def _remove_detail(raw: Raw, values: Values) -> None:
    entity, field = record_in(raw, values), detail_in(raw, values)
    remaining = [candidate for candidate in entity["fields"] if candidate["name"] != field["name"]]
    if not any(candidate["required"] for candidate in remaining):
        raise CorrectionRefused(
            f"{entity['label']} needs a detail that must be filled in; make another one so first."
        )
    entity["fields"] = remaining


def _number_in(values: Values, name: str) -> int:
    text = values.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise CorrectionRefused("The limit is a whole number from 1.")
    return int(text)


def _add_limit(raw: Raw, values: Values) -> None:
    """At most so many records for each one that they belong to."""
    entity = record_in(raw, values)
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
    most = _number_in(values, "most")
    counted = entity["plural"] if most > 1 else entity["label"]
    about = f"At most {most} {lower_first(counted)} for each {lower_first(field['label'])}."
    # Another limit for the same takes the place of the earlier one.
    limits = [rule for rule in raw["rules"] if rule["kind"] == "capacity" and rule["entity"] == entity["name"]]
    raw["rules"] = [rule for rule in raw["rules"] if rule not in limits or rule["fields"][0] != field["name"]]
    raw["rules"].append(
        {"kind": "capacity", "entity": entity["name"], "fields": [field["name"]], "limit": most, "about": about}
    )


def _add_unique(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    field = detail_in(raw, values)
    about = f"No two {lower_first(entity['plural'])} have the same {lower_first(field['label'])}."
    raw["rules"].append({"kind": "unique", "entity": entity["name"], "fields": [field["name"]], "about": about})


def _remove_rule(raw: Raw, values: Values) -> None:
    remaining = [rule for rule in raw["rules"] if rule["about"] != values.get("about")]
    if len(remaining) == len(raw["rules"]):
        raise CorrectionRefused("This rule is not in the plan any more.")
    raw["rules"] = remaining


def _add_view(raw: Raw, values: Values) -> None:
    """Show a kind of record in another way, by the first of its details that fits."""
    entity = record_in(raw, values)
    types = VIEWS.get(kind := values.get("kind", ""), ())
    if not types:
        raise CorrectionRefused("Choose how it is to be shown.")
    if any(view["kind"] == kind and view["entity"] == entity["name"] for view in raw["views"]):
        raise CorrectionRefused(f"{entity['plural']} are shown on a {kind} already.")
    fitting = [field["name"] for type_name in types for field in entity["fields"] if field["type"] == type_name]
    if not fitting:
        needed = " or ".join(DETAIL_KINDS[type_name].lower() for type_name in types)
        raise CorrectionRefused(f"For a {kind}, {lower_first(entity['plural'])} need a detail first: {needed}.")
    raw["views"].append({"kind": kind, "entity": entity["name"], "field": fitting[0]})


def _remove_view(raw: Raw, values: Values) -> None:
    entity, kind = record_in(raw, values), values.get("kind")
    raw["views"] = [view for view in raw["views"] if (view["kind"], view["entity"]) != (kind, entity["name"])]


def _show_public(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    entity["public"] = values.get("public", "none")
    if entity["public"] == "none":
        entity["public_fields"], entity["public_if"] = [], None


def _add_form(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    action = words_in(values, "action", "What people do there")
    by_name = {record["name"]: EntitySpec.model_validate(record) for record in raw["entities"]}
    spec = by_name[entity["name"]]
    person, asked = asked_of_visitors(spec, by_name)
    # The state of a record is the staff's to say.
    of_staff = {spec.state, *(field.name for field in spec.fields if field.type is FieldType.FILE)}
    fields = [name for name in asked if name not in of_staff]
    shown = people_shown(spec, fields, by_name)
    if shown is not None:
        raise CorrectionRefused(
            f"Visitors would choose from all {lower_first(shown.plural)}, and so read everybody's name.",
            remedy=f"Let {lower_first(shown.plural)} have a name and an e-mail address, and need nothing else: "
            "then visitors are asked for theirs.",
        )
    if not fields:
        raise CorrectionRefused(f"{spec.plural} have nothing that a visitor could fill in.")
    for field in entity["fields"]:
        # What visitors are not shown the staff adds later.
        if field["ref"] and field["name"] not in (*fields, person):
            field["required"] = False
    raw["forms"].append(
        {
            "entity": entity["name"],
            "action": action,
            "about": f"{action}: fill in this form, no account is needed.",
            "thanks": "Thank you, it is noted.",
            "fields": fields,
            "person": person,
        }
    )


def _remove_form(raw: Raw, values: Values) -> None:
    raw["forms"] = [form for form in raw["forms"] if form["action"] != values.get("action")]


def _add_person(raw: Raw, values: Values) -> None:
    name = words_in(values, "name", "The name")
    # Every app has an owner, who is nobody's to name again.
    if name in {role["name"] for role in raw["roles"]} | {"Owner"}:
        raise CorrectionRefused(f"There is somebody called {name!r} already.")
    record = record_in(raw, values)["name"] if values.get("record") else None
    if record is not None and not is_person(EntitySpec.model_validate(record_in(raw, values))):
        plural_label = lower_first(record_in(raw, values)["plural"])
        raise CorrectionRefused(
            f"The plan does not say how to reach {plural_label}, so nobody can sign in as one of them. "
            "Give them an e-mail address first, if they are people."
        )
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
    entity = record_in(raw, values)
    parts = _RIGHT_PARTS.get(values.get("right", ""))
    if parts is None:
        raise CorrectionRefused("Choose what this person may do.")
    others = [right for right in entity["rights"] if right["role"] != values.get("name")]
    entity["rights"] = [*others, {"role": values.get("name"), "fields": [], "hides": [], **parts}]


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
    "add_view": _add_view,
    "remove_view": _remove_view,
    "show_public": _show_public,
    "add_form": _add_form,
    "remove_form": _remove_form,
    "add_person": _add_person,
    "remove_person": _remove_person,
    "set_right": _set_right,
    **STEPS,
    **ANSWERS,
}
