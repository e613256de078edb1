"""What the embedded Valkey promises beyond what every embedded server does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest
import redis

from app.adapters.embedded.valkey import EmbeddedValkey, valkey_program
from app.core.errors import ConfigurationError
from app.supervision.process import wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey", log=tmp_path / "valkey.log")
    yield server
    server.stop()


def test_it_is_empty_after_a_restart(server: EmbeddedValkey) -> None:
    with redis.Redis.from_url(server.start()) as client:
        client.set("cached", "yes")
    server.stop()
    with redis.Redis.from_url(server.start()) as client:
        assert client.get("cached") is None
    assert [path.name for path in server.directory.iterdir()] == ["valkey.sock"]


def test_the_same_client_goes_on_after_a_kill_9(server: EmbeddedValkey) -> None:
    with redis.Redis.from_url(server.start()) as client:
        client.set("cached", "yes")
        assert server.pid is not None
        os.kill(server.pid, SIGKILL)
        assert wait_until(lambda: not server.alive, seconds=5)
        server.start()
        assert client.get("cached") is None
        assert client.set("cached", "again")


def test_it_forgets_the_oldest_instead_of_growing(server: EmbeddedValkey) -> None:
    block = b"x" * 1_000_000
    with redis.Redis.from_url(server.start()) as client:
        for number in range(200):
            client.set(f"block:{number}", block)
        assert client.exists("block:199")
        assert 0 < client.dbsize() < 140


def test_it_writes_no_file_even_when_told_to(server: EmbeddedValkey, tmp_path: Path) -> None:
    with redis.Redis.from_url(server.start()) as client:
        with pytest.raises(redis.ResponseError):
            client.config_rewrite()
        with pytest.raises(redis.ResponseError):
            client.config_set("dir", str(tmp_path))


def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\necho alas; exit 3\n")
    program.chmod(0o755)
    server = EmbeddedValkey(tmp_path / "valkey", log=tmp_path / "valkey.log", program=program)
    with pytest.raises(ConfigurationError, match=r"(?s)status 3.*alas"):
        server.start()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere") as refusal:
        valkey_program(tmp_path / "nowhere")
    assert "COFOUNDER_REDIS_URL" in str(refusal.value.remedy)
