"""Follow a build: its event stream, picked up again where it broke off, or its status when no stream comes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.cli.client import ApiClient, JsonObject
from app.cli.errors import ApiProblem, ServerUnreachable, WaitTimedOut
from app.cli.summary import CANCELLED_LABEL, is_cancelled
from app.domain.job import JobStatus

SILENCE_S: Final = 10.0
"""After so long without a word the status is asked: a stage may take minutes, and a stream may have died."""

STREAM_TRIES: Final = 3
PATIENCE_S: Final = 20.0
"""How long an instance may be away, as during its restart, before following gives up."""


@dataclass(frozen=True)
class BuildEvent:
    """One event of a job as it came over the wire; `seq` is 0 for one made up from a status."""

    type: str
    seq: int
    data: JsonObject

    @property
    def at(self) -> datetime | None:
        """The time of the event; None when nobody said."""
        text = self.data.get("at")
        return datetime.fromisoformat(text) if isinstance(text, str) else None

    @property
    def label(self) -> str:
        """The words for the state that a `status` event tells of."""
        if is_cancelled(self.data):
            return CANCELLED_LABEL
        return str(self.data.get("label") or self.data.get("status"))


class StageClock:
    """Adds up the seconds of each stage from the times at which the events say that it began."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since: datetime | None = None

    def hear(self, event: BuildEvent) -> None:
        """Take the next event in; a stage that is entered twice, for a repair, counts twice."""
        began = event.at
        if event.type != "status" or began is None:
            return
        if self._since is not None:
            before = self.seconds.get(self._stage, 0.0)
            self.seconds[self._stage] = round(before + (began - self._since).total_seconds(), 2)
        self._stage, self._since = str(event.data.get("status")), began


@dataclass
class Wait:
    """The time that is left for following, None for no limit."""

    timeout_s: float | None
    job_id: str
    began: float

    def seconds_left(self) -> float:
        """Seconds left, at most the longest silence. WaitTimedOut when the time is over."""
        if self.timeout_s is None:
            return SILENCE_S
        remaining = self.timeout_s - (time.monotonic() - self.began)
        if remaining <= 0:
            detail = f"The build has not ended after {self.timeout_s:g} s; it goes on."
            raise WaitTimedOut(detail, remedy=f"cofounder watch {self.job_id}")
        return min(remaining, SILENCE_S)


def follow(client: ApiClient, job_id: str, *, timeout_s: float | None = None) -> Iterator[BuildEvent]:
    """Every event from the first to `end`. WaitTimedOut, ApiProblem, ServerUnreachable."""
    wait = Wait(timeout_s, job_id, time.monotonic())
    last_seq = 0
    told_status = ""
    failures = 0
    while failures < STREAM_TRIES:
        before = last_seq
        is_still_there = False
        try:
            for event in stream_events(client, job_id, after=last_seq, wait=wait):
                last_seq = max(last_seq, event.seq)
                told_status = str(event.data["status"]) if event.type == "status" else told_status
                yield event
                if event.type == "end":
                    return
        except ServerUnreachable:
            wait.seconds_left()
            is_still_there = has_status(client, job_id, told_status)
        # A connection that brought something new has earned its tries again, and so has one on which there was
        # nothing to tell.
        failures = 0 if last_seq > before or is_still_there else failures + 1
        if failures:
            time.sleep(min(0.2 * failures, wait.seconds_left()))
    yield from poll_status(client, job_id, wait=wait)


def has_status(client: ApiClient, job_id: str, told_status: str) -> bool:
    """True if the build is where the stream left it, so that the silence was its own."""
    try:
        return str(client.get(f"/api/generation/{job_id}/status")["status"]) == told_status
    except (ServerUnreachable, ApiProblem):
        # Whether the server is away for good is told by the tries that follow.
        return False


def stream_events(client: ApiClient, job_id: str, *, after: int, wait: Wait) -> Iterator[BuildEvent]:
    """One connection's worth of events."""
    with client.events(job_id, after=after, timeout_s=wait.seconds_left()) as source:
        for message in source:
            payload = parse_object(message.data)
            seq = payload.get("seq") or (int(message.id) if message.id.isdecimal() else 0)
            yield BuildEvent(message.event, int(seq), payload)
            wait.seconds_left()


def parse_object(text: str) -> JsonObject:
    """The payload of an event; one that is not an object carries nothing."""
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def poll_status(client: ApiClient, job_id: str, *, wait: Wait) -> Iterator[BuildEvent]:
    """The same story told from the status; states that pass between two looks are not seen."""
    known_status = ""
    away_since: float | None = None
    while True:
        try:
            status = client.get(f"/api/generation/{job_id}/status")
        except (ServerUnreachable, ApiProblem) as error:
            away_since = give_up_or_go_on(error, away_since)
            time.sleep(min(0.5, wait.seconds_left()))
            continue
        away_since = None
        if status["status"] != known_status:
            known_status = status["status"]
            failure = {name: status.get(name) for name in ("error_code", "error_message")}
            label = status.get("stage_label", known_status)
            yield BuildEvent("status", 0, {"status": known_status, "label": label, **failure})
        if JobStatus(known_status).is_terminal:
            yield BuildEvent("end", 0, {"status": known_status})
            return
        time.sleep(min(0.5, wait.seconds_left()))


def give_up_or_go_on(error: ServerUnreachable | ApiProblem, away_since: float | None) -> float:
    """The moment when the server went away; raises `error` when it has been away too long or refuses."""
    now = time.monotonic()
    began = now if away_since is None else away_since
    # A server that restarts answers 503 for a moment; one that says no means it.
    refused = isinstance(error, ApiProblem) and error.http_status < 500
    if refused or now - began > PATIENCE_S:
        raise error
    return began
