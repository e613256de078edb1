"""Corrections of the steps that a kind of record goes through, such as new, confirmed and done."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

from app.blueprint.renames import mark_choice
from app.blueprint.renaming import Renames, rename
from app.blueprint.spec import EntitySpec, FieldSpec
from app.blueprint.spec_queries import lower_first, status_field
from app.services.plan_values import CorrectionRefused, Raw, Values, dict_of, record_in, words_in

MOST: Final = 12
_FIRST: Final = "New"


def steps_of(entity: EntitySpec) -> FieldSpec | None:
    """The detail whose choices are the steps; None for what goes through none."""
    return entity.field(entity.state) if entity.state else status_field(entity)


def _status_field(entity: Raw) -> Raw | None:
    spec = EntitySpec.model_validate(entity)
    steps = steps_of(spec)
    return next((dict_of(field) for field in entity["fields"] if steps and field["name"] == steps.name), None)


def _find_step(entity: Raw, values: Values) -> tuple[Raw, str]:
    """The detail with the steps, and the step that is named."""
    status, step = _status_field(entity), values.get("step", "")
    if status is None or step not in status["choices"]:
        raise CorrectionRefused("This step is not in the plan any more.")
    return status, step


def _new_label(values: Values, taken: list[str]) -> str:
    label = words_in(values, "label", "The name of the step")
    if label.casefold() in {taken_label.casefold() for taken_label in taken}:
        raise CorrectionRefused(f"There is a step called {label!r} already.")
    return label


def _rename_step(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    status, step = _find_step(entity, values)
    label = _new_label(values, [choice for choice in status["choices"] if choice != step])
    rename_choice(raw, entity, status, old=step, new=label)


def rename_choice(raw: Raw, entity: Raw, field: Raw, *, old: str, new: str) -> None:
    """Call a choice otherwise, wherever it is named; its records go along."""
    # The mark goes into the next version, whose app renames the choice in its records.
    mark_choice(field, old=old, new=new)
    rename(raw, copy.deepcopy(raw), Renames(choices={(entity["name"], field["name"]): {old: new}}))


def _add_step(raw: Raw, values: Values) -> None:
    """A step at the end, or after the one that is named; where people move records along, by a move of its own."""
    entity = record_in(raw, values)
    status = _status_field(entity)
    if status is None:
        label = _new_label(values, [_FIRST])
        names = {part["name"] for part in (*entity["fields"], *entity["computed"])}
        if "status" in names or any(field["label"].casefold() == "status" for field in entity["fields"]):
            raise CorrectionRefused("There is a detail called status already, which is no list of steps.")
        fields = {"name": "status", "label": "Status", "type": "choice", "required": True}
        # A list of one step would be none to choose from, so the first one comes along.
        entity["fields"].append({**fields, "ref": None, "choices": [_FIRST, label]})
        return
    choices = list(status["choices"])
    if len(choices) >= MOST:
        raise CorrectionRefused(f"There are at most {MOST} steps.")
    label = _new_label(values, choices)
    after = values.get("after") or choices[-1]
    if after not in choices:
        raise CorrectionRefused("The step that it comes after is not in the plan any more.")
    choices.insert(choices.index(after) + 1, label)
    status["choices"] = choices
    # Otherwise anybody sets the step by hand, and a move would take that away.
    if entity["moves"]:
        about = (
            f"Only {lower_first(entity['label'])} that is {lower_first(after)} can become {lower_first(label)}."
        )
        entity["moves"].append(
            {"label": label, "sources": [after], "target": label, "about": about, **_PLAIN_MOVE}
        )


def _remove_step(raw: Raw, values: Values) -> None:
    entity = record_in(raw, values)
    status, step = _find_step(entity, values)
    if len(status["choices"]) <= 2:
        raise CorrectionRefused("Two steps are the fewest; take the detail itself out to have none.")
    status["choices"] = [label for label in status["choices"] if label != step]
    for move in entity["moves"]:
        move["sources"] = [label for label in move["sources"] if label != step]
    # A move that leads nowhere, or from nowhere, could never be made.
    entity["moves"] = [move for move in entity["moves"] if move["sources"] and move["target"] != step]


_PLAIN_MOVE: Final[dict[str, Any]] = {"by": [], "asks": [], "sets": [], "only_if": None}


STEPS: Final[dict[str, Callable[[Raw, Values], None]]] = {
    "rename_step": _rename_step,
    "add_step": _add_step,
    "remove_step": _remove_step,
}
