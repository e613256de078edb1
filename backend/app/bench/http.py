"""A plain HTTP client for loads: keep-alive connections that ask for prepared bytes and count the answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

LIMIT_S: Final = 120.0


class UnexpectedAnswer(Exception):
    """A load got an answer that it must not get: what it measures would be something else."""


def get(path: str, token: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, token: str, body: Any) -> bytes:
    """The bytes of a POST of JSON."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Line:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> Line:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer; UnexpectedAnswer unless it is a success."""
        self._writer.write(request)
        # By hand: a client library costs more than what is measured.
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise UnexpectedAnswer(f"{head[:40]!r} {body[:300]!r}")
        return body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def send_all(port: int, requests: Iterable[bytes], *, clients: int) -> list[bytes]:
    """Send every request over that many connections, each one at a time; the bodies, in no order."""
    return asyncio.run(_send_all(port, iter(requests), clients))


def time_each(port: int, request: bytes, count: int) -> list[float]:
    """Milliseconds of each of so many requests over one connection, one after the other."""
    return asyncio.run(_time_each(port, request, count))


async def _time_each(port: int, request: bytes, count: int) -> list[float]:
    line = await Line.to(port)
    waits_ms = []
    async with asyncio.timeout(LIMIT_S):
        for _ in range(count):
            began = time.monotonic()
            await line.ask(request)
            waits_ms.append((time.monotonic() - began) * 1000)
    line.close()
    return waits_ms


async def _send_all(port: int, requests: Iterator[bytes], clients: int) -> list[bytes]:
    bodies: list[bytes] = []

    async def client() -> None:
        line = await Line.to(port)
        # All clients share the one iterator, so each takes the next that is left.
        for request in requests:
            bodies.append(await line.ask(request))
        line.close()

    # An answer that never comes must end the run and say so.
    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return bodies
