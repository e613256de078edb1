"""Row 18: a new release takes over while builds are running."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.seeded import copy_to
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.fleet_nursery import Nursery


def _release_before(folder: Path) -> Path:
    """The program with another workflow in it, which the engine would by itself take for one of its own kind."""
    backend = copy_to(folder)
    engine = backend / "app" / "queue" / "engine.py"
    ours = "        await run_job(JobId(UUID(job_id)))\n"
    text = engine.read_text()
    assert text.count(ours) == 1
    engine.write_text(text.replace(ours, f"        job_id = str(job_id)\n{ours}"))
    return backend


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Nursery]:
    (tmp_path / "before").mkdir()
    with Nursery(_release_before(tmp_path / "before")) as nursery:
        yield nursery


@pytest.mark.row(18, "I1 I5 I9")
def test_row_18_a_release_finishes_what_the_one_before_has_begun(
    before: Nursery, make_fleet: Callable[..., Fleet], report: Report
) -> None:
    fleet = make_fleet(lease_s=3, slots=2, pace_s=0.3)
    fleet.start_api()
    told_to_stop, dying = (fleet.start_worker(nursery=before) for _ in range(2))
    jobs = [fleet.started() for _ in range(6)]
    fleet.await_steps(6)

    fleet.start_worker()
    told_to_stop.send(signal.SIGTERM)
    dying.kill()

    assert fleet.await_end(jobs, within_s=120) == ["ready"] * 6
    assert told_to_stop.wait() == 0
    continued = sum(fleet.job_row(job)["attempt"] > 1 for job in jobs)
    report.figure("continued", continued)
    assert continued
    assert_invariants(fleet)
