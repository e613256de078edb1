"""Rows 11 and 12: answers that are lost on the way, and a worker that cannot reach Postgres."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.embedded.postgres import PORT
from app.worker.standing import FENCED
from tests.support.chaos_report import Report
from tests.support.fault_proxy import FaultProxy
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

LinkTo = Callable[[Path], FaultProxy]


def to_postgres(fleet: Fleet, link_to: LinkTo) -> tuple[FaultProxy, str]:
    """A link to the fleet's Postgres, and the URL that goes through it."""
    proxy = link_to(fleet.postgres.sockets / f".s.PGSQL.{PORT}")
    return proxy, f"postgresql://cofounder@127.0.0.1:{proxy.port}/cofounder?sslmode=disable&gssencmode=disable"


def to_valkey(fleet: Fleet, link_to: LinkTo) -> tuple[FaultProxy, str]:
    """The same for its Valkey."""
    proxy = link_to(Path(fleet.redis_url.removeprefix("unix://")))
    return proxy, f"redis://127.0.0.1:{proxy.port}"


@pytest.mark.row(11, "I1 I2 I12")
@pytest.mark.parametrize("ends", ["reset", "silence"])
def test_row_11_answer_to_the_commit_of_start_is_lost(
    make_fleet: Callable[..., Fleet], link_to: LinkTo, ends: str, report: Report
) -> None:
    fleet = make_fleet(lease_s=10)
    proxy, url = to_postgres(fleet, link_to)
    fleet.start_api(database_url=url)
    fleet.start_worker()
    project = fleet.project()

    proxy.half_open(b"accept_build", then_cut=ends == "reset")
    asked = time.monotonic()
    lost = fleet.post_start(project, key="the-same-wish")
    report.figure("answered_after_s", time.monotonic() - asked)

    assert proxy.was_half_opened.is_set()
    assert (lost.status_code, "Retry-After" in lost.headers) == (503, True), lost.text
    assert len(fleet.rows("SELECT id FROM jobs")) == 1, "the start has come through, its answer has not"
    proxy.heal()

    again = fleet.post_start(project, key="the-same-wish")
    assert (again.status_code, again.json()["build_version"]) == (201, "build_v0_1")
    assert again.json()["usage"]["jobs_today"] == 1
    assert fleet.await_end(again.json()["job_id"]) == ["ready"]
    assert len(fleet.rows("SELECT id FROM jobs")) == 1
    assert_invariants(fleet)


@pytest.mark.row(11, "I14 I7")
def test_row_11_answers_of_valkey_are_lost(make_fleet: Callable[..., Fleet], link_to: LinkTo) -> None:
    fleet = make_fleet(lease_s=10)
    proxy, url = to_valkey(fleet, link_to)
    fleet.start_api(redis_url=url)
    fleet.start_worker(redis_url=url)
    proxy.half_open(b"SET")

    job = fleet.started()
    listener = fleet.follow(job)

    listener.await_end()
    assert proxy.was_half_opened.is_set()
    assert fleet.status(job)["status"] == "ready"
    assert listener.numbers == list(range(1, len(listener.numbers) + 1))
    assert_invariants(fleet)


@pytest.mark.row(12, "I9")
def test_row_12_worker_that_cannot_reach_postgres_fences_itself(
    make_fleet: Callable[..., Fleet], link_to: LinkTo, report: Report
) -> None:
    fleet = make_fleet(pace_s=1.0, lease_s=4.0)
    proxy, url = to_postgres(fleet, link_to)
    fleet.start_api()
    lonely = fleet.start_worker(database_url=url)
    job = fleet.started()
    eventually(lambda: fleet.ledger.entries("did", job=job), within_s=60)
    fleet.start_worker()

    proxy.blackhole()
    cut_at, cut = time.time(), time.monotonic()

    assert lonely.wait(within_s=30) == FENCED
    fenced_s = time.monotonic() - cut
    report.figure("fenced_after_s", fenced_s)
    report.figure("lease_s", fleet.lease_s)
    assert fleet.await_end(job) == ["ready"]
    [taken] = [one for one in fleet.ledger.entries("attempt", job=job) if one.at > cut_at]
    assert cut_at + fenced_s < taken.at, "another worker had begun before this one ended"
    assert fenced_s < fleet.lease_s
    assert_invariants(fleet)
