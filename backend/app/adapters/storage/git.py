"""The system's git as a store of objects: no configuration, hook, filter or working tree of anybody's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Final

from app.core.errors import ConfigurationError

_TIMEOUT_S: Final = 120
_OPTIONS: Final = (
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.fsync=all",
    "core.fsyncMethod=batch",
    "gc.auto=0",
    "maintenance.auto=false",
    # Loose objects are shared between snapshots; a pack for each one would repeat every file.
    "fastimport.unpackLimit=100000",
)


class GitFailed(Exception):
    """A git command ended with an exit code other than 0."""

    def __init__(self, command: str, code: int, message: str) -> None:
        super().__init__(f"git {command} exited with {code}: {message}")
        self.code = code


class GitTimedOut(GitFailed):
    """A git command did not end in time and was killed."""


class Git:
    """Git commands on one bare repository, which need not exist yet."""

    def __init__(self, repository: Path, *, program: str) -> None:
        self.repository = repository
        self._program = program

    async def run(self, *arguments: str, stdin: Iterable[bytes] = (), keep_open: Sequence[int] = ()) -> bytes:
        """The standard output of a command; GitFailed when it does not succeed."""
        async with self.process(*arguments, keep_open=keep_open) as process:
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    output, message, _ = await asyncio.gather(
                        _read(process.stdout), _read(process.stderr), _feed(process.stdin, stdin)
                    )
                    code = await process.wait()
            except TimeoutError as error:
                raise GitTimedOut(arguments[0], -1, f"no end after {_TIMEOUT_S} seconds") from error
        if code:
            raise GitFailed(arguments[0], code, message.decode(errors="replace").strip()[-500:])
        return output

    @contextlib.asynccontextmanager
    async def process(
        self, *arguments: str, keep_open: Sequence[int] = ()
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """A running command, killed when the block is left before it ended."""
        options = [part for option in _OPTIONS for part in ("-c", option)]
        process = await asyncio.create_subprocess_exec(
            self._program,
            *options,
            f"--git-dir={self.repository}",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(self._program),
            cwd=self.repository.parent,
            pass_fds=tuple(keep_open),
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def find_git() -> str:
    """The path of the system's git; ConfigurationError when there is none."""
    program = shutil.which("git")
    if program is None:
        raise ConfigurationError("Versions are kept with git, and git is not installed.", remedy="Install git.")
    return program


def _environment(program: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(program).parent}{os.pathsep}{os.defpath}",
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


async def _feed(stream: asyncio.StreamWriter | None, chunks: Iterable[bytes]) -> None:
    if stream is None:
        return
    # A command that gave up no longer reads; its exit code says why.
    with contextlib.suppress(ConnectionError):
        for chunk in chunks:
            stream.write(chunk)
            await stream.drain()
    stream.close()
