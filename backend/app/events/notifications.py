"""Notifications of Postgres: one connection listens, and tells everybody in this process who waits for a job."""

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

RECONNECT_S: Final = 0.5

# Nothing is ever asked on this connection, so only the system can notice that the other end is gone.
_CONNECT: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def _received_payloads(connection: psycopg.AsyncConnection[Any]) -> Iterator[str]:
    """The notices that are there now.

    Read from the socket as it is: the driver's own generator cannot be cancelled, it waits on for a query's end.
    """
    connection.pgconn.consume_input()
    while (notice := connection.pgconn.notifies()) is not None:
        yield notice.extra.decode()


@dataclass(frozen=True)
class Notification:
    """The news of one event. The record says the rest."""

    job_id: JobId
    seq: int
    status: str


class NotificationListener:
    """Listens in the background from `start` to `close`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._watchers: list[Callable[[Notification | None], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_closing = False
        """Whether the process is stopping, so that streams end by themselves."""

    def watch(self, watcher: Callable[[Notification | None], None]) -> None:
        """Call `watcher` with every notification, and with None when some may have been missed."""
        self._watchers.append(watcher)

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen_forever(), name="notifications")

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

    async def _listen_forever(self) -> None:
        while not self.is_closing:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError) as error:
                log.warning("notifications_lost", reason=str(error))
                await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **_CONNECT)
        readable = asyncio.Event()
        loop = asyncio.get_running_loop()
        socket = connection.fileno()
        try:
            await connection.execute(f"LISTEN {CHANNEL}")
            loop.add_reader(socket, readable.set)  # not before: the driver itself reads while it executes
            # What was told before the LISTEN went by; everybody looks once at the record instead.
            self._wake_all()
            while True:
                for payload in _received_payloads(connection):
                    self._dispatch(payload)
                await readable.wait()
                readable.clear()
        finally:
            # Before the close: the number of the descriptor may belong to another connection a moment later.
            loop.remove_reader(socket)
            await connection.close()

    def _dispatch(self, payload: str) -> None:
        job, seq, status = payload.split(" ")
        notification = Notification(JobId(uuid.UUID(job)), int(seq), status)
        for watcher in self._watchers:
            watcher(notification)

    def _wake_all(self) -> None:
        for watcher in self._watchers:
            watcher(None)
