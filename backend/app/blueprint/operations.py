"""Changes of a specification one by one: a part is added, changed, renamed or removed, by its name."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.blueprint import spec_defaults
from app.blueprint.fault_words import OURS
from app.blueprint.naming import Raw
from app.blueprint.renames import mark_choice
from app.blueprint.renaming import Renames, rename, tool_name

MOST: Final = 40
_NAMES: Final = ("name", "label", "action", "role", "about", "text", "field")
_DERIVED: Final = ("label", "plural", "table", "about")
# `was` may be told: an operation that follows a rename by hand has to say so.
_UNTOLD: Final = OURS - {"was"}


class Kind(StrEnum):
    """The kinds of change to a part."""

    ADD = "add"
    CHANGE = "change"
    RENAME = "rename"
    REMOVE = "remove"


class Operation(BaseModel):
    """One change. `at` leads to a part by names, such as `entities/Booking/fields/notes` or `rules/2`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Kind
    at: Annotated[str, Field(min_length=1, max_length=400)]
    value: Any = None
    """For `add` the new part, for `change` the members that become others (null takes one away)."""
    to: Annotated[str, Field(max_length=80)] | None = None
    """For `rename` the new name."""


class OperationFault(ValueError):
    """An operation that cannot be carried out: which one, and what would be right."""


def apply_operations(raw: Raw, operations: Sequence[Operation]) -> Raw:
    """The specification after these changes. OperationFault names the first that cannot be made."""
    # All or nothing: when the third cannot be made, the caller still holds what there was before the first.
    document = copy.deepcopy(raw)
    for number, operation in enumerate(operations, 1):
        try:
            _APPLY[operation.op](document, operation)
        except OperationFault as fault:
            raise OperationFault(f"operation {number} ({operation.op.value} {operation.at}): {fault}") from fault
    return document


def _add(document: Raw, operation: Operation) -> None:
    holder, key = _find_place(document, operation.at.split("/"), may_be_new=True)
    if isinstance(holder, dict) and key not in holder:
        holder[key] = []
    parts = holder[key]
    if not isinstance(parts, list):
        raise OperationFault("parts are added to a list, such as entities/Booking/fields or rules")
    if operation.value is None:
        raise OperationFault("value is missing: the part to add")
    parts.append(copy.deepcopy(operation.value))


def _change(document: Raw, operation: Operation) -> None:
    holder, key = _find_place(document, operation.at.split("/"), may_be_new=True)
    if isinstance(holder, dict) and key in _UNTOLD:
        raise OperationFault(f"{key} follows from the rest")
    member = holder.get(key) if isinstance(holder, dict) else holder[key]
    if not isinstance(member, dict):
        holder[key] = copy.deepcopy(operation.value)
        return
    if not isinstance(operation.value, dict):
        raise OperationFault("value must be an object with the members that become others")
    if "name" in operation.value and operation.value["name"] != member.get("name"):
        raise OperationFault("another name is given by rename, so that the records live on")
    for name, value in operation.value.items():
        if value is None:
            member.pop(name, None)
        else:
            member[name] = copy.deepcopy(value)


def _rename(document: Raw, operation: Operation) -> None:
    steps = operation.at.split("/")
    holder, key = _find_place(document, steps)
    part = holder[key]
    if not operation.to:
        raise OperationFault("to is missing: the new name")
    renames = _renames_of(document, steps, part, operation.to)
    if renames is None:
        raise OperationFault("only what has a name is renamed; use change for the words of others")
    if steps[0] == "entities" and steps[4:5] and steps[2] == "fields" and steps[4] == "choices":
        field_holder, field_key = _find_place(document, steps[:4])
        mark_choice(field_holder[field_key], old=str(part), new=operation.to)
    if isinstance(part, dict):
        _forget_derived(part, is_entity=len(steps) == 2 and steps[0] == "entities")
        # Only of these something is kept, which must be found again.
        if steps[0] == "entities" and "expression" not in part:
            # Of two renames in a row the first name counts: it is the one under which the records lie.
            part["was"] = part.get("was") or part["name"]
    # From a copy, since the names change while they are looked up.
    rename(document, copy.deepcopy(document), renames)


