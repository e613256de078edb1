"""Sandboxes for tests that protect from nothing: their commands are plain processes of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import uuid
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import psutil

from app.adapters.sandboxes.local.command import RunningCommand
from app.adapters.sandboxes.local.files import check_files, read_regular
from app.adapters.sandboxes.local.output import Capture, OutputPipe, Tail
from app.adapters.sandboxes.local.trees import remove_tree
from app.core.ids import JobId, SandboxId
from app.domain.workspace import START_SCRIPT
from app.ports.sandbox import CommandResult, OnOutput, SandboxError, SandboxGone, SandboxRefused, SandboxRequest

MARK = "FAKE_SANDBOX"
PATH = f"{Path(sys.executable).parent}:{os.defpath}"
Env = Mapping[str, str] | None
Started = tuple[asyncio.subprocess.Process, OutputPipe]


class FakeSandbox:
    """A directory. What belongs to it, or to one command in it, is known by a mark in its environment."""

    def __init__(self, directory: Path, request: SandboxRequest) -> None:
        self._directory = directory
        self._limits = request.limits
        self._tail = Tail()
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = asyncio.Event()
        # A test that forgets it leaves its processes for a day at most.
        self._timer = asyncio.get_running_loop().call_later(86_400, self._end)

    @property
    def id(self) -> SandboxId:
        return SandboxId(self._directory.name)

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        self._require_alive()
        check_files(files, total_bytes=self._limits.disk_bytes)
        for path in (self._directory / name for name in files):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise SandboxRefused(f"{path.name!r} cannot be written: {error}") from error
            path.write_bytes(files[path.relative_to(self._directory).as_posix()])
            path.chmod(0o755 if path == self._directory / START_SCRIPT else 0o644)

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        self._require_alive()
        room = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return read_regular(room, path, max_bytes=max_bytes)
        finally:
            os.close(room)

    async def run_command(
        self, argv: Sequence[str], *, env: Env = None, timeout_s: float = 60, on_output: OnOutput | None = None
    ) -> CommandResult:
        mark = f"{self.id}/{uuid.uuid4()}"

        async def end() -> None:
            _signal(mark, signal.SIGKILL)

        try:
            process, pipe = await self._spawn(argv, env, mark)
        except FileNotFoundError as error:
            return CommandResult(127, f"sandbox: {error}")
        code = asyncio.create_task(process.wait())
        command = RunningCommand(code, end, pipe, Capture(self._limits.output_bytes, on_output))
        try:
            result = await command.result(timeout_s)
        finally:
            self._keep(command.let_go(self._tail))
        self._require_alive()
        return result

    async def run_background(self, argv: Sequence[str], *, env: Env = None) -> None:
        _, pipe = await self._spawn(argv, env, f"{self.id}/background")
        self._keep(self._tail.follow(pipe))

    async def _spawn(self, argv: Sequence[str], env: Env, mark: str) -> Started:
        self._require_alive()
        clean = {"PATH": PATH, "HOME": str(self._directory), "LANG": "C.UTF-8", **(env or {}), MARK: mark}
        pipe = await OutputPipe.open()
        try:
            return await asyncio.create_subprocess_exec(
                *argv, cwd=self._directory, env=clean, stdin=DEVNULL, stdout=pipe.write_fd, stderr=STDOUT
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
        connection = socket.create_connection(("127.0.0.1", port), 5)
        connection.setblocking(False)
        return connection

    async def find_fault(self) -> SandboxError | None:
        return SandboxGone(f"Sandbox {self.id} is gone.") if self._gone.is_set() else None

    async def close_network(self) -> None:
        """Plain processes have the network of the machine."""
        self._require_alive()

    async def pause(self) -> None:
        self._require_alive()
        _signal(self.id, signal.SIGSTOP)

    async def resume(self) -> None:
        self._require_alive()
        _signal(self.id, signal.SIGCONT)

    async def set_timeout(self, seconds: float) -> None:
        self._require_alive()
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end)

    async def kill(self) -> None:
        self._end()

    async def wait_gone(self) -> None:
        await self._gone.wait()

    def _end(self) -> None:
        self._timer.cancel()
        self._gone.set()
        _signal(self.id, signal.SIGKILL)
        rmtree(self._directory, ignore_errors=True)

    def _require_alive(self) -> None:
        if self._gone.is_set():
            raise SandboxGone(f"Sandbox {self.id} is gone.")


def _signal(mark: str, number: signal.Signals) -> None:
    """Reach everything that was started under this mark; a kill goes on until nothing is left."""
    while marked := [process for process in psutil.process_iter() if _has_mark(process, mark)]:
        for process in marked:
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
        self._data = root.with_name("app-data")
        self._made: dict[SandboxId, tuple[FakeSandbox, JobId]] = {}

    async def probe(self) -> None:
        """Plain processes can be had everywhere."""

    async def start(self, request: SandboxRequest) -> FakeSandbox:
        directory = self._root / uuid.uuid4().hex
        directory.mkdir(parents=True)
        if request.keeps_data:
            data = self._data / str(request.job_id)
            data.mkdir(parents=True, exist_ok=True)
            (directory / "data").symlink_to(data)
        sandbox = FakeSandbox(directory, request)
        self._made[sandbox.id] = sandbox, request.job_id
        return sandbox

    async def kill(self, sandbox_id: SandboxId) -> None:
        if sandbox_id in self._made:
            await self._made.pop(sandbox_id)[0].kill()

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return {name: job for name, (_, job) in self._made.items() if (self._root / name).exists()}

    async def list_ended(self) -> Collection[SandboxId]:
        return []

    async def list_data(self) -> Collection[JobId]:
        return [JobId(uuid.UUID(folder.name)) for folder in self._data.glob("*")]

    async def remove_data(self, job_id: JobId) -> None:
        # Whatever its modes: an app may shut a folder off, and an ordinary user is held to that.
        await asyncio.to_thread(remove_tree, self._data / str(job_id))
