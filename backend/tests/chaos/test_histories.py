"""Long walks of founders, crashes and standstills over the real API; afterwards everything settles and holds.

What comes next is left to the dice, whose seed is in the report and in a failure. Real processes never take the
same time twice, so a history can be walked again but not shrunk; `queue/test_model.py` has those that can be.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis

from app.domain.failure import FailureCode
from app.domain.job import JobStatus
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet, Member
from tests.support.fleet_follower import Follower
from tests.support.fleet_invariants import assert_invariants

FOUNDERS = ("ada", "bob")
KEYS = ("key-1", "key-2", "key-3")
GOALS = ("A booking app", "A guest list")
ORDER = [status.value for status in JobStatus]
ENDED = ("ready", "failed")
MOST_WORKERS = 4


@dataclass
class History:
    """One walk: what was done, what was answered, and what must therefore be so from then on."""

    fleet: Fleet
    dice: random.Random
    projects: list[tuple[str, str]] = field(default_factory=list)
    """Each project's id and founder."""
    answers: dict[tuple[str, str], tuple[dict[str, str], Any]] = field(default_factory=dict)
    """Of each founder's used Idempotency-Key: the request and its 201."""
    listeners: dict[str, Follower] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    """The last state that a founder has read of each job."""
    gates: dict[str, str] = field(default_factory=dict)
    """Every gate, with the job that it was made for."""
    project_of: dict[str, str] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)

    def note(self, *words: object) -> None:
        self.steps.append(" ".join(str(word) for word in words))

    # --- founders

    def make_project(self) -> None:
        founder = self.dice.choice(FOUNDERS)
        self.projects.append((self.fleet.project(founder=founder), founder))
        self.note("project", len(self.projects), founder)

    def start(self) -> None:
        project, founder = self.dice.choice(self.projects)
        key = self.dice.choice([None, *KEYS])
        body = {"project_id": project, "goal": self.dice.choice(GOALS)}
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = self.fleet.call("POST", "/api/generation/start", founder=founder, json=body, headers=headers)
        self.note("start", project, founder, key, answer.status_code)
        known = self.answers.get((founder, key)) if key else None
        if known is None:
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 201:
                self._accepted(answer.json(), founder, key, body)
        elif known[0] == body:
            assert (answer.status_code, answer.json()) == (201, known[1])
        else:
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def _accepted(self, answer: Any, founder: str, key: str | None, body: dict[str, str]) -> None:
        job = answer["job_id"]
        assert job not in self.fleet.accepted, "one job was given out twice"
        self.fleet.accepted[job] = founder
        self.project_of[job] = body["project_id"]
        self.listeners[job] = self.fleet.follow(job)
        if key is not None:
            self.answers[founder, key] = (body, answer)

    def cancel(self) -> None:
        job = self._any_job()
        was_over = self.shown.get(job) in ENDED or job in self.fleet.cancelled
        answer = self.fleet.cancel(job)
        self.note("cancel", job, answer.status_code)
        assert answer.status_code in ((409,) if was_over else (200, 409)), answer.text
        if answer.status_code == 200:
            status = self._read(job)
            assert (status["status"], status["error_message"]) == ("failed", FailureCode.CANCELLED.sentence)

    def read_status(self) -> None:
        job = self._any_job()
        self.note("status", job, self._read(job)["status"])

    def _read(self, job: str) -> Any:
        status = self.fleet.status(job)
        before = self.shown.get(job, ORDER[0])
        assert status["status"] == before or (
            before not in ENDED and ORDER.index(status["status"]) > ORDER.index(before)
        ), f"I8: {job} was {before}, is {status['status']}"
        self.shown[job] = status["status"]
        return status

    def read_a_strangers_status(self) -> None:
        job = self._any_job()
        [stranger] = [name for name in FOUNDERS if name != self.fleet.accepted[job]]
        for method, what in (("GET", "status"), ("POST", "cancel"), ("POST", "preview-viewed")):
            assert self.fleet.call(method, f"/api/generation/{job}/{what}", founder=stranger).status_code == 404
        self.note("stranger", job)

    def view_preview(self) -> None:
        job = self._any_job()
        was = self._read(job)["status"]
        answer = self.fleet.view_preview(job)
        now = self._read(job)["status"]
        self.note("view", job, was, answer.status_code)
        assert answer.status_code == 200 if was == "ready" else now == "ready" or answer.status_code == 409
        if answer.status_code == 200:
            self._asked(job, answer.json())

    def _asked(self, job: str, answer: Any) -> None:
        """A build's own gate, once; another's while the project waits for that decision."""
        gate = next((gate for gate, of in self.gates.items() if of == job), None)
        waiting = [
            gate
            for gate, of in self.gates.items()
            if self.project_of[of] == self.project_of[job] and gate not in self.decided
        ]
        known = gate or next(iter(waiting), None)
        expected = "gate_created" if known is None else "gate_already_created"
        assert (answer["status"], answer["gate_id"]) == (expected, known or answer["gate_id"])
        self.gates.setdefault(answer["gate_id"], job)

    def resolve_gate(self) -> None:
        if not self.gates:
            return
        gate, job = self.dice.choice(list(self.gates.items()))
        founder = self.fleet.accepted[job]
        path = f"/api/gates/{gate}/resolve"
        answer = self.fleet.call("POST", path, founder=founder, json={"decision": "iterate"})
        self.note("resolve", job, answer.status_code)
        assert answer.status_code == (409 if gate in self.decided else 200), answer.text
        self.decided.add(gate)

    def read_events(self) -> None:
        """Of a build that has ended, from anywhere: exactly the rest."""
        job = self._any_job()
        if self._read(job)["status"] not in ENDED:
            return
        last = self.fleet.job_row(job)["last_seq"]
        after = self.dice.randint(0, last)
        headers = {"Last-Event-ID": str(after)}
        path = f"/api/generation/{job}/events"
        answer = self.fleet.call("GET", path, founder=self.fleet.accepted[job], headers=headers)
        told = [int(line[4:]) for line in answer.text.splitlines() if line.startswith("id: ")]
        self.note("events", job, "after", after)
        expected = list(range(after + 1, last + 1))
        assert told == expected, f"I7: {job} after {after} told {told}"

    def _any_job(self) -> str:
        return self.dice.choice(list(self.fleet.accepted))

    # --- harm

    def kill_a_worker(self) -> None:
        self._hurt(Member.kill, "kill -9")

    def stop_a_worker(self) -> None:
        self._hurt(lambda worker: worker.send(signal.SIGSTOP), "SIGSTOP")

    def continue_a_worker(self) -> None:
        self._hurt(lambda worker: worker.send(signal.SIGCONT), "SIGCONT")

    def tell_a_worker_to_stop(self) -> None:
        self._hurt(lambda worker: worker.send(signal.SIGTERM), "SIGTERM")

    def _hurt(self, harm: Callable[[Member], None], name: str) -> None:
        if living := self.fleet.living:
            worker = self.dice.choice(living)
            self.note(name, worker.name)
            harm(worker)

    def start_a_worker(self) -> None:
        if len(self.fleet.living) < MOST_WORKERS:
            self.note("new worker", self.fleet.spawn_worker().name)

    def wipe_valkey(self) -> None:
        client = redis.Redis.from_url(self.fleet.redis_url)
        client.flushall()
        client.close()
        self.note("FLUSHALL")

    def let_time_pass(self) -> None:
        seconds = self.dice.choice([0.1, 0.3, 1.0])
        self.note("pass", seconds)
        time.sleep(seconds)  # how far the builds get meanwhile is part of the history

    # --- the walk

    def walk(self, steps: int) -> None:
        for _ in FOUNDERS * 2:
            self.make_project()
        while not self.fleet.accepted:
            self.start()
        choices: list[tuple[Callable[[], None], int]] = [
            (self.make_project, 2),
            (self.start, 9),
            (self.cancel, 2),
            (self.read_status, 4),
            (self.read_a_strangers_status, 1),
            (self.view_preview, 4),
            (self.resolve_gate, 4),
            (self.read_events, 3),
            (self.kill_a_worker, 2),
            (self.stop_a_worker, 2),
            (self.continue_a_worker, 2),
            (self.tell_a_worker_to_stop, 1),
            (self.start_a_worker, 4),
            (self.wipe_valkey, 2),
            (self.let_time_pass, 6),
        ]
        works, weights = zip(*choices, strict=True)
        for work in self.dice.choices(works, weights, k=steps):
            work()

    def settle(self) -> None:
        """Whoever stood still goes on, one worker more comes, and every build comes to its end."""
        for worker in self.fleet.living:
            worker.send(signal.SIGCONT)
        self.fleet.start_worker()
        self.fleet.await_end(list(self.fleet.accepted), within_s=120)
        for job, listener in self.listeners.items():
            listener.await_end()
            last = self.fleet.job_row(job)["last_seq"]
            assert listener.numbers == list(range(1, last + 1)), f"I7: {job} told {listener.numbers}"
            assert self._read(job)["status"] == listener.states[-1]
        assert_invariants(self.fleet)


