"""Rows 3 and 4: kill -9 of a worker at every step of a build and at the moments where two truths could arise."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.job import BUILD_STAGES
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.fleet_nursery import Nursery
from tests.support.instance import eventually

STAGES = [stage.value for stage in BUILD_STAGES]
SLOW_MACHINE_S = 4.0
"""What a busy machine may add to a takeover before we call it late."""


@pytest.fixture(scope="module")
def shared(nursery: Nursery, cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One fleet for every kill: who died is replaced before the next."""
    with Fleet(tmp_path_factory.mktemp("fleet"), nursery, cluster) as fleet:
        fleet.start(workers=1)
        yield fleet


@pytest.fixture
def pair(shared: Fleet) -> Fleet:
    """With two living workers."""
    _refill(shared)
    return shared


def killed_at(fleet: Fleet, point: str, report: Report) -> str:
    """A build whose worker dies at the point; the job, once the other worker has made it ready.

    Done again when the machine stood still for so long that another worker ended itself: two crashes repeat more.
    """
    for _ in range(3):
        fenced = fleet.fenced
        job = _killed_once(fleet, point, report)
        if fleet.fenced == fenced:
            return job
        _refill(fleet)
    raise AssertionError("this machine is too busy: workers with a good database ended themselves three times")


def _refill(fleet: Fleet) -> None:
    while len(fleet.living) < 2:
        fleet.start_worker()


def _killed_once(fleet: Fleet, point: str, report: Report) -> str:
    hits = len(fleet.hits(point))
    fleet.arm(point, "kill")
    job = fleet.started()
    hit = fleet.await_hit(point, earlier=hits)
    assert fleet.await_end(job) == ["ready"]
    [killed] = [worker for worker in fleet.workers if worker.pid == hit.pid]
    assert killed.status == -signal.SIGKILL
    later = [entry for entry in fleet.ledger.entries("attempt", job=job) if entry.at > hit.at]
    if later:
        takeover_s = later[0].at - hit.at
        report.figure("takeover_s", takeover_s)
        assert takeover_s < fleet.lease_s + 1 + SLOW_MACHINE_S
    return job


def runs(fleet: Fleet, job: str) -> Counter[str]:
    """How often each step's work was really done."""
    return Counter(entry.name for entry in fleet.ledger.entries("did", job=job))


@pytest.mark.row(3, "I1 I3 I5 I6")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("moment", ["before", "in", "after"])
def test_row_03_worker_killed(pair: Fleet, moment: str, stage: str, report: Report) -> None:
    job = killed_at(pair, f"{moment} {stage}", report)

    # Only a step that was done and not recorded yet is done again, and once.
    assert runs(pair, job) == {name: 2 if (moment, name) == ("in", stage) else 1 for name in STAGES}
    assert_invariants(pair)


@pytest.mark.row(3, "I1 I6")
def test_row_03_worker_killed_before_its_sandbox_was_noted(pair: Fleet, report: Report) -> None:
    pair.arm("sandbox made", "kill")
    job = pair.started()
    pair.await_hit("sandbox made")

    pair.cancel(job)

    assert pair.await_end(job) == ["failed"]
    assert_invariants(pair)


@pytest.mark.row(4, "I5")
def test_row_04_worker_killed_between_an_answer_of_the_model_and_its_record(pair: Fleet, report: Report) -> None:
    before = len(pair.ledger.entries("model"))

    job = killed_at(pair, "model answered", report)

    assert len(pair.ledger.entries("model")) - before == 2
    assert runs(pair, job) == dict.fromkeys(STAGES, 1)
    assert_invariants(pair)


@pytest.mark.row(4, "I3")
def test_row_04_worker_killed_between_the_preview_and_ready(pair: Fleet, report: Report) -> None:
    job = killed_at(pair, "preview answered", report)

    assert len(pair.ledger.entries("preview", job=job)) == 2
    assert runs(pair, job) == dict.fromkeys(STAGES, 1)
    assert_invariants(pair)


@pytest.mark.row(4, "I7")
def test_row_04_worker_killed_between_ready_and_its_news(pair: Fleet, report: Report) -> None:
    pair.arm("committed checks", "wait")
    job = pair.started()
    listener = pair.follow(job)
    pair.await_hit("committed checks")
    pair.arm("committed ready", "kill")
    pair.faults.release("committed checks")
    pair.await_hit("committed ready")

    listener.await_end()

    assert pair.status(job)["status"] == "ready"
    assert listener.states[-1] == "ready"
    assert listener.numbers == list(range(1, len(listener.numbers) + 1))
    eventually(lambda: len(pair.living) == 1, within_s=20)
    assert runs(pair, job) == dict.fromkeys(STAGES, 1)
    assert_invariants(pair)
    assert pair.job_row(job)["attempt"] == 1
