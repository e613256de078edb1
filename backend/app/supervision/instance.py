"""The running instance of a data directory: its addresses and its processes."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from signal import SIGTERM

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from app.core.errors import ConfigurationError
from app.core.paths import DataDir
from app.supervision.lock import DataDirLock
from app.supervision.process import ProcessKey, wait_until


class Instance(BaseModel):
    """A running instance, as `instance.json` tells it."""

    model_config = ConfigDict(frozen=True)

    pid: int
    birth: str
    """Tells its process from a later one with the same pid."""
    api_url: str
    preview_port: int
    version: str
    started_at: datetime

    @property
    def alive(self) -> bool:
        """True when its supervisor runs; a zombie, or another process under its pid, does not count."""
        return ProcessKey(self.pid, self.birth).alive


def read_instance(data: DataDir) -> Instance | None:
    """The instance that is up on `data`; None when there is none, whatever file one has left."""
    try:
        instance = Instance.model_validate_json(data.instance.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return instance if instance.alive else None


def write_instance(data: DataDir, instance: Instance) -> None:
    """Publish it, 0600 and in one piece."""
    _write_file(data.instance, instance.model_dump_json(indent=2))


class Servers(BaseModel):
    """The servers that the processes of an instance work with."""

    database_url: SecretStr
    redis_url: SecretStr


def read_servers(data: DataDir) -> Servers | None:
    """The servers of the instance that is up on `data`; None when there is none."""
    try:
        return Servers.model_validate_json(data.servers.read_bytes()) if read_instance(data) else None
    except (FileNotFoundError, ValidationError):
        return None


def write_servers(data: DataDir, *, database_url: str, redis_url: str) -> None:
    """For further workers on the same data directory; 0600, since it holds passwords."""
    _write_file(data.servers, json.dumps({"database_url": database_url, "redis_url": redis_url}))


def _write_file(place: Path, text: str) -> None:
    # Made 0600, and complete under its name or not there.
    handle, name = tempfile.mkstemp(prefix=f".{place.stem}-", dir=place.parent)
    with os.fdopen(handle, "w") as draft:
        draft.write(text)
    Path(name).replace(place)


def stop_instance(data: DataDir, *, timeout_s: float = 30) -> bool:
    """Ask the instance on `data` to stop and wait until it has; False when none runs.

    Also finds one that is still starting and has not published itself. Raises `ConfigurationError` when
    it has not stopped within `timeout_s`.
    """
    holder = DataDirLock(data.lock).holder
    if holder is None:
        return False
    os.kill(holder.pid, SIGTERM)
    if not wait_until(lambda: not holder.alive, seconds=timeout_s):
        raise ConfigurationError(
            f"Process {holder.pid} has not stopped within {timeout_s:g} seconds.",
            remedy=f"kill -9 {holder.pid}",
        )
    return True
