"""As the API is served, a request that never has a whole head is cut, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.core.settings import Settings
from app.processes.api import server_config
from app.processes.head_limit import HeadLimitProtocol

TIMEOUT_S = 0.3
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
Message = MutableMapping[str, Any]


async def slow_answer(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        continue
    await asyncio.sleep(2 * TIMEOUT_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[int]:
    monkeypatch.setattr(HeadLimitProtocol, "head_timeout_s", TIMEOUT_S)
    config = server_config(slow_answer, Settings(data_dir=tmp_path))
    config.port, config.lifespan = 0, "off"
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await server.shutdown()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        return await reader.read()


@pytest.mark.parametrize("beginning", [b"", HEAD])
async def test_a_head_that_never_ends_is_cut(port: int, beginning: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    assert await rest_of(reader) == b""
    writer.close()


async def test_a_head_that_drips_in_has_no_more_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD)
    dripping = asyncio.create_task(rest_of(reader))
    while not dripping.done():
        writer.write(b"X-Drip: 1\r\n")
        await asyncio.sleep(TIMEOUT_S / 10)
    assert dripping.result() == b""
    writer.close()


async def test_an_answer_and_a_body_may_take_longer_and_the_next_head_is_limited_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.replace(b"GET", b"POST") + b"Content-Length: 2\r\n\r\na")
    await asyncio.sleep(2 * TIMEOUT_S)
    writer.write(b"b")
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"ok")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"server:" not in answer.lower()

    writer.write(HEAD)
    assert await rest_of(reader) == b""
    writer.close()


async def test_those_who_say_nothing_take_no_place_from_others(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeadLimitProtocol, "head_timeout_s", 60)
    monkeypatch.setattr(HeadLimitProtocol, "most_waiting", 3)
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    assert [await rest_of(reader) for reader, _ in silent[:2]] == [b"", b""]

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    assert (await rest_of(reader)).startswith(b"HTTP/1.1 200")

    assert len(HeadLimitProtocol.waiting) == 2
    for _, silent_writer in silent:
        silent_writer.close()
    writer.close()
