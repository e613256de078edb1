"""The only way out of a sandbox: a CONNECT proxy to the package registries and to nothing else."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from app.adapters.sandboxes.local.handshake import NotTls, read_hello
from app.core.addresses import Resolver

log = structlog.get_logger(__name__)

HEAD_TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 15.0
IDLE_TIMEOUT_S: Final = 120.0
MAX_HEAD: Final = 16 * 1024
# Each costs this process two descriptors.
MAX_TUNNELS: Final = 64
MAX_BYTES_IN: Final = 4 << 30
MAX_BYTES_OUT: Final = 8 << 20
"""Asking for packages takes less than one megabyte, whatever they weigh."""
CHUNK: Final = 1 << 18


@dataclass(frozen=True)
class Origin:
    """A host and port that sandboxes may reach."""

    host: str
    port: int


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Allowed = Callable[[], Awaitable[Mapping[Origin, bool]]]
"""The origins that may be reached now; True where the operator named it and it may be on an internal network."""


class Refused(Exception):
    """The request is not one that is let through."""


class Egress:
    """One sandbox's proxy. `allowed` is asked at each request, so that deriving it delays no start."""

    def __init__(self, allowed: Allowed, resolver: Resolver) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._slots = asyncio.Semaphore(MAX_TUNNELS)
        self._bytes_in = self._bytes_out = 0
        self._accepting: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, listener: socket.socket) -> None:
        """Accept on a non-blocking listener that was made inside the sandbox."""
        self._listener = listener
        self._accepting = asyncio.create_task(self._accept(listener))

    async def close(self) -> None:
        """Stop listening and cut every tunnel; idempotent."""
        tasks = [*self._tasks, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        """Take no connection that cannot be served now: each costs this process a descriptor."""
        loop = asyncio.get_running_loop()
        while True:
            await self._slots.acquire()
            connection, _ = await loop.sock_accept(listener)
            task = asyncio.create_task(self._answer(connection))
            self._tasks.add(task)
            task.add_done_callback(functools.partial(self._done, connection))

    def _done(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        if task.cancelled():
            connection.close()

    async def _answer(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=CHUNK)
        try:
            await self._let_through(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _let_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            origin = parse_connect(head)
            outside = await self._connect(origin)
        except Refused as refusal:
            await _reply(writer, "403 Forbidden", f"{refusal}\n")
            return
        except (OSError, TimeoutError):
            await _reply(writer, "502 Bad Gateway", "the registry does not answer\n")
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._tunnel(origin, (reader, writer), outside)
        except (NotTls, Refused) as reason:
            log.warning("sandbox_tunnel_cut", host=origin.host, port=origin.port, reason=str(reason))
        finally:
            outside[1].close()

    async def _connect(self, origin: Origin) -> Stream:
        allowed = await self._allowed()
        if origin not in allowed:
            raise Refused(f"{origin.host}:{origin.port} is not a package registry of this machine")
        addresses = await self._resolver.resolve(origin.host, private=allowed[origin])
        if not addresses:
            raise Refused(f"{origin.host} is at an address that sandboxes may not reach")
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await _first(addresses, origin.port)

    async def _tunnel(self, origin: Origin, inside: Stream, outside: Stream) -> None:
        """Hand bytes on once the connection has shown that it is for that host. NotTls, Refused."""
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            hello = await read_hello(inside[0])
        if hello.server_name != (None if is_address(origin.host) else origin.host):
            raise Refused(f"it is for {hello.server_name!r}")
        if not self._may_send(len(hello.data)):
            raise Refused("more has gone out than an install needs")
        outside[1].write(hello.data)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(inside[0], outside[1], self._may_send))
            group.create_task(self._pump(outside[0], inside[1], self._may_receive))

    def _may_send(self, size: int) -> bool:
        self._bytes_out += size
        return self._bytes_out <= MAX_BYTES_OUT

    def _may_receive(self, size: int) -> bool:
        self._bytes_in += size
        return self._bytes_in <= MAX_BYTES_IN

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, may_pass: Callable[[int], bool]
    ) -> None:
        with suppress(OSError, TimeoutError):
            while True:
                async with asyncio.timeout(IDLE_TIMEOUT_S):
                    chunk = await source.read(CHUNK)
                    if not chunk:
                        break
                    if not may_pass(len(chunk)):
                        log.warning("sandbox_tunnel_cut", reason="it carries more than an install needs")
                        sink.transport.abort()
                        return
                    sink.write(chunk)
                    await sink.drain()
            # Only this direction has ended; the other may have more to say.
            sink.write_eof()


def is_address(host: str) -> bool:
    """True when a host is written as an address, which TLS names no server by."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def parse_connect(head: bytes) -> Origin:
    """The origin that a request wants to reach; raises Refused for anything but a plain CONNECT."""
    # Latin-1 reads any byte, so that a request which is no text is refused like any other.
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(head) > MAX_HEAD or len(words) != 3 or words[0] != "CONNECT":
        raise Refused("only CONNECT to a package registry is served here")
    host, _, port = words[1].rpartition(":")
    if not port.isascii() or not port.isdigit():
        raise Refused("CONNECT needs a host and a port")
    return Origin(host.lower().removesuffix("."), int(port))


async def _first(addresses: Sequence[str], port: int) -> Stream:
    """A connection to the first address that answers."""
    *others, fallback = addresses
    for address in others:
        with suppress(OSError):
            return await asyncio.open_connection(address, port, limit=CHUNK)
    return await asyncio.open_connection(fallback, port, limit=CHUNK)


async def _reply(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    body = text.encode(errors="replace")
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
