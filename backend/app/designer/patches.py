"""Changes of a specification as typed operations, each of which can be said in words before it is made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.blueprint.editing import problems, settled
from app.blueprint.spec import AppSpec
from app.designer import operations as ops
from app.designer.drafts import Fault, completed
from app.designer.operations import Operation
from app.designer.renaming import follow_field, follow_record
from app.designer.schema import Json, plain_schema

MOST_OPERATIONS: Final = 40


_ADAPTER: Final[TypeAdapter[tuple[Operation, ...]]] = TypeAdapter(tuple[Operation, ...])


class PatchRefused(ValueError):
    """Operations that cannot be made; `faults` say which and why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


@cache
def change_schema() -> Json:
    """The schema of an answer to a change in words."""
    operations = plain_schema(_ADAPTER.json_schema())
    parts = operations.pop("$defs")
    left_out = {"type": "array", "items": {"type": "string"}, "description": "Wishes that no operation can meet."}
    return {
        "type": "object",
        "properties": {
            "operations": {"type": "array", "items": operations["items"], "maxItems": MOST_OPERATIONS},
            "left_out": left_out,
        },
        "required": ["operations", "left_out"],
        "additionalProperties": False,
        "$defs": parts,
    }


def read_operations(raw: Any) -> tuple[Operation, ...]:  # Any: what a model wrote
    """The operations of an answer. PatchRefused."""
    if not isinstance(raw, list | tuple) or len(raw) > MOST_OPERATIONS:
        raise PatchRefused([Fault("operations", f"is a list of at most {MOST_OPERATIONS} operations")])
    try:
        return _ADAPTER.validate_python(tuple(raw))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise PatchRefused(
            Fault(f"operations {_path(one['loc'])}", one["msg"][:400]) for one in found[:20]
        ) from error


def apply(spec: AppSpec, operations: Iterable[Operation]) -> AppSpec:
    """The specification after the operations, checked as every edit is. PatchRefused."""
    document: Json = copy.deepcopy(spec.model_dump(mode="json"))
    faults = [fault for operation in operations if (fault := _made(document, operation)) is not None]
    if faults:
        raise PatchRefused(faults)
    try:
        made = settled(document, spec, guess=False)[0]
    except ValidationError as error:
        raise PatchRefused(Fault(one["field"], one["problem"]) for one in problems(error, document)) from error

    # What follows from the rest follows from the change as well.
    return completed(made, wishes=made.wishes, confidence=made.confidence, left=made.not_understood)


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)


def _made(document: Json, operation: Operation) -> Fault | None:
    """Make one operation in place; a fault when what it names is not there."""
    try:
        _MAKERS[operation.op](document, operation)
    except LookupError as error:
        return Fault(operation.op, str(error.args[0]))
    return None


def _json(part: BaseModel) -> Json:
    return part.model_dump(mode="json")


def _record(document: Json, name: str) -> Json:
    for entity in document["entities"]:
        if entity["name"] == name:
            found: Json = entity
            return found
    raise LookupError(f"there is no kind of record {name!r}")


def _put(items: list[Json], part: Json, *keys: str) -> None:
    """Put a part in the place of the one with the same keys, or at the end."""
    for place, one in enumerate(items):
        if all(one[key] == part[key] for key in keys):
            items[place] = part
            return
    items.append(part)


def _drop(items: list[Json], what: str, **values: str) -> None:
    kept = [one for one in items if any(str(one[key]) != value for key, value in values.items())]
    if len(kept) == len(items):
        raise LookupError(f"there is no {what} {', '.join(values.values())!r}")
    items[:] = kept


def _add_record(document: Json, one: ops.AddRecord) -> None:
    document["entities"].append(_json(one) | {"op": None})
    del document["entities"][-1]["op"]


def _rename_record(document: Json, one: ops.RenameRecord) -> None:
    words = {"name": one.to, "label": one.label, "plural": one.plural, "was": one.name}
    _record(document, one.name).update(words)
    follow_record(document, one.name, one.to)


def _remove_record(document: Json, one: ops.RemoveRecord) -> None:
    document["entities"].remove(_record(document, one.name))
    for name in ("rules", "views", "forms", "messages"):
        document[name] = [part for part in document.get(name, ()) if part["entity"] != one.name]


def _put_field(document: Json, one: ops.PutField) -> None:
    _put(_record(document, one.record)["fields"], _json(one.field), "name")


def _rename_field(document: Json, one: ops.RenameField) -> None:
    for field in _record(document, one.record)["fields"]:
        if field["name"] == one.name:
            field.update({"name": one.to, "label": one.label, "was": one.name})
            follow_field(document, one.record, one.name, one.to)
            return
    raise LookupError(f"{one.record} has no field {one.name!r}")


def _remove_field(document: Json, one: ops.RemoveField) -> None:
    _drop(_record(document, one.record)["fields"], f"field of {one.record}", name=one.name)


def _put_figure(document: Json, one: ops.PutFigure) -> None:
    _put(_record(document, one.record)["computed"], _json(one.figure), "name")


def _put_move(document: Json, one: ops.PutMove) -> None:
    record = _record(document, one.record)
    record["state"] = one.state
    _put(record["moves"], _json(one.move), "label")


def _put_right(document: Json, one: ops.PutRight) -> None:
    _put(_record(document, one.record)["rights"], _json(one.right), "role")


def _remove_part(document: Json, one: ops.RemovePart) -> None:
    items, key = {"figure": ("computed", "name"), "move": ("moves", "label"), "right": ("rights", "role")}[
        one.part
    ]
    _drop(_record(document, one.record)[items], f"{one.part} of {one.record}", **{key: one.name})


def _put_rule(document: Json, one: ops.PutRule) -> None:
    rules: list[Json] = document["rules"]
    for place, rule in enumerate(rules):
        if rule["about"] == (one.replaces or one.rule.about):
            rules[place] = _json(one.rule)
            return
    if one.replaces is not None:
        raise LookupError(f"there is no rule {one.replaces!r}")
    rules.append(_json(one.rule))


def _set_words(document: Json, one: ops.SetWords) -> None:
    document.update({key: value for key, value in _json(one).items() if key != "op" and value is not None})


_MAKERS: Final[dict[str, Callable[[Json, Any], None]]] = {  # Any: each takes its own operation
    "add_record": _add_record,
    "rename_record": _rename_record,
    "remove_record": _remove_record,
    "put_field": _put_field,
    "rename_field": _rename_field,
    "remove_field": _remove_field,
    "put_figure": _put_figure,
    "put_move": _put_move,
    "put_right": _put_right,
    "remove_part": _remove_part,
    "put_rule": _put_rule,
    "remove_rule": lambda document, one: _drop(document["rules"], "rule", about=one.about),
    "put_role": lambda document, one: _put(document["roles"], _json(one.role), "name"),
    "remove_role": lambda document, one: _drop(document["roles"], "kind of person", name=one.name),
    "put_view": lambda document, one: _put(document["views"], _json(one.view), "entity", "kind"),
    "remove_view": lambda document, one: _drop(document["views"], "view", entity=one.record, kind=one.kind.value),
    "put_form": lambda document, one: _put(document["forms"], _json(one.form), "entity"),
    "remove_form": lambda document, one: _drop(document["forms"], "form", entity=one.record),
    "set_words": _set_words,
}
