"""Rows 8 and 9: Postgres is killed while builds are started, and stands still while founders look."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable

import httpx2
import pytest

from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

STOPPED_S = 5.0
ANSWER_S = 3.0


class Starter:
    """A founder's client that asks for one build after the other and never gives up on one."""

    def __init__(self, fleet: Fleet, projects: list[str]) -> None:
        self._fleet = fleet
        self._projects = projects
        self.statuses: Counter[int] = Counter()
        self.without_retry_after = 0
        self.jobs: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(120)
        assert len(self.jobs) == len(self._projects), f"not every start came through: {self.statuses}"

    def _run(self) -> None:
        for project in self._projects:
            key = uuid.uuid4().hex
            while not self._asked(project, key):
                time.sleep(0.1)

    def _asked(self, project: str, key: str) -> bool:
        answer = self._fleet.post_start(project, key=key)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.jobs.append(answer.json()["job_id"])
            return True
        self.without_retry_after += "Retry-After" not in answer.headers
        return False


@pytest.mark.row(8, "I1 I13")
def test_row_08_postgres_killed_during_starts(make_fleet: Callable[..., Fleet], report: Report) -> None:
    fleet = make_fleet(lease_s=10)
    fleet.start()
    projects = [[fleet.project() for _ in range(8)] for _ in range(4)]
    starters = [Starter(fleet, own) for own in projects]
    eventually(lambda: len(fleet.accepted) >= 6, within_s=60, every_s=0.001)

    assert fleet.postgres.pid is not None
    os.kill(fleet.postgres.pid, signal.SIGKILL)
    eventually(lambda: not fleet.postgres.alive, within_s=20)
    acknowledged = set(fleet.accepted)
    eventually(lambda: any(503 in one.statuses for one in starters), within_s=30)
    fleet.postgres.start()

    for starter in starters:
        starter.join()
    statuses = sum((one.statuses for one in starters), Counter())
    report.figure("statuses", dict(statuses))
    assert set(statuses) == {201, 503}
    assert not any(one.without_retry_after for one in starters)
    jobs = [job for starter in starters for job in starter.jobs]
    assert len({str(row["id"]) for row in fleet.rows("SELECT id FROM jobs")}) == len(jobs) == 32
    assert acknowledged <= set(jobs)
    assert fleet.await_end(jobs) == ["ready"] * 32
    assert_invariants(fleet)


@pytest.mark.row(9, "I13")
def test_row_09_postgres_stands_still(make_fleet: Callable[..., Fleet], report: Report) -> None:
    fleet = make_fleet(lease_s=15, pace_s=0.5)
    fleet.start()
    job = fleet.started()
    eventually(lambda: fleet.ledger.entries("did", job=job), within_s=60)
    paths = [f"/api/generation/{job}/status", "/api/projects", f"/api/builds/{job}"]
    answers: list[tuple[int, float, bool]] = []
    until = time.monotonic() + STOPPED_S

    def poll(path: str) -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{fleet.port}", timeout=30, trust_env=False) as client:
            while time.monotonic() < until:
                began = time.monotonic()
                answer = client.get(path, headers={"Authorization": "Bearer token-of-ada"})
                answers.append((answer.status_code, time.monotonic() - began, "Retry-After" in answer.headers))

    fleet.call("GET", paths[1])
    fleet.signal_postgres(signal.SIGSTOP)
    pollers = [threading.Thread(target=poll, args=[path], daemon=True) for path in paths for _ in range(3)]
    for poller in pollers:
        poller.start()
    for poller in pollers:
        poller.join(40)
    fleet.signal_postgres(signal.SIGCONT)
    resumed = time.monotonic()

    eventually(lambda: fleet.call("GET", "/api/projects").status_code == 200, within_s=20)
    report.figure("well_after_s", time.monotonic() - resumed)
    refused = [seconds for status, seconds, _ in answers if status == 503]
    report.figure("refused", len(refused))
    report.figure("slowest_s", max(seconds for _, seconds, _ in answers))
    assert refused
    assert {status for status, _, _ in answers} <= {200, 503}
    assert all(polite for status, _, polite in answers if status == 503)
    assert max(seconds for _, seconds, _ in answers) < ANSWER_S + 1, "and a second for a busy machine"
    assert fleet.await_end(job) == ["ready"]
    assert_invariants(fleet)
