"""Servers on directories of their own, owned by this process or by one that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.server import EmbeddedServer
from app.adapters.embedded.valkey import EmbeddedValkey

BACKEND = Path(__file__).parents[3]
OWNER = Path(__file__).with_name("owner.py")


@dataclass
class Owner:
    """Another process that owns a server; `said` is what it printed."""

    process: subprocess.Popen[str]
    said: dict[str, Any]


@pytest.fixture(params=["postgres", "valkey"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_server() -> Iterator[Callable[[str, Path], EmbeddedServer]]:
    """Make a server of a kind on a directory; it is stopped after the test."""
    made: list[EmbeddedServer] = []

    def make(kind: str, directory: Path) -> EmbeddedServer:
        log = directory.with_suffix(".log")
        made.append(
            EmbeddedPostgres(directory, log=log) if kind == "postgres" else EmbeddedValkey(directory, log=log)
        )
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def start_owner() -> Iterator[Callable[..., Owner]]:
    """Start `owner.py`, maybe behind a wrapping command, and read the line that it says (unless not `listen`)."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, wrapped_in: tuple[str, ...] = (), listen: bool = True) -> Owner:
        process = subprocess.Popen(
            [*wrapped_in, sys.executable, str(OWNER), *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(BACKEND)},
        )
        started.append(process)
        assert process.stdout is not None
        return Owner(process, json.loads(process.stdout.readline()) if listen else {})

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def answers(url: str) -> bool:
    """Whether a client can use the server behind `url` now."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    with redis.Redis.from_url(url) as client:
        return bool(client.ping())


@pytest.fixture
def is_answering() -> Callable[[str], bool]:
    return answers
