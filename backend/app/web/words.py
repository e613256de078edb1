"""Figures and states in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.blueprint.plan_parts import Clause
from app.core.errors import AppError
from app.domain.job import Job, JobStatus

STAGES: Final = {
    JobStatus.QUEUED: ("Waiting its turn", ""),
    JobStatus.SCHEDULED: ("Waiting for tomorrow", "Today's builds are used up; this one begins by itself."),
    JobStatus.STARTING: ("Starting", "A place of its own is made for it."),
    JobStatus.SCAFFOLD: ("Laying out the plan", ""),
    JobStatus.CODE: ("Writing the app", ""),
    JobStatus.DEPS: ("Installing its parts", ""),
    JobStatus.CHECKS: (
        "Trying it out",
        "Every page and form is used as a visitor and as your staff, it is ended and started again, and the copy "
        "to take along is tried. This takes longest.",
    ),
    JobStatus.READY: ("Ready", ""),
    JobStatus.FAILED: ("Did not work", ""),
}
"""Each stage in the words of the page, and what is done in it while nothing is told."""

CHECKS: Final[Mapping[str, str]] = {
    "files": "Nothing is missing",
    "parse": "Every file can be read",
    "lint": "No slips in what was written",
    "secrets": "No password or key lies in the files",
    "compile": "The program holds together",
    "tests": "The app's own tests",
    "start": "It starts",
    "pages": "Its pages open",
    "strangers": "Strangers stay out",
    "links": "Every link leads somewhere",
    "acceptance": "It does what was promised",
    "figures": "It works everything out right",
    "moves": "Steps follow in their order",
    "rights": "People may do what is theirs, and no more",
    "views": "Lists, boards and calendars show what they should",
    "site": "What customers see",
    "plan": "Everything in the plan was tried",
    "restart": "It remembers after a crash",
    "archive": "A copy runs elsewhere",
    "screens": "It looks as it should in a browser",
    "preview": "Its preview opens",
}
"""Each check of a version, as the page calls it."""

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


def check_name(name: str) -> str:
    """The name of a check on the page."""
    return CHECKS.get(name, name)


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


def stage_name(status: JobStatus) -> str:
    """A stage in the words of the page."""
    return STAGES[status][0]


def stage_hint(status: JobStatus) -> str:
    """What is done in a stage of which nothing else is told."""
    return STAGES[status][1]


def by_reason(wishes: Iterable[Clause | Mapping[str, Any]]) -> list[tuple[str, list[str]]]:  # Any: evidence
    """The texts of wishes that have the same reason together, so that it is said once."""
    texts: dict[str, list[str]] = {}
    for wish in wishes:
        text, why = (wish["text"], wish.get("why")) if isinstance(wish, Mapping) else (wish.text, wish.why)
        texts.setdefault(str(why or ""), []).append(str(text))
    return list(texts.items())
