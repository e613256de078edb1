"""What goes with a part of a specification that is taken out: what shows it, asks for it or watches over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Raw = dict[str, Any]


def prune(raw: Raw) -> None:
    """Take out what names a record or a detail that is not there any more."""
    fields = {entity["name"]: {field["name"] for field in entity["fields"]} for entity in raw["entities"]}
    for entity in raw["entities"]:
        entity["fields"] = [field for field in entity["fields"] if field["ref"] is None or field["ref"] in fields]
        _prune_record(entity, set(fields))
    fields = {entity["name"]: {field["name"] for field in entity["fields"]} for entity in raw["entities"]}

    def is_there(part: Raw, *names: str | None) -> bool:
        known = fields.get(part["entity"])
        return known is not None and all(name is None or name in known for name in names)

    raw["views"] = [view for view in raw["views"] if is_there(view, view["field"])]
    raw["rules"] = [rule for rule in raw["rules"] if is_there(rule, *rule["fields"])]
    raw["forms"] = [form for form in _forms(raw, fields) if form["fields"] and is_there(form)]
    for role in raw["roles"]:
        role["entity"] = role["entity"] if role["entity"] in fields else None
        role["scope"] = role["scope"] if role["entity"] else "all"


def _prune_record(entity: Raw, records: set[str]) -> None:
    names = {field["name"] for field in entity["fields"]}
    if entity["state"] not in names:
        entity["state"], entity["moves"] = None, []
    for move in entity["moves"]:
        move["asks"] = [name for name in move["asks"] if name in names]
        move["sets"] = [one for one in move["sets"] if one["field"] in names]
    for right in entity["rights"]:
        right["fields"] = [name for name in right["fields"] if name in names]
    figures = {figure["name"] for figure in entity["computed"]}
    if entity["order"] and entity["order"].split(" ")[0] not in names | figures:
        entity["order"] = None
    if entity["lines"] not in records:
        entity["lines"] = None


def _forms(raw: Raw, fields: dict[str, set[str]]) -> Iterator[Raw]:
    for form in raw["forms"]:
        known = fields.get(form["entity"], set())
        person = form["person"] if form["person"] in known else None
        yield {**form, "fields": [name for name in form["fields"] if name in known], "person": person}
