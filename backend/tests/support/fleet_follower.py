"""A listener of a build's events, which reconnects with Last-Event-ID as a browser does."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

import httpx2

from tests.support.instance import eventually

PAUSE_S = 0.1


class Follower:
    """Listens in a thread of its own from the moment it is made until the end of the build."""

    def __init__(self, url: str, *, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.events: list[dict[str, Any]] = []
        """The bodies of the events, in the order in which they came."""
        self.connections = 0
        """How often a stream was opened."""
        self.refusals: list[int] = []
        """The statuses of answers that were no stream."""
        self.ended = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def numbers(self) -> list[int]:
        return [event["seq"] for event in self.events]

    @property
    def states(self) -> list[str]:
        """The states that were told, in order."""
        return [event["status"] for event in self.events if event["type"] == "status"]

    def await_state(self, state: str, *, within_s: float = 120) -> None:
        """Return as soon as the state was told."""
        eventually(lambda: state in self.states, within_s=within_s, every_s=0.005)

    def await_listening(self, *, within_s: float = 120) -> None:
        """Return once a stream is open and its first event has come."""
        eventually(lambda: self.connections > 0 and self.events, within_s=within_s)

    def await_end(self, *, within_s: float = 120) -> None:
        """Return when the stream has told the end of the build."""
        self._thread.join(within_s)
        assert self.ended, f"no end after {within_s} s: {self.events[-3:]}, {self.refusals}"

    def close(self) -> None:
        """Stop listening."""
        self._stopped = True

    def _run(self) -> None:
        with httpx2.Client(trust_env=False, timeout=httpx2.Timeout(5, read=30)) as client:
            while not self.ended and not self._stopped:
                with contextlib.suppress(httpx2.TransportError):  # cut off: come back for the rest
                    self._listen(client)
                if not self.ended:
                    time.sleep(PAUSE_S)

    def _listen(self, client: httpx2.Client) -> None:
        last = {"Last-Event-ID": str(self.numbers[-1])} if self.events else {}
        with client.stream("GET", self._url, headers={**self._headers, **last}) as answer:
            if answer.status_code != 200:
                self.refusals.append(answer.status_code)
                return
            self.connections += 1
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self._take(kind, json.loads(line.removeprefix("data: ")))
                if self._stopped:
                    return

    def _take(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "end":
            self.ended = True
        else:
            self.events.append(body)