def _renames_of(document: Raw, steps: Sequence[str], part: Any, new: str) -> Renames | None:
    """The renames that follow from renaming one part; None when it has no name that others could speak of."""
    changed = {str(part.get("name") if isinstance(part, dict) else part): new}
    inside = _name_at(document, steps[:2])
    match steps[0], steps[2:]:
        case "entities", []:
            return Renames(entities=changed)
        case "roles", []:
            return Renames(roles=changed)
        case "tools", []:
            return Renames(tools=changed)
        case "entities", ["fields" | "computed", _]:
            return Renames(fields={inside: changed})
        case "tools", ["inputs" | "results", _]:
            return Renames(fields={tool_name(inside): changed})
        case "entities", ["fields", name, "choices", _]:
            return Renames(choices={(inside, _name_at(document, [*steps[:3], name])): changed})
        case "tools", ["inputs", name, "choices", _]:
            return Renames(choices={(tool_name(inside), _name_at(document, [*steps[:3], name])): changed})
    return None


def _name_at(document: Raw, steps: Sequence[str]) -> str:
    if len(steps) < 2:
        return ""
    holder, key = _find_place(document, steps)
    return str(holder[key].get("name")) if isinstance(holder[key], dict) else ""


def _forget_derived(part: Raw, *, is_entity: bool) -> None:
    """Take out the words that only followed from the old name."""
    if "name" not in part:
        return
    bare = {"name": part["name"]}
    derived = spec_defaults.entity(bare) if is_entity else spec_defaults.field(bare)
    for name in _DERIVED:
        if name in part and part[name] == derived.get(name):
            del part[name]


def _remove(document: Raw, operation: Operation) -> None:
    holder, key = _find_place(document, operation.at.split("/"))
    if isinstance(holder, dict):
        if holder.pop(key, None) is None:
            raise OperationFault(f"there is no {key}")
    else:
        del holder[key]


def _find_place(document: Raw, steps: Sequence[str], *, may_be_new: bool = False) -> tuple[Any, Any]:
    """The list or object that holds a part, and the part's place in it."""
    here: Any = document
    for depth, step in enumerate(steps):
        is_last = depth == len(steps) - 1
        if isinstance(here, list):
            key: Any = _index_of(here, step)
        elif isinstance(here, dict) and (step in here or (may_be_new and is_last)):
            key = step
        else:
            raise OperationFault(f"there is no {step!r}; there are: {', '.join(map(str, _names_at(here)))}")
        if is_last:
            return here, key
        here = here[key]
    raise OperationFault("at is empty")


def _index_of(parts: list[Any], step: str) -> int:
    for number, part in enumerate(parts):
        if part == step or (
            isinstance(part, dict) and step in (_view_name(part), *(part.get(name) for name in (*_NAMES, "was")))
        ):
            return number
    # Names go before numbers: a choice may be called "2".
    if step.isdecimal() and 1 <= int(step) <= len(parts):
        return int(step) - 1
    raise OperationFault(f"there is no {step!r}; there are: {', '.join(map(str, _names_at(parts)))}")


def _view_name(part: Raw) -> str:
    return f"{part.get('kind')} {part.get('entity')}"


def _names_at(here: Any) -> list[Any]:  # Any: what JSON can hold
    if isinstance(here, dict):
        return [name for name in here if name not in _UNTOLD]
    if not isinstance(here, list):
        return []
    return [
        next((part[name] for name in _NAMES if part.get(name)), _view_name(part))
        if isinstance(part, dict)
        else part
        for part in here
    ]


_APPLY: Final = {Kind.ADD: _add, Kind.CHANGE: _change, Kind.RENAME: _rename, Kind.REMOVE: _remove}
