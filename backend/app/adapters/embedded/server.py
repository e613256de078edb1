"""The common part of embedded servers: one owner, no orphan in the way, and an answer before use."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import Signals
from typing import ClassVar

from app.core.errors import ConfigurationError
from app.supervision.lock import DataDirLock
from app.supervision.process import (
    end_processes,
    processes_in,
    socket_directory,
    spawn,
    tail,
    wait_until,
)
from app.supervision.trampoline import NAMESPACE_REFUSED

CLEAN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
"""What a server sees: nothing of ours, so no PGDATA or PGHOST of the founder leads it astray."""


class EmbeddedServer(ABC):
    """A server of ours on one directory, reached through a unix socket. Blocking; for the main thread."""

    name: ClassVar[str]
    """What its processes are called."""
    stop_signal: ClassVar[Signals]
    """Ends it soon and cleanly; also sent when its owner dies."""
    unprivileged: ClassVar[bool] = False
    """Refuses to run as root."""
    start_s: ClassVar[float] = 120
    stop_s: ClassVar[float] = 5

    def __init__(self, directory: Path, *, log: Path) -> None:
        self.directory = directory.absolute()
        self.log = log
        self._lock = DataDirLock(self.directory.with_name(f"{self.directory.name}.lock"))
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    @property
    def alive(self) -> bool:
        """True when the server that this object started still runs; collects a dead one."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the running server."""
        return self._process.pid if self._process and self.alive else None

    def start(self) -> str:
        """Start it, also after a crash of it or of its owner, and return its URL once it answers.

        Raises `ConfigurationError` when another process owns the directory or the server cannot run here.
        """
        if self.alive:
            return self.url
        with ExitStack() as undo:
            # Before all else: only who holds it may end what works in the directory.
            self._lock.acquire()
            undo.callback(self._give_up)
            self._end_orphans()
            self._prepare()
            self._remove_stale_files()
            self._process = self._spawn()
            self._await_answer(self._process)
            self._settle()
            undo.pop_all()
        return self.url

    def stop(self) -> None:
        """Stop it, by force after `stop_s`, and let the directory go; not running is fine."""
        self._give_up()
        self._leave_sockets()

    @property
    def sockets(self) -> Path:
        """The 0700 directory of its socket; the same for the life of this object."""
        if self._sockets is None:
            self._sockets = socket_directory(self.directory)
        return self._sockets

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the server."""

    @abstractmethod
    def _settle(self) -> None:
        """Prepare the server once it answers."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the directory ready for a start."""

    @abstractmethod
    def _argv(self) -> list[str | Path]: ...

    @abstractmethod
    def _answers(self, pid: int) -> bool: ...

    @abstractmethod
    def _stale_files(self) -> list[Path]:
        """The files of a killed server that would stop or mislead the next one."""

    def _spawn(self) -> subprocess.Popen[bytes]:
        return spawn(
            self._argv(),
            log=self.log,
            environment=CLEAN_ENVIRONMENT,
            death_signal=self.stop_signal,
            unprivileged=self.unprivileged and os.geteuid() == 0,
            cwd=self.directory,
        )

    def _give_up(self) -> None:
        if self._process is not None:
            self._end(self._process)
            self._process = None
        self._lock.release()

    def _end_orphans(self) -> None:
        """End what still works in our directory: we hold its lock, so its owner is dead."""
        if self.directory.exists():
            end_processes(processes_in(self.directory, self.name), gently=self.stop_signal, grace_s=self.stop_s)

    def _remove_stale_files(self) -> None:
        for path in self._stale_files():
            path.unlink(missing_ok=True)

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        wait_until(
            lambda: process.poll() is not None or self._answers(process.pid),
            seconds=self.start_s,
        )
        if process.poll() is not None or not self._answers(process.pid):
            raise self._failure(process.poll(), tail(self.log))

    def _failure(self, status: int | None, log_tail: str) -> ConfigurationError:
        if status == NAMESPACE_REFUSED:
            return ConfigurationError(
                f"{self.name!r} does not run as root, and this machine lets root make no user namespace.",
                remedy="Start as an ordinary user, or set COFOUNDER_DATABASE_URL to a Postgres of yours.",
            )
        happened = "did not answer in time" if status is None else f"ended with status {status}"
        return ConfigurationError(
            f"The embedded {self.name!r} {happened}. It said:\n{log_tail}", remedy=f"Look into {self.log}"
        )

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.send_signal(self.stop_signal)
        try:
            process.wait(self.stop_s)
        except subprocess.TimeoutExpired:
            # What it has forked is ended below, with every other orphan.
            process.kill()
            process.wait()
        self._end_orphans()

    def _leave_sockets(self) -> None:
        if self._sockets is None or self._sockets == self.directory:
            return
        self._remove_stale_files()
        with suppress(OSError):
            self._sockets.rmdir()
        self._sockets = None
