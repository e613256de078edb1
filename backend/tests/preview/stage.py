"""Sandboxes of plain processes for the tests of hosting and previews, and a tiny app to run in them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.ids import JobId, ProjectId, SandboxId
from app.domain.job import JobStatus
from app.domain.workspace import Manifest
from app.ports.sandbox import (
    CommandResult,
    OnOutput,
    Sandbox,
    SandboxError,
    SandboxFileMissing,
    SandboxGone,
    SandboxRequest,
)
from app.ports.storage import TreeDigest, VersionStore
from app.preview.serving import PreviewTarget

APP = Path(__file__).with_name("little_app.py.txt").read_bytes()


def manifest(
    *, install: Sequence[tuple[str, ...]] = (), start: tuple[str, ...] | None = None, health: str = "/health"
) -> Manifest:
    """A manifest that starts the little app."""
    return Manifest(
        stack="stdlib",
        install=tuple(install),
        check=(),
        start=start or (sys.executable, "-u", "app.py"),
        health=health,
        pages=("/",),
    )


def workspace(made: Manifest | None = None, **files: bytes) -> dict[str, bytes]:
    """The files of a little app."""
    return {
        "README.md": b"# Little\n",
        ".env.example": b"",
        "start.sh": b"exec python app.py\n",
        "app.py": APP,
        "cofounder.json": (made or manifest()).dumps().encode(),
        **files,
    }


class ProcessSandbox:
    """A directory and its processes; port 8080 inside is a free port of the machine."""

    def __init__(self, request: SandboxRequest) -> None:
        self.id = SandboxId(uuid.uuid4().hex)
        self.request = request
        self.root = Path(tempfile.mkdtemp())
        self.paused = False
        self.timeouts: list[float] = []
        self._port = _free_port()
        self._log = self.root.with_suffix(".log")
        self._processes: list[asyncio.subprocess.Process] = []
        self._gone = asyncio.Event()

    def _check(self) -> None:
        if self._gone.is_set():
            raise SandboxGone("killed")

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        self._check()
        for path, content in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(content)

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        self._check()
        try:
            return (self.root / path).read_bytes()[:max_bytes]
        except OSError as error:
            raise SandboxFileMissing(path) from error

    async def _spawn(
        self, argv: Sequence[str], env: Mapping[str, str] | None, out: int
    ) -> asyncio.subprocess.Process:
        self._check()
        given = {"PATH": os.defpath, **(env or {})}
        if "PORT" in given:
            given["PORT"] = str(self._port)
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=self.root, env=given, stdout=out, stderr=asyncio.subprocess.STDOUT, start_new_session=True
        )
        self._processes.append(process)
        return process

    async def run_command(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        process = await self._spawn(argv, env, asyncio.subprocess.PIPE)
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s):
                output, _ = await process.communicate()
        except TimeoutError:
            output, timed_out = b"", True
        finally:
            _kill(process)
        self._check()
        if on_output and output:
            on_output(output)
        return CommandResult(await process.wait(), output.decode(), timed_out=timed_out)

    async def run_background(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        with self._log.open("ab") as log:
            await self._spawn(argv, env, log.fileno())

    def background_output(self) -> str:
        return self._log.read_text(errors="replace")[-65536:] if self._log.exists() else ""

    async def connect(self, port: int) -> socket.socket:
        self._check()
        sock = socket.socket()
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def find_fault(self) -> SandboxError | None:
        return SandboxGone("killed") if self._gone.is_set() else None

    async def close_network(self) -> None:
        self._check()

    async def pause(self) -> None:
        self._check()
        self.paused = True
        self._signal(signal.SIGSTOP)

    async def resume(self) -> None:
        self._check()
        self.paused = False
        self._signal(signal.SIGCONT)

    async def set_timeout(self, seconds: float) -> None:
        self._check()
        self.timeouts.append(seconds)

    def crash_app(self) -> None:
        """The app dies, the sandbox lives."""
        self._signal(signal.SIGKILL)

    async def kill(self) -> None:
        self._gone.set()
        self._signal(signal.SIGKILL)
        for process in self._processes:
            await process.wait()
        shutil.rmtree(self.root, ignore_errors=True)
        self._log.unlink(missing_ok=True)

    async def wait_gone(self) -> None:
        await self._gone.wait()

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    def _signal(self, number: int) -> None:
        for process in self._processes:
            _kill(process, number)


class ProcessRuntime:
    """Makes process sandboxes and remembers every one."""

    def __init__(self) -> None:
        self.made: list[ProcessSandbox] = []

    @property
    def alive(self) -> list[ProcessSandbox]:
        return [sandbox for sandbox in self.made if not sandbox.is_gone]

    async def probe(self) -> None:
        """Always possible."""

    async def start(self, request: SandboxRequest) -> Sandbox:
        sandbox = ProcessSandbox(request)
        self.made.append(sandbox)
        return sandbox

    async def kill(self, sandbox_id: SandboxId) -> None:
        for sandbox in self.made:
            if sandbox.id == sandbox_id:
                await sandbox.kill()

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return {sandbox.id: sandbox.request.job_id for sandbox in self.alive}

    async def list_ended(self) -> Collection[SandboxId]:
        return []

    async def list_data(self) -> Collection[JobId]:
        return []

    async def remove_data(self, job_id: JobId) -> None:
        """Nothing is kept."""


@dataclass
class Builds:
    """The record as the preview sees it."""

    store: VersionStore
    targets: dict[JobId, PreviewTarget] = field(default_factory=dict)
    asked: Counter[JobId] = field(default_factory=Counter)

    async def target(self, job_id: JobId) -> PreviewTarget | None:
        self.asked[job_id] += 1
        return self.targets.get(job_id)

    async def add(
        self,
        files: Mapping[str, bytes] | None = None,
        *,
        status: JobStatus = JobStatus.READY,
        job_id: JobId | None = None,
    ) -> JobId:
        """A build with these files."""
        project, job = ProjectId(uuid.uuid4()), job_id or JobId(uuid.uuid4())
        digest = await self.store.save(project, job, name="code", files=files or workspace())
        self.targets[job] = PreviewTarget(project, job, "build_v0_1", TreeDigest(digest), status)
        return job


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def _kill(process: asyncio.subprocess.Process, number: int = signal.SIGKILL) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
