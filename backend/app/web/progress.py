"""The story of a build: its stages with their times and what was said in each, from its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.domain.job import BUILD_STAGES, JobStatus
from app.events.model import Event, EventType

SAID_MOST: Final = 12


@dataclass
class Stage:
    """One stage; it began when its event came and ended with the next one."""

    status: JobStatus
    began: datetime | None = None
    ended: datetime | None = None
    is_broken: bool = False
    said: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """One of waiting, now, done and failed."""
        if self.is_broken:
            return "failed"
        if self.began is None:
            return "waiting"
        return "now" if self.ended is None else "done"

    @property
    def seconds(self) -> float | None:
        """The time that it took."""
        return (self.ended - self.began).total_seconds() if self.began and self.ended else None


class Story:
    """The events of a build so far."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.stages = [Stage(status) for status in BUILD_STAGES]
        self.status = JobStatus.QUEUED
        self.began: datetime | None = None
        for event in events:
            self.add(event)

    @property
    def is_over(self) -> bool:
        """True if the build has ended."""
        return self.status.is_terminal

    def add(self, event: Event) -> None:
        """Take in the next event."""
        self.began = self.began or event.at
        if event.type is EventType.SAY:
            self._note_words(str(event.payload.get("text", "")))
        elif event.type is EventType.STATUS:
            self._enter_stage(JobStatus(event.payload["status"]), event)

    def _note_words(self, text: str) -> None:
        current = self._current_stage()
        if current is not None and text:
            # Only the last few: a model may say hundreds of lines, and each event renders the whole list.
            current.said = [*current.said, text][-SAID_MOST:]

    def _enter_stage(self, to: JobStatus, event: Event) -> None:
        self.status = to
        current = self._current_stage()
        if current is not None:
            current.ended = event.at
            current.is_broken = to is JobStatus.FAILED
        stage = next((stage for stage in self.stages if stage.status is to), None)
        if stage is not None:
            # A repair goes back: what came after it is to be done again.
            for later in self.stages[self.stages.index(stage) :]:
                later.began = later.ended = None
            stage.began = event.at

    def _current_stage(self) -> Stage | None:
        return next((stage for stage in self.stages if stage.state == "now"), None)
