"""P10: what the same requests cost when the record has grown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.bench.http import get, send_all
from app.bench.meter import Spent, abba
from app.bench.readings import Reading
from app.bench.requests import CLIENTS, GOAL, start_all
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage
from app.db.engine import Database
from app.repositories import work

CLERK: Final = "bench-clerk"
FLUSH_S: Final = 0.5
"""Until the connections of an API that has ended have handed in their counts."""

_LEASE_S: Final = 86_400
"""The clerk says once that it lives."""

_LIMITS: Final = '{"bootstrapper": 2, "partner": 3, "cto_scale": 10}'
_SCANS: Final = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'jobs'"


class _Undo(Exception):
    """Rolls a measured transaction back, so that the next one finds the same record."""


@dataclass
class Record:
    """A house whose every project holds a number of versions."""

    house: House
    projects: list[str]
    waiting_job: str

    @classmethod
    def filled(cls, stage: Stage, *, projects: int, versions: int) -> Record:
        """Fill a fresh record."""
        house = stage.house()
        project_ids = house.new_projects(projects)
        house.rows(
            "INSERT INTO jobs (project_id, founder_id, number, status, goal, tier, digest, created_at,"
            " admitted_at, started_at, finished_at, last_seq) SELECT p.id, p.founder_id, n, "
            "CASE WHEN n %% 10 = 0 THEN 'failed' ELSE 'ready' END, %s, 'cto_scale', 'git-tree:bench', m.at, m.at, "
            "m.at, m.at + interval '1 minute', 7 FROM projects p, generate_series(1, %s) AS n, "
            # On days before today, so that they use up nothing of today's limit.
            "LATERAL (SELECT now() - make_interval(days => 1 + n %% 300) AS at) m",
            GOAL,
            versions,
        )
        house.rows("UPDATE projects SET last_number = %s", versions)
        house.rows("INSERT INTO workers (id, slots) VALUES (%s, 4)", CLERK)
        # Without it Postgres plans by the figures of an empty table.
        house.rows("ANALYZE")
        return cls(house, project_ids, "")

    def wait_in_line(self) -> None:
        """Let one job of a project of its own wait."""
        self.waiting_job = start_all(self.house, self.house.new_projects(1), clients=1)[0]["job_id"]

    def start(self) -> None:
        """One start in every project."""
        start_all(self.house, self.projects)

    def end(self) -> None:
        """End what was started."""
        self.house.rows("UPDATE jobs SET status = 'failed' WHERE status = 'queued' AND id <> %s", self.waiting_job)

    def ask(self, count: int, *paths: str) -> None:
        """GET the paths by turns."""
        requests = [get(path, self.house.token) for path in paths]
        send_all(self.house.port, (requests * count)[:count], clients=CLIENTS)

    def status(self, count: int) -> None:
        """The status of the job that waits, with its place in the queue."""
        self.ask(count, f"/api/generation/{self.waiting_job}/status")

    def listing(self, count: int) -> None:
        """The first page of the projects and of a project's builds."""
        self.ask(count, "/api/projects", f"/api/projects/{self.projects[0]}/builds")

    def claim(self, count: int) -> None:
        """Admit the next job and claim it, and undo that."""
        asyncio.run(_claim_and_undo(self.house.url, count))


async def _claim_and_undo(url: str, count: int) -> None:
    database = Database(url)
    for _ in range(count):
        with suppress(_Undo):
            async with database.transaction() as tx:
                job_id = await work.admit_next(tx, limits_json=_LIMITS, lease_s=_LEASE_S)
                assert job_id is not None
                await work.claim_job(tx, job_id, worker=CLERK)
                raise _Undo
    await database.close()


class Pair:
    """A small record and a grown one, each with its API."""

    def __init__(self, small: Record, grown: Record, apis: tuple[int, int]) -> None:
        self._sides = {small.house.url: (small, apis[0]), grown.house.url: (grown, apis[1])}
        self._small, self._grown = small, grown

    def costs(self, count: int) -> dict[str, tuple[float, float]]:
        """CPU microseconds of each act, grown and small."""
        costs = {"start": abba(lambda: self._start_cost(self._grown), lambda: self._start_cost(self._small))}
        for name in ("status", "listing", "claim"):
            grown, small = (partial(self._act_cost, record, name, count) for record in (self._grown, self._small))
            costs[name] = abba(grown, small)
        return costs

    def _start_cost(self, record: Record) -> float:
        spent = self._count(record)
        record.start()
        used = sum(spent.stop().values()) / len(record.projects) * 1e6
        record.end()
        return used

    def _act_cost(self, record: Record, name: str, count: int) -> float:
        act: Callable[[int], None] = getattr(record, name)
        act(4)
        spent, began = self._count(record), time.process_time()
        act(count)
        # A claim is made in this process, the others by the API.
        own_cpu = time.process_time() - began if name == "claim" else 0
        return (sum(spent.stop().values()) + own_cpu) / count * 1e6

    def _count(self, record: Record) -> Spent:
        return Spent(api=self._sides[record.house.url][1], postgres=record.house.stage.server_pids["postgres"])


def measure_growth(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P10."""
    each = sizes.jobs_many // sizes.projects
    jobs = Record.filled(stage, projects=sizes.projects, versions=each)
    few = Record.filled(stage, projects=sizes.projects, versions=max(1, sizes.jobs_few // sizes.projects))
    many_versions = Record.filled(stage, projects=sizes.projects, versions=sizes.versions_many)
    few_versions = Record.filled(stage, projects=sizes.projects, versions=sizes.versions_many // 10)
    by_jobs = _compare_records(few, jobs, sizes.grown)
    by_versions = _compare_records(few_versions, many_versions, sizes.grown)
    return [
        _worst_reading("P10 jobs", by_jobs, f"{sizes.jobs_many:,} jobs"),
        _worst_reading("P10 versions", by_versions, f"{sizes.versions_many:,} versions in each project"),
        Reading("P10 scans", count_scans(jobs), note="start, status, projects, builds and claim at many jobs"),
    ]


def _compare_records(small: Record, grown: Record, count: int) -> dict[str, tuple[float, float]]:
    with ExitStack() as stack:
        apis = stack.enter_context(small.house.api()), stack.enter_context(grown.house.api())
        for record in (small, grown):
            record.wait_in_line()
        return Pair(small, grown, apis).costs(count)


def _worst_reading(bar: str, costs: dict[str, tuple[float, float]], size: str) -> Reading:
    worst = max(costs, key=lambda name: costs[name][0] / costs[name][1])
    ratios = ", ".join(f"{name} {grown / small:.2f}x" for name, (grown, small) in costs.items())
    return Reading(bar, *costs[worst], note=f"{size}: {ratios}")


def count_scans(record: Record) -> float:
    """The sequential scans of jobs that Postgres counts while each act is done once."""
    before = record.house.number(_SCANS)
    with record.house.api():
        record.start()
        record.status(1)
        record.listing(2)
        record.claim(1)
    time.sleep(FLUSH_S)
    return record.house.number(_SCANS) - before
