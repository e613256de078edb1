"""A push leaves nothing behind, whatever the server does."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from app.core.errors import ConfigurationError
from app.services.git_export import Commit, PushRefused, make_bundle, push

TOKEN = "ghp_used-once-and-never-seen-again"


async def one_file() -> AsyncIterator[tuple[str, bytes]]:
    yield "README.md", b"Hello"


def commits() -> list[Commit]:
    return [Commit(1, "Version 1", datetime(2026, 1, 1, tzinfo=UTC), one_file())]


def holders_of_the_token() -> list[str]:
    """The command lines of the processes that have the token in their surroundings."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if TOKEN.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


async def test_no_process_keeps_the_token_when_a_server_never_answers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(PushRefused):
        await push(commits(), url=f"http://127.0.0.1:{port}/app.git", branch="main", token=TOKEN, within_s=2)

    left = holders_of_the_token()
    server.close()
    await server.wait_closed()
    assert left == []


async def test_a_server_that_says_the_token_back_puts_it_into_no_log() -> None:
    sent = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        text = f"You sent {head}".encode()
        status = "403 Forbidden" if "Authorization" in head else '401 No\r\nWWW-Authenticate: Basic realm="x"'
        lines = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        writer.write(f"{lines}Connection: close\r\n\r\n".encode() + text)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with structlog.testing.capture_logs() as logged, pytest.raises(PushRefused) as raised:
        await push(commits(), url=f"http://127.0.0.1:{port}/app.git", branch="main", token=TOKEN)
    server.close()
    await server.wait_closed()

    assert "You sent" in str(logged)
    for secret in (TOKEN, sent):
        assert secret not in f"{logged}{raised.value}"


async def test_versions_that_git_refuses_are_told_in_a_sentence() -> None:
    async def files() -> AsyncIterator[tuple[str, bytes]]:
        yield "no//path", b""
        for number in range(8):
            yield f"{number}.bin", bytes(1_000_000)

    with pytest.raises(ConfigurationError, match="could not take the versions") as refused:
        await make_bundle([Commit(1, "Version 1", datetime(2026, 1, 1, tzinfo=UTC), files())])

    assert refused.value.remedy == "Take the zip instead."
