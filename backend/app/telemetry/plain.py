"""Lines of the log as sentences for a person; programs read the JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

SENTENCES: Final[Mapping[str, str]] = {
    "answer_not_finished": "The model did not finish its answer.",
    "assistants_not_answered": "Assistants cannot be answered.",
    "build_already_ended": "The build had ended already.",
    "build_crashed": "A build ended by an error that nobody expected.",
    "build_failed": "A build failed.",
    "build_stopped": "A build was stopped.",
    "cache_refuses": "The cache takes no copies of statuses; they are read from the database.",
    "cache_unreachable": "The cache does not answer; statuses are read from the database.",
    "ended_previews_unknown": "Which builds have ended could not be asked; their previews end later.",
    "feed_waits": "The news of a build cannot be read now; they are read again in a moment.",
    "feeds_wait": "The news of builds cannot be read now; they are read again in a moment.",
    "follow_ends": "An assistant no longer follows a build.",
    "git_failed": "A git command failed.",
    "hand_over_incomplete": "Not every build could be handed over; another worker takes up the others.",
    "job_already_ended": "The build had ended already.",
    "job_kept_crashing": "A build was given up, after it had ended its worker several times.",
    "job_not_ours": "A build was taken up by another worker.",
    "job_taken_over": "The worker of a build was lost; another takes the build up.",
    "left_sandbox_removed": "A sandbox that was left behind was removed.",
    "loop_waits": "The worker cannot reach the database now; it tries again in a moment.",
    "model_asked_again": "The model did not answer as it should; it is asked again.",
    "notification_lost": "The workers were not told of a new build; they find it by themselves.",
    "notifications_lost": "News from the database are interrupted; they are listened for again.",
    "orphan_data_removed": "The records of a preview without a build were removed.",
    "orphan_sandbox_removed": "A sandbox without a build was removed.",
    "packages_not_warmed": "The packages of apps could not be fetched ahead; builds fetch them.",
    "preview_failed": "The preview of a build did not start.",
    "preview_refused": "A visitor of a preview was refused.",
    "preview_sandbox_lost": "The sandbox of a preview has ended; the next visit starts another.",
    "preview_wake_broke": "A preview could not be woken, by an error that nobody expected.",
    "push_refused": "The git host did not take the files of a version.",
    "records_not_seen": "The records of an earlier version could not be looked at.",
    "records_problem": "The records of an app could not be read or written.",
    "registries_not_found_ahead": "The package registries could not be found ahead.",
    "request_failed": "A request could not be answered.",
    "request_refused": "A request was refused.",
    "sandbox_kill_failed": "A sandbox could not be ended; it is tried again.",
    "sandbox_tunnel_cut": "A connection of a sandbox to the outside was cut.",
    "sandboxes_share_a_user": "All sandboxes run as one user.",
    "stage_repeated": "A stage of a build is done once more.",
    "starter_not_compiled": "What every app begins with could not be compiled ahead.",
    "tool_failed": "A tool of an assistant failed, by an error that nobody expected.",
    "unexpected_error": "An error that nobody expected.",
    "worker_fenced": "The worker ends itself: others may think that it is gone.",
    "worker_given_up": "A worker was silent for too long, and its builds are given to others.",
    "worker_ready": "The worker is ready for builds.",
    "workflows_forgotten": "Old steps of ended builds were removed.",
}
"""What each event of ours means; a library's line is one already."""

_LABELS: Final = {"warning": "Warning: ", "error": "Error: ", "critical": "Error: "}
_UNSAID: Final = frozenset({"event", "level", "logger", "timestamp", "exception", "stack"})


def plain_line(line: str) -> str:
    """A line of a log file as a sentence; one that is no JSON of ours is left as it is."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return plain_entry(entry) if isinstance(entry, dict) and "event" in entry else line


def plain_entry(entry: Mapping[str, Any], *, whole: bool = False) -> str:
    """A line says its moment, its event and its values; of a traceback only the last line, unless `whole`."""
    event = str(entry["event"])
    moment = str(entry.get("timestamp", ""))[:19].replace("T", " ")
    label = _LABELS.get(str(entry.get("level")), "")
    values = ", ".join(f"{name.replace('_', ' ')}: {entry[name]}" for name in entry if name not in _UNSAID)
    trace = str(entry.get("exception") or "").strip().splitlines()
    trace_lines = trace if whole else trace[-1:]
    sentence = f"{moment}  {label}{SENTENCES.get(event, event)}{f' ({values})' if values else ''}".strip()
    return "\n".join([sentence, *(f"    {line}" for line in trace_lines)])
