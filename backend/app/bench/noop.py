"""An outside world that costs next to nothing: what a build spends in it is spent on conducting the build."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.acceptance import Candidate, CheckReport, Preview
from app.adapters.runners.fake import RunnerFake
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.core.ids import JobId, ProjectId, SandboxId
from app.domain.workspace import MANIFEST, Manifest
from app.events.notifications import NotificationListener
from app.ports.runner import RunResult, Say
from app.ports.sandbox import CommandResult, OnOutput, SandboxError, SandboxFileMissing, SandboxRequest
from app.ports.storage import SnapshotMissing, TreeDigest

_FOR_EVER: Final = ("python3", "-c", "import time; time.sleep(3600)")
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class NoopSandbox:
    """Files in memory, commands that succeed at once, an app that answers 200. `hold_s` slows the writing down."""

    def __init__(self, hold_s: float) -> None:
        self.id = SandboxId(f"noop-{uuid.uuid4().hex}")
        self._hold_s = hold_s
        self._files: dict[str, bytes] = {}
        self._gone = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        # A build that is to be interrupted has to last long enough for it.
        if self._hold_s:
            await asyncio.sleep(self._hold_s)
        self._files.update(files)

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        if path not in self._files:
            raise SandboxFileMissing(path)
        return self._files[path][:max_bytes]

    async def run_command(
        self,
        argv: Sequence[str],  # noqa: ARG002 - whatever it is, it succeeds
        *,
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        timeout_s: float = 60,  # noqa: ARG002
        on_output: OnOutput | None = None,  # noqa: ARG002
    ) -> CommandResult:
        return CommandResult(0, "OK")

    async def run_background(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        """Nothing starts; `connect` answers for it."""

    def background_output(self) -> str:
        return ""

    async def connect(self, port: int) -> socket.socket:  # noqa: ARG002 - the app listens on every port
        # A real pair of sockets: whoever asks whether the app is up speaks HTTP over it.
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        task = asyncio.create_task(_answer(theirs))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
        return ours

    async def find_fault(self) -> SandboxError | None:
        return None

    async def close_network(self) -> None:
        """There is none."""

    async def pause(self) -> None:
        """Nothing runs."""

    async def resume(self) -> None:
        """Nothing runs."""

    async def set_timeout(self, seconds: float) -> None:
        """Nothing to end."""

    async def kill(self) -> None:
        self._gone.set()

    async def wait_gone(self) -> None:
        await self._gone.wait()


async def _answer(end: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with end:
        await loop.sock_recv(end, 65_536)
        await loop.sock_sendall(end, _ANSWER)


class NoopRuntime:
    """Implements `ports.sandbox.SandboxRuntime` in memory."""

    def __init__(self, *, hold_s: float = 0) -> None:
        self._hold_s = hold_s

    async def probe(self) -> None:
        """Can be had everywhere."""

    async def start(self, request: SandboxRequest) -> NoopSandbox:  # noqa: ARG002
        return NoopSandbox(self._hold_s)

    async def kill(self, sandbox_id: SandboxId) -> None:
        """It goes with its process."""

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        return {}

    async def list_ended(self) -> Collection[SandboxId]:
        return []

    async def list_data(self) -> Collection[JobId]:
        return []

    async def remove_data(self, job_id: JobId) -> None:
        """Nothing is kept."""


class MemoryStore:
    """Implements `ports.storage.VersionStore` for builds that all have the same tree, so that nothing grows."""

    def __init__(self) -> None:
        self._trees: dict[TreeDigest, Mapping[str, bytes]] = {}

    async def save(
        self,
        project_id: ProjectId,  # noqa: ARG002
        job_id: JobId,  # noqa: ARG002
        *,
        name: str,  # noqa: ARG002
        files: Mapping[str, bytes],
    ) -> TreeDigest:
        digest = TreeDigest(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())
        self._trees[digest] = files
        return digest

    async def load(self, project_id: ProjectId, digest: TreeDigest) -> Mapping[str, bytes]:  # noqa: ARG002
        if digest not in self._trees:
            raise SnapshotMissing(digest)
        return self._trees[digest]

    async def stream(self, project_id: ProjectId, digest: TreeDigest) -> AsyncGenerator[tuple[str, bytes], None]:
        for entry in (await self.load(project_id, digest)).items():
            yield entry

    async def seal(self, project_id: ProjectId, digest: TreeDigest, *, version: str) -> None:
        """Nothing is kept."""

    async def pack(self) -> None:
        """Nothing is kept."""

    async def remove(self, project_id: ProjectId) -> None:
        """All projects share the one tree."""


class OpenedPreview:
    """A preview that opened."""

    async def probe(self, job_id: JobId) -> int:  # noqa: ARG002
        return 200


async def no_checks(
    host: AppHost,  # noqa: ARG001
    app_of: Callable[[], Awaitable[Candidate]],  # noqa: ARG001
    *,
    preview: Preview,
) -> CheckReport:
    """No checks, since they cost what the app costs and not the conducting: only the preview is asked."""
    return CheckReport([await preview()])


class RunnerSlow(RunnerFake):
    """A runner whose app takes for ever to install."""

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        """The canned app with an install that only a kill ends."""
        result = await super().run(goal, spec, say=say)
        manifest = replace(Manifest.parse(result.working_files[MANIFEST]), install=(_FOR_EVER,))
        return replace(result, working_files={**result.working_files, MANIFEST: manifest.dumps()})


class DeafBell(NotificationListener):
    """A listener that receives nothing: every notification is lost."""

    async def start(self) -> None:
        """Do not listen."""
