"""The data directory of an instance, readable by its owner only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs


def default_data_dir() -> Path:
    """The user's data directory by the XDG rules."""
    return Path(platformdirs.user_data_dir("cofounder", appauthor=False))


@dataclass(frozen=True)
class DataDir:
    """The places inside one data directory. Nothing here is created before `prepare`."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held (flock) by the one instance that runs on this directory."""
        return self.root / "lock"

    @property
    def users(self) -> Path:
        """Held, shared (flock), by each command that uses the running instance."""
        return self.root / "users"

    @property
    def instance(self) -> Path:
        """The addresses of the running instance (JSON)."""
        return self.root / "instance.json"

    @property
    def servers(self) -> Path:
        """The addresses, with their passwords, of the servers that the running instance works with (JSON)."""
        return self.root / "servers.json"

    @property
    def token(self) -> Path:
        """The founder's access token in local mode."""
        return self.root / "token"

    @property
    def secret(self) -> Path:
        """The key that signs preview links."""
        return self.root / "secret"

    @property
    def seal(self) -> Path:
        """The keys that seal the kept keys of model providers."""
        return self.root / "seal"

    @property
    def postgres(self) -> Path:
        """The cluster of the embedded Postgres."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """The directory of the embedded Valkey."""
        return self.root / "valkey"

    @property
    def versions(self) -> Path:
        """A bare git repository per project."""
        return self.root / "versions"

    @property
    def sandboxes(self) -> Path:
        """A directory per live sandbox."""
        return self.root / "sandboxes"

    @property
    def app_data(self) -> Path:
        """The records of the app of each build: a folder per build."""
        return self.root / "app-data"

    @property
    def cache(self) -> Path:
        """Packages and programs that can be fetched again."""
        return self.root / "cache"

    @property
    def bytecode(self) -> Path:
        """The files that every app begins with, as they are compiled; they can be compiled again."""
        return self.cache / "bytecode"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    def prepare(self) -> None:
        """Make the directory and its rooms, 0700 each."""
        for path in (self.root, self.versions, self.sandboxes, self.app_data, self.cache, self.logs):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkdir leaves a folder that was there before as it is, and its umask may take rights that we need.
            path.chmod(0o700)
