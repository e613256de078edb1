"""The starter as Python and the template engine compile it: made once, and laid beside the files of each app."""

from __future__ import annotations

import hashlib
import secrets
import sys
import zipfile
from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Final

from app.blueprint.generate.tree import starter_files
from app.guest import bytecode as program
from app.ports.sandbox import Sandbox, SandboxError

_PROGRAM: Final = Path(program.__file__)
_PROGRAM_INSIDE: Final = "bytecode.py"
_ARCHIVE: Final = "bytecode.zip"
_PLACE: Final = "app/__pycache__/"
_LOCK: Final = "requirements.lock"
_COMPILE_S: Final = 120.0
MAX_BYTES: Final = 20_000_000


class BytecodeNotMade(SandboxError):
    """The files of the starter cannot be compiled here; every app goes on compiling them for itself."""


class StarterBytecode:
    """The compiled starter of an instance, which is made of this service's own files, never taken from an app."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: Mapping[str, bytes] = {}

    def beside(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """What belongs beside these files of an app; nothing while it is not made, or if a module is another."""
        # The templates are compiled by the settings of the modules, and by the engine that the lock names.
        is_ours = all(files.get(path) == text for path, text in self._starter.items() if _decides(path))
        return self._load() if is_ours else {}

    @property
    def is_made(self) -> bool:
        """True once an app can be given it."""
        return bool(self._load())

    async def make(self, sandbox: Sandbox, app: Mapping[str, bytes]) -> None:
        """Compile the starter in a new sandbox that has its packages, within this app of ours. BytecodeNotMade."""
        await sandbox.write_files({**app, _PROGRAM_INSIDE: _PROGRAM.read_bytes()})
        paths = [path for path in self._starter if path.endswith(".py") or path.startswith(program.TEMPLATES)]
        # It may wait: builds that run meanwhile are not to become slower.
        command = ("nice", ".venv/bin/python", _PROGRAM_INSIDE, _ARCHIVE, *paths)
        result = await sandbox.run_command(command, timeout_s=_COMPILE_S)
        if result.exit_code:
            raise BytecodeNotMade(result.output[-1_000:])
        self._keep(await sandbox.read_file(_ARCHIVE, max_bytes=MAX_BYTES))

    @cached_property
    def _starter(self) -> Mapping[str, bytes]:
        return {path: text.encode() for path, text in starter_files() if path.startswith("app/") or path == _LOCK}

    @cached_property
    def _file(self) -> Path:
        """It changes with the starter, the Python and the program that compiles."""
        parts = [part for path, text in self._starter.items() for part in (path.encode(), text)]
        parts += [str(sys.implementation.cache_tag).encode(), _PROGRAM.read_bytes()]
        digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
        return self._folder / f"{digest[:24]}.zip"

    def _keep(self, archive: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in self._folder.iterdir():
            other.unlink(missing_ok=True)
        draft = self._folder / f".{secrets.token_hex(6)}"
        draft.write_bytes(archive)
        draft.replace(self._file)

    def _load(self) -> Mapping[str, bytes]:
        if not self._made:
            try:
                with zipfile.ZipFile(BytesIO(self._file.read_bytes())) as archive:
                    names = [name for name in archive.namelist() if name.startswith(_PLACE)]
                    self._made = {name: archive.read(name) for name in names}
            except (OSError, zipfile.BadZipFile):
                return {}  # not yet, or cut short by a crash
        return self._made


def _decides(path: str) -> bool:
    return path.endswith(".py") or path == _LOCK
