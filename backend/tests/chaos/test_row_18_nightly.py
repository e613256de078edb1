"""Row 18: what takes too long for every change: Postgres restarted, a slow link to it, a clock that jumps."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

from tests.chaos.test_row_11_12_links import to_postgres
from tests.support.chaos_report import Report
from tests.support.fault_proxy import FaultProxy
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

BUILDS = 20
RESTARTS = 5


@pytest.mark.nightly
@pytest.mark.row(18, "I1 to I12")
def test_row_18_postgres_restarted_five_times_over_twenty_builds(
    make_fleet: Callable[..., Fleet], dice: random.Random, report: Report
) -> None:
    fleet = make_fleet(lease_s=10, slots=2, pace_s=0.2)
    fleet.start()
    jobs = [fleet.started() for _ in range(BUILDS)]
    listeners = [fleet.follow(job) for job in jobs[::5]]
    for restart in range(RESTARTS):
        fleet.await_steps(4)
        time.sleep(dice.uniform(0, 0.5))
        assert fleet.postgres.pid is not None
        os.kill(fleet.postgres.pid, signal.SIGKILL if restart % 2 else signal.SIGINT)
        eventually(lambda: not fleet.postgres.alive, within_s=30)
        fleet.postgres.start()

    assert fleet.await_end(jobs, within_s=200) == ["ready"] * BUILDS
    for listener in listeners:
        listener.await_end()
        assert listener.numbers == list(range(1, len(listener.numbers) + 1))
    report.figure("builds", BUILDS)
    report.figure("attempts", sum(fleet.job_row(job)["attempt"] for job in jobs))
    assert_invariants(fleet)


@pytest.mark.nightly
@pytest.mark.row(18, "I1 to I12")
def test_row_18_builds_over_a_slow_link_to_postgres(
    make_fleet: Callable[..., Fleet], link_to: Callable[[Path], FaultProxy], report: Report
) -> None:
    fleet = make_fleet(lease_s=15)
    proxy, url = to_postgres(fleet, link_to)
    fleet.start_api(database_url=url)
    workers = [fleet.spawn_worker(database_url=url) for _ in range(2)]
    for worker in workers:
        fleet.await_worker(worker)
    # Each way, so that an answer takes 200 +- 100 ms.
    proxy.delay(0.1, jitter_s=0.05)
    began = time.monotonic()

    jobs = [fleet.started() for _ in range(4)]

    assert fleet.await_end(jobs, within_s=200) == ["ready"] * 4
    report.figure("all_ready_after_s", time.monotonic() - began)
    proxy.delay(0)
    assert all(worker.alive for worker in workers)
    assert_invariants(fleet)


_OFFSET_CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.step (ahead interval NOT NULL);
INSERT INTO clock.step VALUES ('0');
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + ahead FROM clock.step';
ALTER TABLE workers ALTER seen_at SET DEFAULT clock.now();
"""


def _set_clock(url: str, ahead: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE clock.step SET ahead = %s", [ahead])


@pytest.mark.nightly
@pytest.mark.row(18, "I1 I8 I9")
def test_row_18_the_clock_of_the_record_jumps_an_hour_ahead_and_back_again(
    make_fleet: Callable[..., Fleet], report: Report
) -> None:
    fleet = make_fleet(lease_s=5, slots=2, pace_s=0.3)
    with psycopg.connect(fleet.database_url, autocommit=True) as connection:
        connection.execute(_OFFSET_CLOCK)
        name = psycopg.sql.Identifier(connection.info.dbname)
        # The system's own functions are found first, unless they are named later in the path.
        path = psycopg.sql.SQL("ALTER DATABASE {} SET search_path = clock, public, pg_catalog")
        connection.execute(path.format(name))
    fleet.start()
    first = [fleet.started() for _ in range(4)]
    fleet.await_steps(3)

    _set_clock(fleet.database_url, "1 hour")
    assert fleet.await_end(first, within_s=120) == ["ready"] * 4

    second = [fleet.started() for _ in range(4)]
    fleet.await_steps(3)
    _set_clock(fleet.database_url, "0")
    # Whoever dies now was last seen an hour from now.
    fleet.living[0].kill()
    began = time.monotonic()
    assert fleet.await_end(second, within_s=120) == ["ready"] * 4
    report.figure("all_ready_after_s", time.monotonic() - began)
    report.figure("fenced", fleet.fenced)
    assert_invariants(fleet)
