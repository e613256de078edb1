"""The files that a workspace must hold, and the paths that may exist in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Final

START_SCRIPT: Final = "start.sh"
MANIFEST: Final = "cofounder.json"
REQUIRED_FILES: Final = ("README.md", ".env.example", START_SCRIPT, MANIFEST)

MAX_PATH_LENGTH: Final = 240
MAX_FILES: Final = 2_000
MAX_FILE_BYTES: Final = 5_000_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class UnsafePath(ValueError):
    """A path that would leave the workspace or that some system cannot hold."""


def safe_path(path: str) -> str:
    """The path as it is, when it names a file below the workspace; raises UnsafePath with the reason otherwise."""
    if not path or len(path) > MAX_PATH_LENGTH:
        raise UnsafePath(f"a path has 1 to {MAX_PATH_LENGTH} characters, this one {len(path)}")
    if _CONTROL.search(path):
        raise UnsafePath(f"{path!r} holds a control character or a backslash")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise UnsafePath(f"{path!r} is not valid text") from error
    parts = path.split("/")
    # A folder .git would be taken for a repository, whose hooks git runs, wherever an export is unpacked.
    if any(part in ("", ".", "..") or part.casefold() == ".git" for part in parts):
        raise UnsafePath(f"{path!r} is not a plain path below the workspace")
    return path


class PathGuard:
    """Admits the paths of one tree, one by one, as long as any system can hold them side by side."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def admit(self, path: str) -> None:
        """Raise UnsafePath when the path itself, or together with those before it, is not allowed."""
        # macOS and Windows keep one file of two names that differ by case, so the export would lose the other.
        folded = safe_path(path).casefold()
        folders = [str(parent) for parent in PurePosixPath(folded).parents][:-1]
        for name in (folded, *folders):
            if name in self._files:
                raise UnsafePath(f"{path!r} and {self._files[name]!r} cannot exist side by side")
        if folded in self._folders:
            raise UnsafePath(f"{path!r} and {self._folders[folded]!r} cannot exist side by side")
        if len(self._files) == MAX_FILES:
            raise UnsafePath(f"these are more than the {MAX_FILES} files a workspace may hold")
        self._files[folded] = path
        self._folders.update(dict.fromkeys(folders, path))


def check_paths(paths: Iterable[str]) -> None:
    """Refuse a tree with an unsafe path, too many files, names that differ only by case, or a file as a folder."""
    guard = PathGuard()
    for path in paths:
        guard.admit(path)


def missing_files(paths: Iterable[str]) -> list[str]:
    """The required files that a workspace lacks."""
    present = set(paths)
    return [name for name in REQUIRED_FILES if name not in present]


class BadManifest(ValueError):
    """`cofounder.json` is missing something that running the app needs."""


@dataclass(frozen=True)
class Manifest:
    """The commands that install, check and start an app: `cofounder.json` in its workspace.

    Each command is an argument list, run in the workspace. `health` and `pages` are paths on the app's port,
    which it finds in `$PORT`.
    """

    stack: str
    install: tuple[tuple[str, ...], ...]
    check: tuple[tuple[str, ...], ...]
    start: tuple[str, ...]
    health: str
    pages: tuple[str, ...]

    @classmethod
    def parse(cls, text: str | bytes) -> Manifest:
        """Read a manifest; BadManifest says what is wrong with it."""
        try:
            raw = json.loads(text)
            manifest = cls(
                stack=_word(raw["stack"]),
                install=tuple(_command(entry) for entry in raw["install"]),
                check=tuple(_command(entry) for entry in raw["check"]),
                start=_command(raw["start"]),
                health=_url_path(raw["health"]),
                pages=tuple(_url_path(entry) for entry in raw["pages"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadManifest(f"{MANIFEST} is not usable: {error}") from error
        return manifest

    def dumps(self) -> str:
        """The manifest as the text of `cofounder.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def _command(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is not a command")
    return tuple(_word(part) for part in value)


def _url_path(value: object) -> str:
    path = _word(value)
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is not a path such as '/health'")
    return path
