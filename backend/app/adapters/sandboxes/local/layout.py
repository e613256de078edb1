"""The parts of this machine that a sandbox sees, as bubblewrap's arguments."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

WORKSPACE: Final = "/workspace"
VENV: Final = f"{WORKSPACE}/.venv"
HOME: Final = "/home/app"
CACHE: Final = f"{HOME}/.cache/uv"
DATA: Final = f"{WORKSPACE}/data"
CACHE_LAYER: Final = "packages"
VENV_LAYER: Final = "venv"
WRITTEN_BY_APPS: Final = ("workspace", "home", f"cache/{CACHE_LAYER}/upper", f"cache/{VENV_LAYER}/upper")
"""Places in a sandbox's directory."""
TMP_BYTES: Final = 256 << 20
SHM_BYTES: Final = 64 << 20

_ETC: Final = {
    "passwd": b"app:x:1000:1000::/home/app:/bin/bash\nroot:x:0:0::/:/bin/false\n",
    "group": b"app:x:1000:\n",
    "hosts": b"127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": b"hosts: files\npasswd: files\ngroup: files\n",
    # Names are resolved by the proxy, outside.
    "resolv.conf": b"",
}
_ETC_OF_THE_HOST: Final = (
    "alternatives",
    "ld.so.cache",
    "localtime",
    "mime.types",
    "ssl/certs",
    "ssl/openssl.cnf",
    "pki/tls/certs",
    "pki/ca-trust/extracted",
)
_TOP_LEVEL: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

Place = Callable[[Path], str]
"""Where bubblewrap finds a source: at its own path, or where root has staged it."""


@dataclass(frozen=True)
class Seed:
    """Trusted packages on this machine."""

    path: Path

    @property
    def cache(self) -> Path:
        """The installer's cache."""
        return self.path / "cache"

    @property
    def venv(self) -> Path:
        """An environment that has them."""
        return self.path / "venv"

    @property
    def is_complete(self) -> bool:
        return self.venv.is_dir()


@dataclass(frozen=True)
class Layout:
    """The directories of one sandbox on this machine, and what it finds in /etc."""

    workspace: Path
    home: Path
    cache: Path
    """What this sandbox writes to above the trusted packages: a layer of the cache, one of the environment."""
    seeds: tuple[Seed, ...] = ()
    """What the package cache is laid over, the oldest first."""
    venv: Seed | None = None
    """What the environment is laid over."""
    data: Path | None = None
    """What outlives the sandbox."""
    etc: Mapping[str, bytes] = field(default_factory=dict)
    """Further files of /etc, by their name below it."""

    @property
    def sources(self) -> list[Path]:
        """Everything of this machine that is bound."""
        venv = [self.venv.venv] if self.venv else []
        data = [self.data] if self.data else []
        return [self.workspace, self.home, self.cache, *(seed.cache for seed in self.seeds), *venv, *data]


class Descriptors:
    """The descriptors that the child inherits, closed here together."""

    def __init__(self, *opened: int) -> None:
        self.opened = list(opened)

    def hold(self, data: bytes) -> str:
        """The number of a descriptor from which `data` can be read."""
        # In memory: nothing has to be removed, and no path can be exchanged.
        fd = os.memfd_create("cofounder")
        self.opened.append(fd)
        os.write(fd, data)
        os.lseek(fd, 0, os.SEEK_SET)
        return str(fd)

    def close(self) -> None:
        """Close this process's copies."""
        for fd in self.opened:
            os.close(fd)


def system_arguments() -> list[str]:
    """The read-only system. /tmp and /dev/shm are the only memory that can be written to, and both are sized."""
    return [
        *("--ro-bind", "/usr", "/usr", *_top_level()),
        *("--proc", "/proc", "--dev", "/dev", "--dir", "/etc", "--dir", "/run", "--dir", "/sys", "--dir", "/var"),
        *("--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"),
        *("--perms", "1777", "--size", str(SHM_BYTES), "--tmpfs", "/dev/shm"),
        *("--symlink", "/tmp", "/var/tmp"),
    ]


def _top_level() -> list[str]:
    arguments: list[str] = []
    for path in (Path("/") / name for name in _TOP_LEVEL):
        # On most systems by now these lead into /usr; on older ones they are folders of their own.
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    return arguments


def etc_arguments(layout: Layout, fds: Descriptors) -> list[str]:
    """A private /etc: a few texts, and the certificates and time zone of the host."""
    arguments: list[str] = []
    for name, content in {**_ETC, **layout.etc}.items():
        arguments += ["--perms", "0444", "--ro-bind-data", fds.hold(content), f"/etc/{name}"]
    for name in _ETC_OF_THE_HOST:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return arguments


def bind_arguments(layout: Layout, tools: tuple[tuple[Path, Path], ...], place: Place) -> list[str]:
    """The workspace, the home, the data and the package cache to write to; the tools to read."""
    arguments = ["--bind", place(layout.workspace), WORKSPACE, "--bind", place(layout.home), HOME]
    # After the workspace, which it lies in.
    if layout.data is not None:
        arguments += ["--bind", place(layout.data), DATA]
    for source, target in tools:
        arguments += ["--ro-bind", place(source), str(target)]
    if not layout.seeds:
        return [*arguments, "--bind", f"{place(layout.cache)}/{CACHE_LAYER}/upper", CACHE]
    arguments += _overlay(
        [place(seed.cache) for seed in layout.seeds], f"{place(layout.cache)}/{CACHE_LAYER}", CACHE
    )
    if layout.venv is not None:
        arguments += _overlay([place(layout.venv.venv)], f"{place(layout.cache)}/{VENV_LAYER}", VENV)
    return arguments


def _overlay(lower: list[str], layer: str, target: str) -> list[str]:
    sources = [argument for path in lower for argument in ("--overlay-src", path)]
    return [*sources, "--overlay", f"{layer}/upper", f"{layer}/work", target]
