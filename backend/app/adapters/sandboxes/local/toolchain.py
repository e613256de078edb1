"""The interpreter and the package installer that apps use inside, each bound at its own path."""

from __future__ import annotations

import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.ports.sandbox import SandboxUnavailable

TOOLS: Final = Path("/opt/cofounder/bin")
_MINOR: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Toolchain:
    """The tools of apps: `python` and all of `binds` appear inside at the given place, read-only."""

    python: Path
    binds: tuple[tuple[Path, Path], ...]

    @property
    def path(self) -> str:
        """The value of PATH inside."""
        places = [
            "/workspace/.venv/bin",
            str(TOOLS),
            str(self.python.parent),
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
        ]
        return ":".join(dict.fromkeys(places))


def find_toolchain(uv: Path, *, as_other_user: bool) -> Toolchain:
    """The service's own base interpreter, else the system's; `as_other_user` when apps run under another uid."""
    candidates = [Path(sys.base_prefix) / "bin" / _MINOR, Path("/usr/bin") / _MINOR, Path("/usr/bin/python3")]
    for candidate in candidates:
        if candidate.exists() and (not as_other_user or _open_to_all(candidate.resolve())):
            return Toolchain(candidate, (*_prefix_bind(candidate), (uv.resolve(), TOOLS / "uv")))
    raise SandboxUnavailable(
        f"No Python that apps could use: {', '.join(map(str, candidates))} are missing or closed to other users.",
        remedy="apt-get install python3",
    )


def _prefix_bind(python: Path) -> tuple[tuple[Path, Path], ...]:
    prefix = python.parent.parent
    if prefix.is_relative_to("/usr"):
        return ()
    return ((prefix.resolve(), prefix),)


def _open_to_all(path: Path) -> bool:
    """Only the file itself counts: the directories above it are stepped over by binding."""
    mode = path.stat().st_mode
    return bool(mode & stat.S_IROTH and mode & stat.S_IXOTH)
