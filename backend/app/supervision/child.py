"""A child process that is meant to run for as long as its supervisor does."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM

import psutil

from app.supervision.fork import fork
from app.supervision.pulse import Pulse

PAUSES_S = (0, 0.5, 1, 2, 4, 5)
"""Before the first, second, ... new start in a row; the last holds from then on."""
SILENT_S = 30
"""What answers nothing for so long hangs: on a machine that was very busy an answer took 11 s."""
STEADY_S = 10
"""Having run for this long, a death counts as the first again."""


@dataclass(frozen=True)
class ChildSpec:
    """A process that `up` keeps running; `port` is the one it will listen on, if any."""

    name: str
    run: Callable[[], int]
    """What it does, in a fork of the supervisor; the number is its exit status."""
    port: int | None = None
    health: str | None = None
    """A path that it answers at for as long as it is well, whatever else is broken."""


class Comeback:
    """The pauses before something that died is started again: none at first, then longer ones."""

    def __init__(self) -> None:
        self._deaths = 0
        self._started = 0.0
        self._due: float | None = None

    def started(self) -> None:
        """It was just started."""
        self._started = time.monotonic()
        self._due = None

    def died(self) -> float:
        """Note that it is dead and return the pause before the next start, in seconds."""
        moment = time.monotonic()
        if moment - self._started > STEADY_S:
            self._deaths = 0
        pause = PAUSES_S[min(self._deaths, len(PAUSES_S) - 1)]
        self._deaths += 1
        self._due = moment + pause
        return pause

    @property
    def noted(self) -> bool:
        """True when the death was noted."""
        return self._due is not None

    @property
    def due(self) -> bool:
        """True when the pause is over."""
        return self._due is not None and time.monotonic() >= self._due


class Child:
    """One run after another of a `ChildSpec`, each in a session of its own and dead with its supervisor."""

    def __init__(
        self,
        spec: ChildSpec,
        *,
        log: Path,
        environment: Mapping[str, str],
        listener: socket.socket | None = None,
        silent_s: float = SILENT_S,
    ) -> None:
        self.name = spec.name
        self.log = log
        self.comeback = Comeback()
        self._run = spec.run
        self._listener = listener
        self._environment = environment
        self._pid: int | None = None
        """Until its end was noted; from then on the number may be another's."""
        self._status: int | None = None
        self._pulse = Pulse(listener, spec.health, silent_s=silent_s) if listener and spec.health else None

    @property
    def alive(self) -> bool:
        """True when it runs. One that has died is collected here, with whatever it left in its process group."""
        if self._pid is None:
            return False
        # Left as a zombie for `kill`, since its number is free for a stranger once it is collected.
        if os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return True
        self.kill()
        return False

    def hangs(self) -> bool:
        """True when it runs and has not answered for too long."""
        return self._pulse is not None and self.alive and self._pulse.is_lost()

    @property
    def ending(self) -> str:
        """The end of the last run, in words."""
        status = self._status
        if status is None:
            return "did not start"
        return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"

    def listens_on(self, port: int) -> bool:
        """True when it is this process that listens there, and not a stranger that was faster."""
        if not self.alive or self._pid is None:
            return False
        try:
            sockets = psutil.Process(self._pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port for connection in sockets
        )

    def start(self) -> None:
        """Start it; raises `OSError` when the machine cannot."""
        self._pid = fork(
            self._run, name=self.name, log=self.log, environment=self._environment, listener=self._listener
        )
        if self._pulse is not None:
            self._pulse.forget()
        self.comeback.started()

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.alive and self._pid is not None:
            os.kill(self._pid, SIGTERM)

    def kill(self) -> None:
        """End its whole process group and wait for it. The group's id is ours for as long as it is not reaped."""
        if self._pid is None:
            return
        os.kill(self._pid, SIGKILL)  # it may not have made its group yet
        with suppress(ProcessLookupError):
            os.killpg(self._pid, SIGKILL)
        self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._pid = None
