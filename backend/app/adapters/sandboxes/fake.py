"""Sandboxes for tests that protect from nothing: their commands are plain processes of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import psutil

from app.adapters.sandboxes.local.command import RunningCommand
from app.adapters.sandboxes.local.files import check_files, read_regular
from app.adapters.sandboxes.local.output import Capture, OutputPipe, Tail
from app.core.ids import JobId, SandboxId
from app.domain.workspace import START_SCRIPT
from app.ports.sandbox import CommandResult, OnOutput, SandboxGone, SandboxRefused, SandboxRequest

MARK = "FAKE_SANDBOX"
PATH = f"{Path(sys.executable).parent}:{os.defpath}"


class FakeSandbox:
    """A directory. What belongs to it, or to one command in it, is known by a mark in its environment."""

    def __init__(self, directory: Path, request: SandboxRequest) -> None:
        self._directory = directory
        self._limits = request.limits
        self._tail = Tail()
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def id(self) -> SandboxId:
        return SandboxId(self._directory.name)

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        self._require_alive()
        check_files(files, total_bytes=self._limits.disk_bytes)
        for name, content in files.items():
            path = self._directory / name
            if path.is_dir() and not path.is_symlink():
                raise SandboxRefused(f"{name!r} is a directory")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
            path.chmod(0o755 if name == START_SCRIPT else 0o644)

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        self._require_alive()
        room = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return read_regular(room, path, max_bytes=max_bytes)
        finally:
            os.close(room)

    async def run_command(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        mark = f"{self.id}/{uuid.uuid4()}"
        try:
            process, pipe = await self._spawn(argv, env, mark)
        except FileNotFoundError as error:
            return CommandResult(127, f"sandbox: {error}")
        code = asyncio.create_task(process.wait())

        async def end() -> None:
            _signal(mark, signal.SIGKILL)

        command = RunningCommand(code, end, pipe, Capture(self._limits.output_bytes, on_output))
        try:
            result = await command.result(timeout_s)
        finally:
            self._keep(command.let_go(self._tail))
        self._require_alive()
        return result

    async def run_background(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        _, pipe = await self._spawn(argv, env, f"{self.id}/background")
        self._keep(self._tail.follow(pipe))

    async def _spawn(
        self, argv: Sequence[str], env: Mapping[str, str] | None, mark: str
    ) -> tuple[asyncio.subprocess.Process, OutputPipe]:
        self._require_alive()
        clean = {"PATH": PATH, "HOME": str(self._directory), "LANG": "C.UTF-8", **(env or {}), MARK: mark}
        pipe = await OutputPipe.open()
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                cwd=self._directory,
                env=clean,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipe.write_fd,
                stderr=pipe.write_fd,
            ), pipe
        except BaseException:
            pipe.close()
            raise
        finally:
            pipe.handed_on()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:  # Any: what a coroutine is generic in
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def background_output(self) -> str:
        return self._tail.text

    async def connect(self, port: int) -> socket.socket:
        self._require_alive()
        connection = socket.socket()
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        except BaseException:
            connection.close()
            raise
        return connection

    async def pause(self) -> None:
        self._require_alive()
        _signal(self.id, signal.SIGSTOP)

    async def resume(self) -> None:
        self._require_alive()
        _signal(self.id, signal.SIGCONT)

    async def set_timeout(self, seconds: float) -> None:
        self._require_alive()
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end)

    async def kill(self) -> None:
        self._end()

    async def wait_gone(self) -> None:
        await self._gone.wait()

    def _end(self) -> None:
        self._gone.set()
        _signal(self.id, signal.SIGKILL)
        rmtree(self._directory, ignore_errors=True)

    def _require_alive(self) -> None:
        if self._gone.is_set():
            raise SandboxGone(f"Sandbox {self.id} is gone.")


def _signal(mark: str, number: signal.Signals) -> None:
    """Reach everything that was started under this mark; a kill goes on until nothing is left."""
    while found := [process for process in psutil.process_iter() if _has_mark(process, mark)]:
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if number != signal.SIGKILL:
            return


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK, "").startswith(mark)
    except psutil.Error:
        return False


class FakeSandboxRuntime:
    """Implements `ports.sandbox.SandboxRuntime` for tests only: no isolation at all."""

    def __init__(self, root: Path) -> None:
        """A directory per sandbox appears below `root`."""
        self._root = root
        self._made: dict[SandboxId, tuple[FakeSandbox, JobId]] = {}

    async def probe(self) -> None:
        """Plain processes can be had everywhere."""

    async def start(self, request: SandboxRequest) -> FakeSandbox:
        directory = self._root / uuid.uuid4().hex
        directory.mkdir(parents=True)
        sandbox = FakeSandbox(directory, request)
        self._made[sandbox.id] = sandbox, request.job_id
        return sandbox

    async def kill(self, sandbox_id: SandboxId) -> None:
        if sandbox_id in self._made:
            await self._made.pop(sandbox_id)[0].kill()

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return {name: job for name, (sandbox, job) in self._made.items() if (self._root / name).exists()}
