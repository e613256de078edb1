"""Jobs, projects and decisions in words for an assistant, and as data for its next call."""

from __future__ import annotations

from typing import Any, Final

from app.domain.gate import GATE_TITLES, Gate, GateStatus, alignment_colour
from app.domain.job import Job, JobStatus
from app.services.generation_service import questions_of_build
from app.services.project_service import ProjectView

MOST_FEATURES: Final = 12


def shorten(text: str, length: int = 120) -> str:
    """The text on one line, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 3].rstrip() + "..."


def job_lines(job: Job) -> list[str]:
    """The state of a build, and what to do next."""
    match job.status:
        case JobStatus.READY:
            return _ready_lines(job)
        case JobStatus.FAILED:
            return _failed_lines(job)
        case _:
            return [f"{job.build_version}: {job.status.label}"]


def _ready_lines(job: Job) -> list[str]:
    evidence = job.evidence
    checks = evidence.get("checks") or []
    passed = sum(bool(check.get("ok")) for check in checks)
    lines = [
        f"{job.build_version} of {evidence.get('title') or 'the app'} is ready. "
        f"Checks passed: {passed} of {len(checks)}."
    ]
    lines += [f"- {feature}" for feature in (evidence.get("features") or [])[:MOST_FEATURES]]
    lines += [
        f"- left out: {wish['text']}" for wish in evidence.get("wishes") or [] if wish["state"] == "left_out"
    ]
    questions = questions_of_build(job)
    if questions:
        lines.append(
            "The model that designed it asks; the founder's answers go to build, with the goal and project_id:"
        )
        lines += [f"- {question['question']} [built: {question['default']}]" for question in questions]
    data = evidence.get("data") or {}
    rows = sum((data.get("rows") or {}).values())
    lines += [f"{rows:,} records came along from {data['from']}."] if rows else []
    lines += [f"Records: {note}" for note in data.get("notes") or []]
    return [*lines, "Next: evidence shows what was checked; preview_link gives the founder the link."]


def _failed_lines(job: Job) -> list[str]:
    if job.is_cancelled:
        return [f"{job.build_version} was cancelled. Earlier versions are unchanged."]
    lines = [f"{job.build_version} failed: {job.error_message} Earlier versions are unchanged."]
    if job.evidence.get("failure"):
        lines.append("evidence shows what the failed check said.")
    if job.debug_id:
        lines.append(f"The log knows more under {job.debug_id}.")
    return lines


def job_data(job: Job) -> dict[str, Any]:
    """A build for a program."""
    data: dict[str, Any] = {
        "job_id": str(job.id),
        "project_id": str(job.project_id),
        "build_version": job.build_version,
        "status": job.status.value,
        "ended": job.status.is_terminal,
    }
    questions = questions_of_build(job)
    if questions:
        data["questions"] = [dict(question) for question in questions]
    failure = {"error_code": job.error_code, "error_message": job.error_message, "debug_id": job.debug_id}
    return {**data, **{name: value for name, value in failure.items() if value}}


def project_line(view: ProjectView) -> str:
    """A project on one line."""
    latest = view.latest
    newest = f"{latest.build_version} is {latest.status.value}" if latest is not None else "nothing built yet"
    parked = ", parked" if view.project.is_parked else ""
    return f"- {view.project.name} ({view.project.id}){parked}: {newest}"


def project_data(view: ProjectView) -> dict[str, Any]:
    """A project for a program."""
    latest = job_data(view.latest) if view.latest is not None else None
    return {
        "project_id": str(view.project.id),
        "name": view.project.name,
        "parked": view.project.is_parked,
        "latest": latest,
    }


def gate_lines(gate: Gate) -> list[str]:
    """A decision with its options, or how it was taken."""
    title = GATE_TITLES[gate.gate_type]
    if gate.status is GateStatus.DECIDED:
        founder_words = f" ({gate.text})" if gate.text else ""
        return [f"Decided: {title} -> {gate.decision}{founder_words}"]
    lines = [f"Waits for the founder (gate_id {gate.id}): {title}"]
    if gate.alignment is not None:
        lines.append(
            f"How much of the goal is found in it: {gate.alignment} of 100 ({alignment_colour(gate.alignment)})"
        )
    for option in gate.gate_type.options:
        needs = " Needs text: what the founder wants." if option.needs_text else ""
        lines.append(f"- {option.value}: {option.title}. {option.description} {option.what_happens_next}{needs}")
    return lines


def gate_data(gate: Gate) -> dict[str, Any]:
    """A decision for a program."""
    options = [option.value for option in gate.gate_type.options]
    waits = gate.status is not GateStatus.DECIDED
    return {
        "gate_id": str(gate.id),
        "waits": waits,
        "options": options if waits else [],
        "decision": gate.decision,
        "job_id": str(gate.job_id) if gate.job_id else None,
    }
