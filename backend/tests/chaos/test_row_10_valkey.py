"""Row 10: Valkey is wiped, killed and stays away while five builds run and founders listen."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import redis

from app.domain.job import JobStatus
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

ORDER = [status.value for status in JobStatus]


class Poller:
    """A founder who reads the status of a build again and again."""

    def __init__(self, fleet: Fleet, job: str) -> None:
        self._url = f"http://127.0.0.1:{fleet.port}/api/generation/{job}/status"
        self.answers: list[tuple[int, str]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[tuple[int, str]]:
        """What was answered."""
        self._stopped.set()
        self._thread.join(40)
        return self.answers

    def _run(self) -> None:
        with httpx2.Client(timeout=30, trust_env=False) as client:
            while not self._stopped.is_set():
                answer = client.get(self._url, headers={"Authorization": "Bearer token-of-ada"})
                self.answers.append((answer.status_code, answer.json().get("status", "")))
                time.sleep(0.02)


def wipe(fleet: Fleet) -> None:
    client = redis.Redis.from_url(fleet.redis_url)
    client.flushall()
    client.close()


def kill(fleet: Fleet) -> None:
    assert fleet.valkey.pid is not None
    os.kill(fleet.valkey.pid, signal.SIGKILL)
    eventually(lambda: not fleet.valkey.alive, within_s=20)


def kill_and_bring_back(fleet: Fleet) -> None:
    kill(fleet)
    fleet.valkey.start()


@pytest.mark.row(10, "I14 I7 I8")
@pytest.mark.parametrize("harm", [wipe, kill, kill_and_bring_back], ids=lambda harm: harm.__name__)
def test_row_10_valkey_lost_in_the_middle_of_five_builds(
    make_fleet: Callable[..., Fleet], harm: Callable[[Fleet], None], report: Report
) -> None:
    fleet = make_fleet(pace_s=0.2, slots=3, lease_s=10)
    fleet.start()
    jobs = [fleet.started() for _ in range(5)]
    listeners = [fleet.follow(job) for job in jobs]
    pollers = [Poller(fleet, job) for job in jobs]
    listeners[0].await_state("scaffold")

    harm(fleet)

    assert fleet.await_end(jobs) == ["ready"] * 5
    for job, listener in zip(jobs, listeners, strict=True):
        listener.await_end()
        assert listener.numbers == list(range(1, fleet.job_row(job)["last_seq"] + 1))
        assert not listener.refusals
        assert fleet.status(job)["status"] == "ready"
    looks = 0
    for poller in pollers:
        answers: list[tuple[int, Any]] = poller.stop()
        looks += len(answers)
        assert {status for status, _ in answers} == {200}
        seen = [ORDER.index(state) for _, state in answers]
        assert seen == sorted(seen), "a reader saw a state go back"
    report.figure("looks", looks)
    assert_invariants(fleet)
