"""Say in a few lines what a build became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, Final

from app.blueprint.plan_text import wish_lines
from app.cli.errors import Exit
from app.domain.failure import FailureCode
from app.domain.job import JobStatus

FEATURES_SHOWN: Final = 8
CANCELLED_LABEL: Final = "Cancelled"
OTHER_WORDS: Final = "your goal in other words"


def is_cancelled(record: Mapping[str, Any]) -> bool:
    """True when a failed build, as a status, a list or an event tells of it, was stopped by its founder."""
    return record.get("error_code") == FailureCode.CANCELLED


def state_of(build: Mapping[str, Any]) -> str:
    """The state of a build in a list, in one word."""
    return "cancelled" if is_cancelled(build) else str(build["status"])


def exit_of_build(build: Mapping[str, Any]) -> Exit:
    """Only a ready build is a success."""
    return Exit.OK if build["status"] == JobStatus.READY else Exit.BUILD_FAILED


def engine_line(engine: str | None) -> str:
    """The engine that built it, said honestly."""
    if engine == "blueprint":
        return "Built from a blueprint, no AI model."
    return f"Planned by {engine}, built from its plan." if engine else "The engine is not recorded."


def design_lines(design: Mapping[str, Any]) -> list[str]:
    """The parts of a change that were done and not done, and the questions that a design left open."""
    lines = [f"  {line}" for line in design.get("changes") or []]
    lines += [f"  Left out: {line}" for line in design.get("left_out") or []]
    questions = [
        f"    {number}. {question['question']} Built: {question['default']}"
        for number, question in enumerate(design.get("questions") or [], start=1)
    ]
    head = '  Questions for you (build the goal again with --project and --answer "1=..." to have it otherwise):'
    return lines + ([head, *questions] if questions else [])


def ready_lines(build: Mapping[str, Any]) -> list[str]:
    """Title, files, features, checks and seconds of a ready build."""
    evidence = build.get("evidence") or {}
    title = evidence.get("title") or build.get("goal") or "Your app"
    lines = [f"{title} is ready ({build['build_version']}).", f"  {engine_line(build.get('engine'))}"]
    lines += design_lines(evidence.get("design") or {})
    lines += wish_lines(evidence.get("wishes") or [])
    if evidence.get("files") is not None:
        lines.append(f"  Files: {evidence['files']}")
    features = [str(feature) for feature in evidence.get("features") or []]
    if features:
        lines.append("  It can:")
        lines += [f"    - {feature}" for feature in features[:FEATURES_SHOWN]]
        if len(features) > FEATURES_SHOWN:
            lines.append(f"    - and {len(features) - FEATURES_SHOWN} more")
    left_out = [str(wish) for wish in evidence.get("left_out") or []]
    if left_out and not evidence.get("wishes"):
        lines += ["  It leaves out:", *(f"    - {wish}" for wish in left_out)]
    lines += data_lines(evidence.get("data") or {})
    lines += check_lines(evidence.get("checks") or [])
    return lines + time_lines(build.get("stage_seconds") or {})


def data_lines(data: Mapping[str, Any]) -> list[str]:
    """The records that were taken over from the version before."""
    if not data:
        return []
    rows = sum(int(count) for count in (data.get("rows") or {}).values())
    lines = [f"  Records taken over from {data.get('from')}: {rows:,}"] if rows else []
    return lines + [f"    - {note}" for note in data.get("notes") or []]


def check_lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """The number of checks that passed, and each of them."""
    if not checks:
        return []
    passed = sum(bool(check.get("ok")) for check in checks)
    lines = [f"  Checks passed: {passed} of {len(checks)}"]
    for check in checks:
        mark = "-     " if check.get("skipped") else "ok    " if check.get("ok") else "FAILED"
        lines.append(f"    {mark} {check.get('name')}  {check.get('detail') or ''}".rstrip())
    return lines


def time_lines(stages: Mapping[str, float]) -> list[str]:
    """Seconds per stage and in all."""
    if not stages:
        return []
    parts = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in stages.items())
    return [f"  Time: {sum(stages.values()):.1f} s ({parts})"]


def failed_lines(build: Mapping[str, Any], *, command: str, flags: str = "") -> list[str]:
    """The failure, what is not lost, and the next command to type, with a goal and its flags."""
    again = f"{command} {quote(' '.join(str(build['goal']).split()))}{flags}"
    if is_cancelled(build):
        return ["The build was cancelled. Earlier versions are unchanged. To build it after all:", again]
    message = build.get("error_message") or "The build did not become ready."
    lines = [f"The build failed: {message}", "Nothing is lost: earlier versions are unchanged."]
    if build.get("debug_id"):
        lines.append(f"If you ask for help, say {build['debug_id']}.")
    # The same words would fail again.
    if build.get("error_code") == FailureCode.GOAL_NOT_UNDERSTOOD:
        return [*lines, "Say the goal in other words:", f'{command} "{OTHER_WORDS}"{flags}']
    return [*lines, "Try again, or say the goal in other words:", again]


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """The status of a job, as the status answer tells it."""
    label = CANCELLED_LABEL if is_cancelled(status) else status["stage_label"]
    lines = [f"{status['build_version']}  {label}"]
    if status.get("queue_position"):
        lines.append(f"Place in the queue: {status['queue_position']}")
    if status.get("wait_estimate_s"):
        lines.append(f"Usual wait: {status['wait_estimate_s']} s")
    if status.get("error_message"):
        lines.append(str(status["error_message"]))
    if status.get("debug_id"):
        lines.append(f"If you ask for help, say {status['debug_id']}.")
    if status.get("preview_url"):
        lines.append(str(status["preview_url"]))
    return lines
