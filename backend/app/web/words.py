"""Figures and states in the words of the page."""

from __future__ import annotations

from datetime import UTC, datetime

from app.core.errors import AppError
from app.domain.job import Job, JobStatus

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (7, "day"), (5, "week"))


def ago(moment: datetime | None) -> str:
    """The time since a moment, such as "3 minutes ago"."""
    if moment is None:
        return ""
    amount = (datetime.now(UTC) - moment).total_seconds()
    for step, word in _STEPS:
        if amount < step:
            count = max(1, int(amount))
            return "just now" if word == "second" else f"{count} {word}{'s' if count > 1 else ''} ago"
        amount /= step
    return moment.strftime("%-d %B %Y")


def moment(when: datetime) -> str:
    """A day and time to come, such as "6 December, 14:05 UTC"."""
    return when.astimezone(UTC).strftime("%-d %B, %H:%M UTC")


def seconds(amount: float | None) -> str:
    """A length of time, such as "9 s" or "1 min 20 s"."""
    if amount is None:
        return ""
    if amount < 10:
        return f"{amount:.1f} s"
    minutes, rest_s = divmod(round(amount), 60)
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"


def version_name(number: int) -> str:
    """The name of a version on the page."""
    return f"Version {number}"


def state_of(job: Job | None) -> str:
    """The state of a build in a word or two."""
    if job is None:
        return "Not built yet"
    if job.is_cancelled:
        return "Stopped"
    match job.status:
        case JobStatus.READY:
            return "Ready"
        case JobStatus.FAILED:
            return "Did not work"
        case JobStatus.QUEUED | JobStatus.SCHEDULED:
            return "Waiting"
        case _:
            return "Building"


def problem_of(error: AppError) -> str:
    """What went wrong and what to do, in one line."""
    return f"{error.detail} {error.remedy or ''}".strip()


def clip(text: str, most: int = 140) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def pictures_of(job: Job | None) -> list[str]:
    """The names of the pictures that were taken of a version; none where no browser is installed."""
    stored = (job.evidence.get("pictures") if job is not None else None) or {}
    return list(stored.get("names", ()))