@contextmanager
def told_on_failure(history: History, seed: object) -> Iterator[None]:
    """The whole history beside whatever went wrong."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"the history of seed {seed}:\n" + "\n".join(history.steps))
        raise
    finally:
        for listener in history.listeners.values():
            listener.close()


@pytest.mark.nightly
@pytest.mark.row("any", "I1 to I12")
@pytest.mark.parametrize("seed", [7, 11])
def test_a_history_settles_and_everything_holds(
    make_fleet: Callable[..., Fleet], report: Report, seed: int
) -> None:
    report.seed(seed)
    walk_one(make_fleet, report, seed=seed, steps=40)


@pytest.mark.nightly
@pytest.mark.row("any", "I1 to I12")
@pytest.mark.parametrize("turn", range(25))
def test_many_histories_settle_and_everything_holds(
    make_fleet: Callable[..., Fleet], dice: random.Random, report: Report, turn: int
) -> None:
    walk_one(make_fleet, report, seed=dice.randrange(1 << 30) + turn, steps=120)


def walk_one(make_fleet: Callable[..., Fleet], report: Report, *, seed: int, steps: int) -> None:
    fleet = make_fleet(pace_s=0.1)
    fleet.start()
    history = History(fleet, random.Random(seed))
    with told_on_failure(history, seed):
        history.walk(steps)
        history.settle()
    report.figure("builds", len(fleet.accepted))
    report.figure("workers", len(fleet.workers))
    report.figure("attempts", sum(fleet.job_row(job)["attempt"] for job in fleet.accepted))
