"""The one way out: to the package registries through CONNECT, and to nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import psutil
import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.egress import MAX_TUNNELS, Egress, Origin
from app.core.addresses import Resolver, may_reach, own_addresses
from tests.adapters.sandboxes.weaker import python, started

Ask = Callable[..., Awaitable[bytes]]
INTERNAL = ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"]
NEVER = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1%eth0",
    "fd00:ec2::254",
]


class Anywhere(Resolver):
    """A resolver without its deny list."""

    async def resolve(self, host: str, *, private: bool) -> list[str]:
        return list(await self._lookup(host))


class Names:
    """A look-up that a test writes, and how often each name was asked for."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        self._names = names
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        await asyncio.sleep(0)
        if host not in self._names:
            raise OSError(f"{host} is not known")
        return self._names[host]


@pytest.fixture
async def outside() -> AsyncIterator[int]:
    """The port of a server on this machine that answers in capitals."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data.upper())
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


class Proxy:
    """A proxy on this machine's loopback, asked as a program inside would ask."""

    def __init__(self, allowed: Mapping[Origin, bool], resolver: Resolver) -> None:
        self._allowed = allowed
        self.egress = Egress(self._answer, resolver)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = self.listener.getsockname()

    async def _answer(self) -> Mapping[Origin, bool]:
        return self._allowed

    async def __aenter__(self) -> Proxy:
        self.listener.setblocking(False)
        self.egress.serve(self.listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.egress.close()

    async def ask(self, head: str, then: bytes = b"") -> bytes:
        """Send a request and `then` what goes through the tunnel; everything that comes back."""
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(head.encode() + b"\r\n\r\n" + then)
        writer.write_eof()
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()


def hello(name: str | None) -> bytes:
    """What a TLS client says first to the server of this name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    said = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname=name).do_handshake()
    return said.read()


def with_encrypted_name(data: bytes) -> bytes:
    """The same first message with one more extension, in which another name could be."""
    more = b"\xfe\x0d\x00\x04abcd"
    record, message = bytearray(data[:5]), bytearray(data[5:])
    place = 4 + 34
    place += 1 + message[place]
    place += 2 + int.from_bytes(message[place : place + 2], "big")
    place += 1 + message[place]
    sizes = (message, 1, 3), (message, place, 2), (record, 3, 2)
    for part, at, width in sizes:
        part[at : at + width] = (int.from_bytes(part[at : at + width], "big") + len(more)).to_bytes(width, "big")
    return bytes(record + message + more)


def in_small_records(data: bytes) -> bytes:
    """The same first message in records of ten bytes."""
    body = data[5:]
    parts = [body[place : place + 10] for place in range(0, len(body), 10)]
    return b"".join(data[:3] + len(part).to_bytes(2, "big") + part for part in parts)


def connect(host: str, port: int = 443) -> str:
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}"


@pytest.mark.parametrize("spoken", [hello("registry.test"), in_small_records(hello("registry.test"))])
async def test_bytes_go_through_to_a_registry_both_ways(outside: int, spoken: bytes) -> None:
    sent = spoken + b"x" * 3_000_000
    names = Names({"registry.test": ["127.0.0.1"]})
    async with Proxy({Origin("registry.test", outside): False}, Anywhere(names)) as proxy:
        answer = await proxy.ask(connect("Registry.TEST.", outside), then=sent)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == sent.upper()


@pytest.mark.parametrize(
    "spoken",
    [
        hello("elsewhere.test"),
        hello(None),
        with_encrypted_name(hello("registry.test")),
        hello("registry.test")[:40] + b"\xff" * 600,
        b"GET / HTTP/1.1\r\nHost: registry.test\r\n\r\n",
        b"POST /records HTTP/1.1\r\nHost: elsewhere.test\r\nContent-Length: 2\r\n\r\nhi",
        b"\x16\x03\x01\xff\xff" + b"x" * 65_535,
        b"\x15\x03\x01\x00\x02\x01\x00",
    ],
    ids=["another name", "no name", "encrypted", "malformed", "plain", "plain body", "huge", "no handshake"],
)
async def test_what_is_not_tls_for_the_host_that_was_asked_for_never_leaves(outside: int, spoken: bytes) -> None:
    names = Names({"registry.test": ["127.0.0.1"]})
    async with Proxy({Origin("registry.test", outside): False}, Anywhere(names)) as proxy:
        answer = await proxy.ask(connect("registry.test", outside), then=spoken)

    assert answer.partition(b"\r\n\r\n")[2] == b""


async def test_a_registry_at_an_address_is_named_by_nobody(outside: int) -> None:
    async with Proxy({Origin("127.0.0.1", outside): True}, Anywhere()) as proxy:
        named = await proxy.ask(connect("127.0.0.1", outside), then=hello("elsewhere.test"))
        unnamed = await proxy.ask(connect("127.0.0.1", outside), then=hello(None))

    assert named.endswith(b"established\r\n\r\n")
    assert not unnamed.endswith(b"established\r\n\r\n")


async def test_only_so_much_goes_out(outside: int) -> None:
    names = Names({"registry.test": ["127.0.0.1"]})
    async with Proxy({Origin("registry.test", outside): False}, Anywhere(names)) as proxy:
        ask = functools.partial(proxy.ask, connect("registry.test", outside))
        assert (await ask(then=hello("registry.test") + b"x" * 4_000_000)).endswith(b"X" * 1000)
        with contextlib.suppress(ConnectionError):
            assert len(await ask(then=hello("registry.test") + b"x" * 5_000_000)) < 5_000_000
        with contextlib.suppress(ConnectionError):
            assert (await ask(then=hello("registry.test"))).endswith(b"established\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        connect("elsewhere.test"),
        connect("registry.test", 22),
        connect("registry.test.elsewhere.test"),
        connect("127.0.0.1"),
        connect("[::1]"),
        "CONNECT registry.test HTTP/1.1",
        "CONNECT registry.test:443:443 HTTP/1.1",
        "CONNECT registry.test:٤٤٣ HTTP/1.1",
        "GET http://registry.test/ HTTP/1.1\r\nHost: registry.test",
        "GET / HTTP/1.1\r\nHost: registry.test:443",
        "PUT registry.test:443 HTTP/1.1",
        "nonsense",
        connect("registry.test") + "\r\nX: " + "x" * 20_000,
    ],
)
async def test_everything_else_is_refused(head: str) -> None:
    names = Names({"registry.test": ["127.0.0.1"], "elsewhere.test": ["127.0.0.1"]})
    async with Proxy({Origin("registry.test", 443): False}, Anywhere(names)) as proxy:
        assert (await proxy.ask(head)).startswith(b"HTTP/1.1 403")
    assert names.asked == []


@pytest.mark.parametrize("address", [*INTERNAL, *NEVER])
async def test_a_registry_name_that_points_inside_is_refused(address: str) -> None:
    names = Names({"registry.test": [address]})
    async with Proxy({Origin("registry.test", 443): False}, Resolver(names)) as proxy:
        assert (await proxy.ask(connect("registry.test"))).startswith(b"HTTP/1.1 403")


async def test_the_deny_list_is_what_keeps_this_machine_out_of_reach(outside: int) -> None:
    names = Names({"registry.test": ["127.0.0.1"]})
    allowed = {Origin("registry.test", outside): True}
    async with Proxy(allowed, Resolver(names)) as proxy:
        assert (await proxy.ask(connect("registry.test", outside))).startswith(b"HTTP/1.1 403")
    async with Proxy(allowed, Anywhere(names)) as proxy:
        assert (await proxy.ask(connect("registry.test", outside), then=hello("registry.test") + b"in")).endswith(
            b"IN"
        )


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_network_is_open_to_a_mirror_that_the_operator_named(address: str) -> None:
    assert may_reach(address, own=(), private=True)
    assert not may_reach(address, own=(), private=False)


@pytest.mark.parametrize("address", NEVER)
def test_this_machine_and_metadata_services_are_open_to_nobody(address: str) -> None:
    assert not may_reach(address, own=(), private=True)


def test_this_machines_own_addresses_are_refused_whatever_they_are() -> None:
    assert "127.0.0.1" in own_addresses()
    assert may_reach("203.0.113.7", own=(), private=False)
    assert not may_reach("203.0.113.7", own={"203.0.113.7"}, private=True)


async def test_many_who_ask_share_one_look_up_and_one_admitted_address_is_enough() -> None:
    names = Names({"registry.test": ["127.0.0.1", "203.0.113.7"]})
    resolver = Resolver(names)

    found = await asyncio.gather(*(resolver.resolve("registry.test", private=False) for _ in range(20)))

    assert found == [["203.0.113.7"]] * 20
    assert names.asked == ["registry.test"]


async def test_an_unknown_or_silent_registry_is_a_gateway_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    names = Names({"silent.test": ["127.0.0.1"]})
    allowed = {Origin("silent.test", port): False, Origin("unknown.test", 443): False}
    async with Proxy(allowed, Anywhere(names)) as proxy:
        assert (await proxy.ask(connect("silent.test", port))).startswith(b"HTTP/1.1 502")
        assert (await proxy.ask(connect("unknown.test"))).startswith(b"HTTP/1.1 502")


async def test_a_flood_of_connections_takes_only_so_many_descriptors_of_the_service() -> None:
    me = psutil.Process()
    async with Proxy({}, Resolver(Names({}))) as proxy:
        before = me.num_fds()
        inside = [socket.create_connection(proxy.address) for _ in range(MAX_TUNNELS * 3)]
        async with asyncio.timeout(5):
            while me.num_fds() < before + len(inside) + MAX_TUNNELS:  # noqa: ASYNC110 - accepting tells nobody
                await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert me.num_fds() == before + len(inside) + MAX_TUNNELS

        for connection in inside:
            connection.close()
        assert (await proxy.ask(connect("elsewhere.test"))).startswith(b"HTTP/1.1 403")


async def test_closing_cuts_open_tunnels(outside: int) -> None:
    names = Names({"registry.test": ["127.0.0.1"]})
    proxy = Proxy({Origin("registry.test", outside): False}, Anywhere(names))
    async with proxy:
        reader, writer = await asyncio.open_connection(*proxy.address)
        writer.write(connect("registry.test", outside).encode() + b"\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_sandbox_reaches_no_other_host_and_without_network_no_proxy(runtime: LocalSandboxRuntime) -> None:
    code = """
import os, socket
print(os.environ.get("HTTPS_PROXY"))
s = socket.create_connection(("127.0.0.1", 3128), 5)
s.sendall(b"CONNECT elsewhere.test:443 HTTP/1.1\\r\\n\\r\\n")
print(s.recv(1000))
"""
    async with started(runtime, network=True) as sandbox:
        assert "403 Forbidden" in await python(sandbox, code)
        await sandbox.close_network()
        await sandbox.close_network()
        assert "ConnectionRefusedError" in (closed := await python(sandbox, code))
        assert closed.startswith("None\n")
    async with started(runtime, network=False) as sandbox:
        assert (await python(sandbox, code)).split("\n")[:2] == [
            "None",
            "ConnectionRefusedError [Errno 111] Connection refused",
        ]
