"""Named points at which a process of a fleet is hurt, and the ledger of what each of its steps really did."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAIT_EVERY_S = 0.01


def _file_name(point: str) -> str:
    return point.replace(" ", "-")


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: what a process did for a job."""

    at: float
    who: str
    pid: int
    what: str
    name: str
    job: str | None
    attempt: int | None


class Ledger:
    """An append-only file that every process of a fleet writes, a line at a time."""

    def __init__(self, folder: Path, *, who: str = "test") -> None:
        self._path = folder / "ledger.jsonl"
        self._who = who

    def note(self, what: str, name: str = "", *, job: object = None, attempt: int | None = None) -> None:
        """Add a line. It is in the file when this returns, so a kill right after does not lose it."""
        job_id = None if job is None else str(job)
        line = Entry(time.time(), self._who, os.getpid(), what, name, job_id, attempt)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(line.__dict__).encode() + b"\n")
        finally:
            os.close(file)

    def entries(self, what: str | None = None, *, job: object = None) -> list[Entry]:
        """The lines so far, in order; only those of one kind or of one job when asked so."""
        if not self._path.exists():
            return []
        found = [Entry(**json.loads(line)) for line in self._path.read_text().splitlines()]
        return [
            entry
            for entry in found
            if (what is None or entry.what == what) and (job is None or entry.job == str(job))
        ]


class Faults:
    """What is to happen to whoever comes to a named point first; each fault happens once.

    Faults are files, so that a test arms them while the processes run.
    """

    def __init__(self, folder: Path, *, who: str = "test") -> None:
        self._folder = folder / "faults"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._who = who
        self._ledger = Ledger(folder, who=who)

    def arm(self, point: str, action: str, *, who: str | None = None, job: object = None) -> None:
        """`action` is kill, stop or wait; `who` and `job` say whom and what it may befall."""
        wish = {"action": action, "who": who, "job": None if job is None else str(job)}
        draft = self._folder / f".{_file_name(point)}"
        draft.write_text(json.dumps(wish))
        draft.rename(self._folder / _file_name(point))

    def disarm(self, point: str) -> None:
        """Let the next one pass."""
        (self._folder / _file_name(point)).unlink(missing_ok=True)

    def release(self, point: str) -> None:
        """Let whoever waits at the point go on."""
        (self._folder / f"{_file_name(point)}.go").touch()

    async def at(self, point: str, *, job: object = None) -> None:
        """A process has come to the point."""
        wish = self._claimed(point, job)
        if wish is None:
            return
        self._ledger.note("fault", point, job=job)
        if wish["action"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif wish["action"] == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            await self._released(point)

    def _claimed(self, point: str, job: object) -> dict[str, Any] | None:
        path = self._folder / _file_name(point)
        try:
            wish: dict[str, Any] = json.loads(path.read_text())
            if wish["who"] not in (None, self._who) or wish["job"] not in (None, str(job)):
                return None
            path.rename(path.with_name(f"{path.name}.hit"))
        except FileNotFoundError:
            return None  # nothing is armed here, or another process was first
        return wish

    async def _released(self, point: str) -> None:
        go = self._folder / f"{_file_name(point)}.go"
        while not go.exists():  # noqa: ASYNC110 - the event is in another process
            await asyncio.sleep(WAIT_EVERY_S)
        go.unlink(missing_ok=True)
