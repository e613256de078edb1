"""A change in words as a model answers it: the same operations as everybody's, judged as every plan is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app.blueprint.editing import problems, settled
from app.blueprint.operations import MOST, Operation, OperationFault, apply_operations
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from app.designer.drafts import Fault, completed
from app.designer.schema import Json, plain_schema

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
            "operations": {"type": "array", "items": operations["items"], "maxItems": MOST},
            "left_out": left_out,
        },
        "required": ["operations", "left_out"],
        "additionalProperties": False,
        "$defs": parts,
    }


def read_operations(raw: Any) -> tuple[Operation, ...]:  # Any: what a model wrote
    """The operations of an answer. PatchRefused."""
    if not isinstance(raw, list | tuple) or len(raw) > MOST:
        raise PatchRefused([Fault("operations", f"is a list of at most {MOST} operations")])
    try:
        return _ADAPTER.validate_python(tuple(raw))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise PatchRefused(
            Fault(f"operations {_path(one['loc'])}", one["msg"][:400]) for one in found[:20]
        ) from error


def apply(spec: AppSpec, operations: Sequence[Operation]) -> AppSpec:
    """The specification after the operations, judged as every plan is. PatchRefused."""
    try:
        document = apply_operations(spec.model_dump(mode="json", exclude_defaults=True), operations)
    except OperationFault as error:
        raise PatchRefused([Fault("operations", str(error))]) from error
    try:
        made = settled(document, spec, guess=False)[0]
    except ValidationError as error:
        told = faults_of(document)[1] or problems(error, document)
        raise PatchRefused(Fault(one["field"], one["problem"]) for one in told) from error
    _refuse_idle(spec, made)

    # What follows from the rest follows from the change as well.
    return completed(made, wishes=made.wishes, confidence=made.confidence, left=made.not_understood)


def _refuse_idle(before: AppSpec, after: AppSpec) -> None:
    """PatchRefused where the app would not do something of the change; what it did not do before is no fault."""
    already = faults_of(before.model_dump(mode="json"))[1]
    added = [one for one in faults_of(after.model_dump(mode="json"))[1] if one not in already]
    if added:
        raise PatchRefused(Fault(one["field"], one["problem"]) for one in added)


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)
