"""A fleet of real processes on servers of its own: an API and workers that can be killed, stopped and missed."""

from __future__ import annotations

import os
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
import psutil
import psycopg
from psycopg.rows import dict_row

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.valkey import EmbeddedValkey
from app.db import migrate
from app.queue.engine import prepare as prepare_engine
from app.worker.standing import FENCED
from tests.support.fleet_faults import Entry, Faults, Ledger
from tests.support.fleet_follower import Follower
from tests.support.fleet_nursery import Nursery
from tests.support.instance import eventually, free_ports

T = TypeVar("T")
GOAL = "A booking app for a yoga studio"
END_S = 60.0
"""Deadlines are for a busy machine; counts and orders are what tests are exact about."""


def make_cluster(folder: Path) -> Path:
    """A stopped Postgres with the product's tables, which fleets copy; made once, since it takes seconds."""
    server = EmbeddedPostgres(folder / "postgres", log=folder / "postgres.log")
    url = server.start()
    migrate.upgrade(url)
    prepare_engine(url)
    server.stop()
    return server.directory


class Member:
    """One process of a fleet."""

    def __init__(self, nursery: Nursery, config: dict[str, Any], log: Path) -> None:
        self._nursery = nursery
        self.name = str(config["name"])
        self.log = log
        self.pid = nursery.fork(config, log=log)

    @property
    def status(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._nursery.ended(self.pid)

    @property
    def alive(self) -> bool:
        return self.status is None

    def send(self, number: signal.Signals) -> None:
        """A signal; one that has ended gets none."""
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.wait()

    def wait(self, *, within_s: float = 20) -> int:
        """Its exit status, once it has ended."""
        eventually(lambda: not self.alive, within_s=within_s, every_s=0.005)
        status = self.status
        assert status is not None
        return status

    def said(self, words: str) -> bool:
        """Whether its log holds these words."""
        return self.log.exists() and words in self.log.read_text()


@dataclass
class Fleet:
    """One API and some workers on a Postgres and a Valkey of their own.

    `pace_s` is how long each of the five stages of a build lasts at least. Everything that was answered 201 or
    cancelled with 200 is kept, for the invariants.
    """

    folder: Path
    nursery: Nursery
    cluster: Path
    lease_s: float = 3.0
    slots: int = 2
    pace_s: float = 0.0
    accepted: dict[str, str] = field(default_factory=dict)
    """Each accepted job with its founder."""
    cancelled: set[str] = field(default_factory=set)
    workers: list[Member] = field(default_factory=list)
    _undo: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        data = self.folder / "postgres"
        shutil.copytree(self.cluster, data)
        self.postgres = EmbeddedPostgres(data, log=self.folder / "postgres.log")
        self.valkey = EmbeddedValkey(self.folder / "valkey", log=self.folder / "valkey.log")
        self.faults = Faults(self.folder)
        self.port = free_ports()
        self._undo.callback(self._end_servers)
        self.database_url = self.postgres.start()
        self.redis_url = self.valkey.start()
        self._undo.callback(self._end_members)
        self._http = self._undo.enter_context(
            httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _end_members(self) -> None:
        for member in [*self.workers, *([self.api] if hasattr(self, "api") else [])]:
            member.kill()

    def _end_servers(self) -> None:
        self.signal_postgres(signal.SIGCONT)
        self.postgres.stop()
        self.valkey.stop()

    # --- processes

    def start(self, *, workers: int = 2) -> None:
        """The API and so many workers, ready for work."""
        self.start_api()
        for worker in [self.spawn_worker() for _ in range(workers)]:
            self.await_worker(worker)

    def start_api(self, **config: Any) -> Member:
        """The API, on the port that it always has, once it answers."""
        self.api = self._member("api", "api", config)
        eventually(self._answers, within_s=END_S)
        return self.api

    def _answers(self) -> bool:
        assert self.api.alive, self.api.log.read_text()[-2000:]
        try:
            return self._http.get("/api/health").status_code == 200
        except httpx2.TransportError:
            return False

    def start_worker(self, *, nursery: Nursery | None = None, **config: Any) -> Member:
        """One more worker, once it is ready; of another nursery, it may be one of another program."""
        return self.await_worker(self.spawn_worker(nursery=nursery, **config))

    def spawn_worker(self, *, nursery: Nursery | None = None, **config: Any) -> Member:
        """One more worker, which may not be ready yet."""
        worker = self._member("worker", f"worker-{len(self.workers) + 1}", config, nursery)
        self.workers.append(worker)
        return worker

    def await_worker(self, worker: Member) -> Member:
        """The worker, once it is ready."""
        eventually(lambda: worker.said("worker_ready") or not worker.alive, within_s=END_S)
        assert worker.alive, worker.log.read_text()[-2000:]
        return worker

    def _member(self, role: str, name: str, config: dict[str, Any], nursery: Nursery | None = None) -> Member:
        known = {
            "role": role,
            "name": name,
            "folder": str(self.folder),
            "database_url": self.database_url,
            "redis_url": self.redis_url,
            "port": self.port,
            "lease_s": self.lease_s,
            "slots": self.slots,
            "pace_s": self.pace_s,
        }
        return Member(nursery or self.nursery, {**known, **config}, self.folder / f"{name}.log")

    @property
    def fenced(self) -> int:
        """How many workers have ended themselves, as a machine that stands still for a second makes them."""
        return sum(worker.status == FENCED for worker in self.workers)

    @property
    def living(self) -> list[Member]:
        """The workers that run."""
        return [worker for worker in self.workers if worker.alive]

    def tend(self) -> None:
        """Start a worker when none works any more, as `up` does: on a busy machine they may all end themselves."""
        stopped = psutil.STATUS_STOPPED
        if self.workers and all(psutil.Process(one.pid).status() == stopped for one in self.living):
            self.start_worker()

    def until(self, look: Callable[[], T], *, within_s: float = END_S) -> T:
        """The first true answer of `look`, while the workers are tended."""

        def tended() -> T:
            self.tend()
            return look()

        return eventually(tended, within_s=within_s, every_s=0.01)

    def await_steps(self, count: int) -> None:
        """Return when the workers have done that many more steps."""
        done = len(self.ledger.entries("did"))
        self.until(lambda: len(self.ledger.entries("did")) >= done + count)

    def postgres_pids(self) -> list[int]:
        """The postmaster and all that it has started."""
        if self.postgres.pid is None:
            return []
        top = psutil.Process(self.postgres.pid)
        return [top.pid, *(child.pid for child in top.children(recursive=True))]

    def signal_postgres(self, number: signal.Signals) -> None:
        """To all of its processes; its backends come and go meanwhile."""
        for pid in self.postgres_pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill_everything(self) -> None:
        """kill -9 of every process, the servers included."""
        pids = [member.pid for member in (self.api, *self.living)]
        servers = [*self.postgres_pids(), *([self.valkey.pid] if self.valkey.pid else [])]
        for pid in [*pids, *servers]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for member in (self.api, *self.workers):
            member.wait()
        eventually(lambda: not self.postgres.alive and not self.valkey.alive, within_s=20)

    def restart_servers(self) -> None:
        """Bring back whichever server is down."""
        self.postgres.start()
        self.valkey.start()

    # --- faults

    def arm(self, point: str, action: str, **whom: Any) -> None:
        """See `Faults.arm`."""
        self.faults.arm(point, action, **whom)

    def hits(self, point: str) -> list[Entry]:
        """Whoever came to the point when it was armed."""
        return [entry for entry in self.ledger.entries("fault") if entry.name == point]

    def await_hit(self, point: str, *, earlier: int = 0, within_s: float = END_S) -> Entry:
        """The moment at which somebody came to the point; not one of the `earlier` ones."""
        return self.until(lambda: self.hits(point)[earlier:], within_s=within_s)[-1]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.folder)

    # --- the API, as a founder uses it

    def call(self, method: str, path: str, *, founder: str = "ada", **more: Any) -> httpx2.Response:
        """A request in a founder's name."""
        headers = {"Authorization": f"Bearer token-of-{founder}", **more.pop("headers", {})}
        return self._http.request(method, path, headers=headers, **more)

    def project(self, *, founder: str = "ada") -> str:
        answer = self.call("POST", "/api/projects", founder=founder, json={"name": "A project"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def post_start(
        self, project: str, *, founder: str = "ada", key: str | None = None, goal: str = GOAL
    ) -> httpx2.Response:
        """Ask for a build, with an Idempotency-Key of its own when none is given."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        body = {"project_id": project, "goal": goal}
        answer = self.call("POST", "/api/generation/start", founder=founder, json=body, headers=headers)
        if answer.status_code == 201:
            self.accepted[answer.json()["job_id"]] = founder
        return answer

    def started(self, project: str | None = None, *, founder: str = "ada") -> str:
        answer = self.post_start(project or self.project(founder=founder), founder=founder)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["job_id"])

    def status(self, job: str) -> Any:
        return self.call("GET", f"/api/generation/{job}/status", founder=self._owner(job)).json()

    def cancel(self, job: str) -> httpx2.Response:
        answer = self.call("POST", f"/api/generation/{job}/cancel", founder=self._owner(job))
        if answer.status_code == 200:
            self.cancelled.add(job)
        return answer

    def view_preview(self, job: str) -> httpx2.Response:
        return self.call("POST", f"/api/generation/{job}/preview-viewed", founder=self._owner(job))

    def follow(self, job: str) -> Follower:
        """A listener of the job's events, which comes back when it is cut off."""
        url = f"http://127.0.0.1:{self.port}/api/generation/{job}/events"
        return Follower(url, token=f"token-of-{self._owner(job)}")

    def _owner(self, job: str) -> str:
        return self.accepted.get(job, "ada")

    # --- the record

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What the database itself says."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(statement, values).fetchall()

    def job_row(self, job: str) -> dict[str, Any]:
        [row] = self.rows("SELECT * FROM jobs WHERE id = %s", job)
        return row

    def await_end(self, jobs: str | Sequence[str], *, within_s: float = END_S) -> list[str]:
        """The final states of the jobs, in order, once all have ended. Asks the record, so the API may be down."""
        wanted = [jobs] if isinstance(jobs, str) else list(jobs)
        deadline = time.monotonic() + within_s
        while True:
            try:
                rows = self.rows("SELECT id, status FROM jobs WHERE id = ANY(%s::uuid[])", wanted)
            except psycopg.OperationalError:
                rows = []
            found = {str(row["id"]): str(row["status"]) for row in rows}
            if all(found.get(job) in ("ready", "failed") for job in wanted):
                return [found[job] for job in wanted]
            self.tend()
            assert time.monotonic() < deadline, f"not ended within {within_s} s: {found}\n{self.logs()}"
            time.sleep(0.05)

    def logs(self) -> str:
        """The last words of every process."""
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self.folder.glob("*.log"))
        )
