"""The bench's own house: servers and processes in a temporary directory, and the record to fill and to read."""

from __future__ import annotations

import http.client
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.valkey import EmbeddedValkey
from app.adapters.identity.local import TOKEN_PREFIX, kept_secret
from app.core.errors import ConfigurationError
from app.core.paths import DataDir
from app.core.settings import process_environment
from app.db import migrate
from app.queue.engine import prepare as prepare_engine
from app.supervision.process import spawn, tail

TEMPLATE: Final = "bench_template"
START_S: Final = 60.0
CHILD_S: Final = 300.0


class Timeout(Exception):
    """Something that was waited for did not come."""


def wait_until(claim: Callable[[], bool], what: str, *, within_s: float = START_S, every_s: float = 0.01) -> None:
    """Wait until `claim` holds; Timeout when it does not in time."""
    deadline = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > deadline:
            raise Timeout(f"not within {within_s:g} s: {what}")
        time.sleep(every_s)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def raise_descriptor_limit() -> int:
    """Allow this process and its children as many descriptors as the system lets them have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class House:
    """One database of the bench with the processes that work on it."""

    def __init__(self, stage: Stage, database_url: str, data: DataDir) -> None:
        self.stage = stage
        self.url = database_url
        self.data = data
        self.token = kept_secret(data.token, prefix=TOKEN_PREFIX)
        self.port = 0

    @contextmanager
    def api(self) -> Iterator[int]:
        """The product's own API process; yields its pid."""
        self.port = free_port()
        command = [sys.executable, "-m", "app.cli.main", "api", "--port", str(self.port)]
        with self._process("api", command) as process:
            wait_until(lambda: is_serving(process, self.port, "/api/ready", self.data.logs / "api.log"), "the API")
            yield process.pid

    @contextmanager
    def instance(self) -> Iterator[subprocess.Popen[bytes]]:
        """All processes of the product on this house's database with sandboxes; yields that of the previews."""
        with self.api():
            preview = ["preview", "--preview-port", str(self.port + 1)]
            shared = {"port": str(self.port)}
            with (
                self._product("preview", preview, **shared) as previews,
                self._product("product-worker", ["worker"], **shared),
            ):
                wait_until(lambda: self.number("SELECT count(*) FROM workers") > 0, "the worker")
                yield previews

    def _product(
        self, name: str, command: list[str], **settings: str
    ) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return self._process(name, [sys.executable, "-m", "app.cli.main", *command], **settings)

    @contextmanager
    def worker(self, *flags: str, name: str = "worker", **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """A real worker whose builds do nothing."""
        command = [sys.executable, "-m", "app.bench.child", "worker", *flags]
        workers_before = self.number("SELECT count(*) FROM workers")
        with self._process(name, command, **settings) as process:
            wait_until(
                lambda: self.number("SELECT count(*) FROM workers") > workers_before or _require_running(process),
                f"a worker\n{tail(self.data.logs / f'{name}.log')}",
            )
            yield process

    @contextmanager
    def ceiling(self, which: str, *flags: str) -> Iterator[tuple[int, int]]:
        """A bare program to compare with; yields its pid and port."""
        port = free_port()
        command = [sys.executable, "-m", "app.bench.child", which, "--port", str(port), *flags]
        with self._process(which, command) as process:
            wait_until(lambda: is_serving(process, port, "/", self.data.logs / f"{which}.log"), which)
            yield process.pid, port

    def run(self, which: str, *flags: str) -> None:
        """Run a child of the bench to its end; ConfigurationError when it fails."""
        with self._process(which, [sys.executable, "-m", "app.bench.child", which, *flags]) as process:
            if process.wait(CHILD_S):
                raise ConfigurationError(f"{which} failed:\n{tail(self.data.logs / f'{which}.log')}")

    @contextmanager
    def _process(self, name: str, command: list[str], **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        process = spawn(
            command,
            log=self.data.logs / f"{name}.log",
            environment=self.environment(**settings),
            death_signal=signal.SIGKILL,
            cwd=self.data.root,
        )
        try:
            yield process
        finally:
            end_process(process)

    def environment(self, **settings: str) -> dict[str, str]:
        """The environment of a process of this house: none of the founder's settings."""
        inherited = process_environment().items()
        plain = {name: text for name, text in inherited if not name.startswith("COFOUNDER_")}
        settings_of_house = {
            "DATA_DIR": str(self.data.root),
            "DATABASE_URL": self.url,
            "REDIS_URL": self.stage.valkey.url,
            # No start may be refused for want of room: it is the starting that is measured.
            "QUEUE_CAP": "1000000",
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        return plain | {f"COFOUNDER_{name.upper()}": value for name, value in settings_of_house.items()}

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the record; a change is committed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: object) -> float:
        """The one number that the record answers."""
        return float(self.rows(statement, *values)[0][0])

    def new_projects(self, count: int) -> list[str]:
        """Projects of the local founder."""
        created = self.rows(
            "INSERT INTO projects (founder_id, name) SELECT f.id, 'Bench ' || n FROM generate_series(1, %s) AS n, "
            "(SELECT id FROM founders ORDER BY created_at LIMIT 1) f RETURNING id",
            count,
        )
        return [str(row[0]) for row in created]

    def forget_today(self) -> None:
        """Move every job to an earlier day, out of today's limit."""
        self.rows("UPDATE jobs SET created_at = created_at - interval '2 days'")


class Stage:
    """The servers, with the durability of production."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.postgres = EmbeddedPostgres(root / "postgres", log=root / "postgres.log")
        self.valkey = EmbeddedValkey(root / "valkey", log=root / "valkey.log")

    def __enter__(self) -> Stage:
        with ExitStack() as undo:
            undo.callback(self.close)
            self.postgres.start()
            self.valkey.start()
            self._admin(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate.upgrade(self.postgres.url_of(TEMPLATE))
            prepare_engine(self.postgres.url_of(TEMPLATE))
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the servers."""
        self.valkey.stop()
        self.postgres.stop()

    @property
    def server_pids(self) -> dict[str, int]:
        """The two servers, for the meter."""
        assert self.postgres.pid is not None
        assert self.valkey.pid is not None
        return {"postgres": self.postgres.pid, "valkey": self.valkey.pid}

    def house(self) -> House:
        """A fresh database with the product's tables, a data directory and a founder."""
        name = f"bench_{uuid.uuid4().hex[:12]}"
        # The tables are made once: copying a database is quicker than migrating another.
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._admin(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        data = DataDir(self.root / name)
        data.prepare()
        house = House(self, self.postgres.url_of(name), data)
        house.rows("INSERT INTO founders (clerk_user_id, name) VALUES ('local', 'Founder')")
        return house

    def _admin(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.postgres.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def end_process(process: subprocess.Popen[bytes], *, grace_s: float = 10) -> None:
    """SIGTERM, then SIGKILL, and collect it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _require_running(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise ConfigurationError(f"A process of the bench ended with status {process.returncode}.")
    return False


def is_serving(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> bool:
    """True once the page is there; ConfigurationError when the process has ended."""
    if process.poll() is not None:
        raise ConfigurationError(f"A process of the bench ended with status {process.returncode}:\n{tail(log)}")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
