"""Pruning: a part that is taken out of a specification takes its views, forms, rules and checks along."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from app.blueprint.spec import AppSpec, EntitySpec, FormSpec, RuleKind
from app.services.plan_values import CorrectionRefused

Raw = dict[str, Any]
MOST_DEPENDANTS: Final = 60
_FIGURE_OR_DETAIL: Final = re.compile(r"(?P<record>[A-Z]\w*)\.(?P<part>[a-z]\w*)(?:, starts_as)?:")
_STEP: Final = re.compile(r"move '([^']*)' of ")
_RIGHT: Final = re.compile(r"right of (.*?) on ")


def prune(raw: Raw) -> None:
    """Take out what names a record or a detail that is not there any more."""
    # A record or a form that was just added says only what it must.
    raw["entities"] = [_with_defaults(entity, EntitySpec) for entity in raw["entities"]]
    raw["forms"] = [_with_defaults(form, FormSpec) for form in raw["forms"]]
    fields = {entity["name"]: {field["name"] for field in entity["fields"]} for entity in raw["entities"]}
    for entity in raw["entities"]:
        entity["fields"] = [field for field in entity["fields"] if field["ref"] is None or field["ref"] in fields]
        _prune_record(entity, set(fields))
    # Once more, since details that led to a record that is gone have just gone with it.
    fields = {entity["name"]: {field["name"] for field in entity["fields"]} for entity in raw["entities"]}

    def is_there(part: Raw, *names: str | None) -> bool:
        field_names = fields.get(part["entity"])
        return field_names is not None and all(name is None or name in field_names for name in names)

    raw["views"] = [view for view in raw["views"] if is_there(view, view["field"]) or _is_by_figure(raw, view)]
    rules = [rule for rule in raw["rules"] if is_there(rule, *rule["fields"])]
    raw["rules"] = [rule for rule in rules if not _is_needless(rule, rules)]
    raw["forms"] = [form for form in _pruned_forms(raw, fields) if form["fields"] and is_there(form)]
    raw["messages"] = [
        message for message in raw.get("messages", ()) if is_there(message) and _is_complete(raw, message)
    ]
    if raw.get("site"):
        forms = {form["entity"] for form in raw["forms"]}
        sections = [section for section in raw["site"]["sections"] if _keeps_section(section, raw, forms)]
        raw["site"] = {"sections": sections} if sections else None
    for role in raw["roles"]:
        role["entity"] = role["entity"] if role["entity"] in fields else None
        # Without a record of their own nobody has records that are theirs.
        role["scope"] = role["scope"] if role["entity"] else "all"


def _is_needless(rule: Raw, rules: list[Raw]) -> bool:
    """True for a rule against two at once of what is taken only once anyway: there is nothing it could refuse."""
    # The last field of one that compares times is what they are compared for.
    place = {RuleKind.NO_OVERLAP: -1, RuleKind.ONE_OPEN: 0}.get(rule["kind"])
    if place is None or not rule["fields"]:
        return False
    subject = (rule["entity"], rule["fields"][place])
    return any(_takes_once(other) and (other["entity"], other["fields"][0]) == subject for other in rules)


def _takes_once(rule: Raw) -> bool:
    """True for a rule by which there is one record at most for each one that it belongs to."""
    if rule.get("when") or rule.get("condition") or len(rule["fields"]) != 1:
        return False
    limit = rule.get("limit")
    is_one = rule["kind"] == RuleKind.CAPACITY and limit is not None and Decimal(limit) == 1
    return is_one or rule["kind"] == RuleKind.UNIQUE


def drop_dependants(raw: Raw) -> None:
    """Take out the figures, rules, and first values of details, that read what is not there any more.

    CorrectionRefused where a step or a right reads it: without its condition, people would do or see more than
    before.
    """
    for _ in range(MOST_DEPENDANTS):
        try:
            # Pages and acceptance checks are made anew from all else.
            AppSpec.model_validate(copy.deepcopy(raw | {"pages": [], "acceptance": []}))
        except ValidationError as error:
            message = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
            if not _drop_rule(raw, message) and not _drop_figure(raw, message):
                raise CorrectionRefused(
                    f"{_name_of_dependant(message)} by it, so it cannot be taken out by a click.",
                    remedy="Hide it from whoever should not see it instead.",
                ) from error
        else:
            return


def _drop_rule(raw: Raw, message: str) -> bool:
    remaining = [rule for rule in raw["rules"] if not message.startswith(f"rule {rule['about']!r}:")]
    is_dropped = len(remaining) < len(raw["rules"])
    raw["rules"] = remaining
    return is_dropped


def _drop_figure(raw: Raw, message: str) -> bool:
    """Take out the figure, or clear the first value, that the message begins with; whether it names one."""
    place = _FIGURE_OR_DETAIL.match(message)
    entity = next((entity for entity in raw["entities"] if place and entity["name"] == place["record"]), None)
    if place is None or entity is None:
        return False
    figures = [figure for figure in entity["computed"] if figure["name"] != place["part"]]
    is_figure = len(figures) < len(entity["computed"])
    entity["computed"] = figures
    started = [field for field in entity["fields"] if field["name"] == place["part"] and field.get("starts_as")]
    for field in started:
        field["starts_as"] = None
    if is_figure:
        prune(raw)
    return is_figure or bool(started)


def _name_of_dependant(message: str) -> str:
    move, right = _STEP.match(message), _RIGHT.match(message)
    if move is not None:
        return f"The step “{move[1]}” goes"
    return f"What {right[1]} may see and change goes" if right is not None else "Other parts of the plan work"


def _is_complete(raw: Raw, message: Raw) -> bool:
    """True when a message still has somebody to go to, a date to go by, and all that it says."""
    paths = [
        message["to"],
        message.get("date"),
        *re.findall(r"\{([^{}]*)\}", f"{message['subject']} {message['text']}"),
    ]
    entities = {entity["name"]: entity for entity in raw["entities"]}
    # Words of messages that name no detail of a record.
    receivers = ("owner", "link", "app", None)
    return all(path in receivers or _path_exists(entities, message["entity"], path.strip()) for path in paths)


def _path_exists(entities: dict[str, Raw], name: str | None, path: str) -> bool:
    step, _, further = path.partition(".")
    entity = entities.get(name or "", {"fields": (), "computed": ()})
    field = next((part for part in (*entity["fields"], *entity["computed"]) if part["name"] == step), None)
    return field is not None and (not further or _path_exists(entities, field.get("ref"), further))


def _with_defaults(part: Raw, kind: type[EntitySpec | FormSpec]) -> Raw:
    """A part with all that goes without saying of it."""
    usual = {
        name: field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
        if not field.is_required()
    }
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in usual.items()}
    return {**plain, **part}


def _is_by_figure(raw: Raw, view: Raw) -> bool:
    """True when a view is by a figure that is worked out, such as a ranking."""
    entity = next((candidate for candidate in raw["entities"] if candidate["name"] == view["entity"]), None)
    return entity is not None and any(figure["name"] == view["field"] for figure in entity["computed"])


def _keeps_section(section: Raw, raw: Raw, forms: set[str]) -> bool:
    """True when what a section of the first page is about is still there."""
    if section["entity"] is None:
        return section["tool"] is None or any(tool["name"] == section["tool"] for tool in raw["tools"])
    entity = next((candidate for candidate in raw["entities"] if candidate["name"] == section["entity"]), None)
    if entity is None:
        return False
    if section["kind"] == "results":
        return any(field["type"] in ("choice", "bool") for field in entity["fields"])
    return entity["public"] != "none" if section["kind"] == "catalogue" else entity["name"] in forms


def _prune_record(entity: Raw, records: set[str]) -> None:
    names = {field["name"] for field in entity["fields"]}
    if entity["state"] not in names:
        # Moves lead from state to state, so they go with the detail that holds it.
        entity["state"], entity["moves"] = None, []
    for move in entity["moves"]:
        move["asks"] = [name for name in move["asks"] if name in names]
        move["sets"] = [assignment for assignment in move["sets"] if assignment["field"] in names]
    for right in entity["rights"]:
        right["fields"] = [name for name in right["fields"] if name in names]
    figures = {figure["name"] for figure in entity["computed"]}
    for right in entity["rights"]:
        right["hides"] = [name for name in right["hides"] if name in names | figures]
    if entity["order"] and entity["order"].split(" ")[0] not in names | figures:
        entity["order"] = None
    entity["public_fields"] = [name for name in entity["public_fields"] if name in names | figures]
    if entity["lines"] not in records:
        entity["lines"] = None


def _pruned_forms(raw: Raw, fields: dict[str, set[str]]) -> Iterator[Raw]:
    by_name = {entity["name"]: entity for entity in raw["entities"]}
    for form in raw["forms"]:
        names = fields.get(form["entity"], set())
        entity = by_name.get(form["entity"])
        readable = names | ({figure["name"] for figure in entity["computed"]} if entity else set())
        of_lines = fields.get(entity["lines"], set()) if entity and entity["lines"] else set()
        yield {
            **form,
            "fields": [name for name in form["fields"] if name in names],
            "person": form["person"] if form["person"] in names else None,
            "invited_by": form["invited_by"] if form["invited_by"] in names else None,
            "shows": [name for name in form["shows"] if name in readable],
            "lines": [name for name in form["lines"] if name in of_lines],
        }
