"""Show a build while it runs: a live list of stages on a terminal, one line a stage in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from app.cli.context import Context, printable
from app.cli.events import BuildEvent
from app.domain.job import BUILD_STAGES, STAGE_LABELS, JobStatus

Clock = Callable[[], float]


class Progress(Protocol):
    """Entered before the first event, left after the last one."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, event: BuildEvent) -> None: ...


def make_progress(context: Context, *, as_json: bool) -> Progress:
    """The display that suits who is reading."""
    if as_json:
        return QuietProgress()
    if context.talk.isatty():
        return LiveProgress(Console(file=context.talk))
    return LineProgress(context.talk)


@contextmanager
def spinning(text: str, context: Context) -> Iterator[None]:
    """Show on a terminal that something goes on; nothing in a pipe."""
    if not context.talk.isatty():
        yield
        return
    with Console(file=context.talk).status(text):
        yield


class QuietProgress:
    """Shows nothing: the result says it all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: BuildEvent) -> None:
        """Nothing to show."""


class LineProgress:
    """One line as each stage begins, after the seconds since the first."""

    def __init__(self, stream: TextIO, *, clock: Clock = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._first: datetime | None = None

    def __enter__(self) -> Self:
        self._began = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: BuildEvent) -> None:
        """Write the line of a new stage."""
        if event.type == "status":
            line = f"{self._seconds_into_build(event):6.1f} s  {printable(event.label)}"
            print(line, file=self._stream, flush=True)

    def _seconds_into_build(self, event: BuildEvent) -> float:
        """Seconds by the event's own time, since a build may be over when it is looked at."""
        if event.at is None:
            return self._clock() - self._began
        self._first = self._first or event.at
        return (event.at - self._first).total_seconds()


class LiveProgress:
    """The stages in a list: done with its seconds, running with a clock, still to come."""

    def __init__(self, console: Console, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._current: JobStatus | None = None
        self._failed: JobStatus | None = None
        self._since = clock()
        self._seconds: dict[JobStatus, float] = {}
        self._label = ""
        self._message = ""
        self._spinner = Spinner("dots")
        self._live = Live(console=console, get_renderable=self.render, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: BuildEvent) -> None:
        """Take the event in; the screen follows by itself."""
        match event.type:
            case "status" if event.data.get("status") in set(JobStatus):
                self._enter_stage(JobStatus(event.data["status"]))
                self._label = printable(event.label)
            case "stage_done" if event.data.get("stage") in set(JobStatus):
                self._seconds[JobStatus(event.data["stage"])] = float(event.data.get("seconds") or 0)
            case "say":
                self._message = printable(str(event.data.get("text", "")))

    def _enter_stage(self, status: JobStatus) -> None:
        began = self._clock()
        if status is JobStatus.FAILED:
            self._failed = self._current
        elif self._current in BUILD_STAGES:
            self._seconds.setdefault(self._current, began - self._since)
        # A repair enters a stage again, which is then counted anew.
        self._seconds.pop(status, None)
        self._current, self._since, self._message = status, began, ""

    def render(self) -> RenderableType:
        """The lines that the screen shows now."""
        table = Table.grid(padding=(0, 1))
        if self._current in (JobStatus.QUEUED, JobStatus.SCHEDULED):
            table.add_row(self._spinner, STAGE_LABELS[self._current], "")
        for stage in BUILD_STAGES:
            table.add_row(*self._stage_row(stage))
        if self._current is not None and self._current.is_terminal:
            return Group(table, Text(self._label, style="bold"))
        return Group(table, Text(f"  {self._message}", style="dim")) if self._message else table

    def _stage_row(self, stage: JobStatus) -> tuple[RenderableType, RenderableType, RenderableType]:
        if stage is self._current:
            return self._spinner, Text(stage.label, style="bold"), Text(f"{self._clock() - self._since:.1f} s")
        if stage is self._failed:
            return Text("✗", style="red"), Text(stage.label), Text("stopped here")
        if self._is_past(stage):
            took = f"{self._seconds[stage]:.1f} s" if stage in self._seconds else ""
            return Text("✓", style="green"), Text(stage.label), Text(took)
        return Text("·", style="dim"), Text(stage.label, style="dim"), Text("")

    def _is_past(self, stage: JobStatus) -> bool:
        """True when the build is beyond `stage`; a stage that passed unseen counts."""
        reached = self._failed or self._current
        if reached is JobStatus.READY:
            return True
        return reached in BUILD_STAGES and BUILD_STAGES.index(stage) < BUILD_STAGES.index(reached)
