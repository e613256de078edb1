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
from app.designer.drafts import Fault, complete
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
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise PatchRefused(
            Fault(f"operations {_dotted(error_part['loc'])}", error_part["msg"][:400])
            for error_part in errors[:20]
        ) from error


def apply_patch(spec: AppSpec, operations: Sequence[Operation]) -> AppSpec:
    """The specification after the operations, judged as every plan is. PatchRefused."""
    try:
        document = apply_operations(spec.model_dump(mode="json", exclude_defaults=True), operations)
    except OperationFault as error:
        raise PatchRefused([Fault("operations", str(error))]) from error
    try:
        changed = settled(document, spec, guess=False)[0]
    except ValidationError as error:
        faults = faults_of(document)[1] or problems(error, document)
        raise PatchRefused(Fault(fault["field"], fault["problem"]) for fault in faults) from error
    _refuse_idle(spec, changed)

    # What follows from the rest follows from the change as well.
    return complete(changed, wishes=changed.wishes, confidence=changed.confidence, left=changed.not_understood)


def _refuse_idle(before: AppSpec, after: AppSpec) -> None:
    """PatchRefused where the app would do nothing of the change; a part that was idle before is no fault."""
    already = faults_of(before.model_dump(mode="json"))[1]
    added = [fault for fault in faults_of(after.model_dump(mode="json"))[1] if fault not in already]
    if added:
        raise PatchRefused(Fault(fault["field"], fault["problem"]) for fault in added)


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)
