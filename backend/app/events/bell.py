"""The bell: one connection listens to Postgres, everybody in this process who waits for a job is woken by it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import structlog

from app.core.ids import JobId
from app.repositories.jobs import CHANNEL

log = structlog.get_logger(__name__)

QUIET_S: Final = 15.0
"""A waiter looks for itself after so long, so that a lost ring costs time and never an event."""

RECONNECT_S: Final = 0.5

_CONNECT: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def _arrived(connection: psycopg.AsyncConnection[Any]) -> Iterator[str]:
    """The notices that are there now.

    Read from the socket as it is: the driver's own generator cannot be cancelled, it waits on for a query's end.
    """
    connection.pgconn.consume_input()
    while (notice := connection.pgconn.notifies()) is not None:
        yield notice.extra.decode()


@dataclass(frozen=True)
class Ring:
    """One event, as the bell tells it. The record says the rest."""

    job_id: JobId
    seq: int
    status: str


class Ears:
    """Waits for one job."""

    def __init__(self) -> None:
        self._seq = 0
        self._must_look = False
        self._woken = asyncio.Event()

    def ring(self, seq: int) -> None:
        """Something with that number happened."""
        self._seq = max(self._seq, seq)
        self._woken.set()

    def wake(self) -> None:
        """Rings may have been missed: look at the record once."""
        self._must_look = True
        self._woken.set()

    async def wait_above(self, seq: int, *, timeout_s: float = QUIET_S) -> bool:
        """True once there may be an event above `seq`, False when it stayed quiet for `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._seq <= seq and not self._must_look:
                    self._woken.clear()
                    await self._woken.wait()
        except TimeoutError:
            return False
        self._must_look = False
        return True


class Bell:
    """Listens in the background from `start` to `close`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ears: dict[JobId, set[Ears]] = {}
        self._watchers: list[Callable[[Ring | None], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_closing = False
        """Whether the process is stopping, so that streams end by themselves."""

    def watch(self, watcher: Callable[[Ring | None], None]) -> None:
        """Call `watcher` with every ring, and with None when rings may have been missed."""
        self._watchers.append(watcher)

    @contextlib.contextmanager
    def listen(self, job_id: JobId) -> Iterator[Ears]:
        """Ears for one job while the block lasts."""
        ears = Ears()
        self._ears.setdefault(job_id, set()).add(ears)
        try:
            yield ears
        finally:
            others = self._ears[job_id]
            others.discard(ears)
            if not others:
                del self._ears[job_id]

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._run(), name="bell")

    def silence(self) -> None:
        """The process is stopping: wake everybody for the last time. May be called from a signal handler."""
        self.is_closing = True
        self._wake_all()

    async def close(self) -> None:
        """Stop listening."""
        self.silence()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while not self.is_closing:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError) as error:
                log.warning("bell_lost", reason=str(error))
                await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **_CONNECT)
        readable = asyncio.Event()
        loop = asyncio.get_running_loop()
        socket = connection.fileno()
        try:
            await connection.execute(f"LISTEN {CHANNEL}")
            loop.add_reader(socket, readable.set)  # not before: the driver itself reads while it executes
            self._wake_all()
            while True:
                for payload in _arrived(connection):
                    self._deliver(payload)
                await readable.wait()
                readable.clear()
        finally:
            loop.remove_reader(socket)
            await connection.close()

    def _deliver(self, payload: str) -> None:
        job, seq, status = payload.split(" ")
        ring = Ring(JobId(uuid.UUID(job)), int(seq), status)
        for ears in self._ears.get(ring.job_id, ()):
            ears.ring(ring.seq)
        for watcher in self._watchers:
            watcher(ring)

    def _wake_all(self) -> None:
        for group in self._ears.values():
            for ears in group:
                ears.wake()
        for watcher in self._watchers:
            watcher(None)
