"""Failures as an assistant can act on them: what happened, why, and which tool to call next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from app.core.errors import AppError, InvalidInput

NEXT: Final[Mapping[str, str]] = {
    "gate_pending": (
        "The founder has to decide first. Call decisions to see the options, ask the founder, "
        "then call decide with their answer."
    ),
    "confirmation_needed": "Ask the founder whether to go on; if so, repeat this call with confirmed true.",
    "build_in_progress": "Call follow with its job_id and wait for it, or call cancel if the founder wants that.",
    "conflict": "Call change with this project_id for its next version; without project_id build makes a new one.",
    "project_parked": "Ask the founder whether to take it up again; if so call unpark, then repeat this call.",
    "already_terminal": "Nothing is left to cancel. Call status with the job_id to see how it ended.",
    "not_ready": "Call follow with the job_id until it is ready. If it failed, status says why; build again.",
    "no_spec": "Build a first version with build, from a goal or a specification.",
    "spec_refused": "Mend every fault that is listed, then call again. describe_apps says how to say each part.",
    "spec_changed": "Call specification again, make the change to what it shows now, and send the new revision.",
    "revision_missing": "Call specification, and send its revision with the changed specification.",
    "engine_unavailable": (
        "Tell the founder what is wrong with their model, which they mend in the settings. Or write the "
        "specification yourself (describe_apps) and build from it, which asks no model."
    ),
    "not_found": "Call projects or versions for the ids of this founder.",
    "gate_already_decided": "Call decisions to see what was decided, and go on from there.",
    "subscription_required": "Tell the founder; only they can choose a plan.",
    "queue_full": "Wait the seconds that are named, then repeat this call.",
    "unavailable": "Nothing was lost. Wait a few seconds, then repeat this call.",
    "idempotency_key_reused": "Use another request_key for another request.",
}
"""By error code. What a person is told to type is of no use to an assistant."""


def refusal_words(error: AppError) -> str:
    """The failure in a few lines; the last says what to do."""
    lines = [error.detail]
    faults = error.extra.get("errors")
    if isinstance(faults, list):
        # In place of the sentence, which only says that there are some.
        lines = [f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}:"]
        lines += [f"- {fault['field']}: {fault['problem']}" for fault in faults]
    lines += [
        f"{name}: {error.extra[name]}" for name in ("gate_title", "gate_id", "job_id") if error.extra.get(name)
    ]
    if error.retry_after is not None:
        lines.append(f"Try again in {error.retry_after} s.")
    # The way for people is a click or a command; an assistant is told its tool.
    way_on = NEXT.get(error.code) or error.remedy
    return "\n".join([*lines, f"What to do: {way_on}" if way_on else ""]).rstrip()


def refusal_data(error: AppError) -> dict[str, Any]:
    """The failure for a program."""
    extra = {name: value for name, value in error.extra.items() if value is not None}
    return {
        "code": error.code,
        "detail": error.detail,
        "what_to_do": NEXT.get(error.code) or error.remedy,
        **extra,
    }


def wrong_arguments(error: ValidationError) -> InvalidInput:
    """The error for the faults of a call's arguments."""
    faults = [
        {
            "field": ".".join(str(part) for part in fault["loc"]) or "arguments",
            "problem": _plain_problem(fault["type"], fault["msg"]),
        }
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    faults_text = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
    return InvalidInput(
        f"The arguments are not right: {faults_text}.", remedy="Correct them and repeat the call.", errors=faults
    )


def _plain_problem(kind: str, message: str) -> str:
    usual = {"missing": "is missing", "extra_forbidden": "is not an argument of this tool"}
    return usual.get(kind, message.removeprefix("Value error, "))
