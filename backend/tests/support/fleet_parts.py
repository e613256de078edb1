"""The outside world of a fleet: light doubles behind the real ports, and wrappers that note and hurt."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from app.adapters.runners.fake import RunnerFake
from app.blueprint.spec import AppSpec
from app.core.errors import Unauthenticated
from app.core.ids import JobId, ProjectId, SandboxId
from app.domain.job import Change, JobStatus, SpecifiedJob
from app.events.cache import StatusCache
from app.ports.identity import Identity
from app.ports.runner import RunResult, Say
from app.ports.sandbox import CommandResult, OnOutput, SandboxError, SandboxGone, SandboxRequest
from app.ports.storage import SnapshotMissing, TreeDigest, VersionSealed
from app.queue.state_machine import NO_CHANGE, JobStateMachine
from app.services.build_pipeline import BuildTools, Step
from app.services.generation_service import GenerationService
from tests.support.fleet_faults import Faults, Ledger

TOKEN_START = "token-of-"
Env = Mapping[str, str] | None


class Founders:
    """Everybody whose token is `token-of-<name>`."""

    async def authenticate(self, token: str) -> Identity:
        name = token.removeprefix(TOKEN_START)
        if name == token:
            raise Unauthenticated("This token is not good.")
        return Identity(subject=f"user-{name}", name=name)


class TracedRunner(RunnerFake):
    """The canned app; each answer is noted before it is given."""

    def __init__(self, faults: Faults, ledger: Ledger) -> None:
        self._faults = faults
        self._ledger = ledger

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        result = await super().run(goal, spec, say=say)
        self._ledger.note("model", goal)
        await self._faults.at("model answered")
        return result


class TracedProbe:
    """A preview that answers 200."""

    def __init__(self, faults: Faults, ledger: Ledger) -> None:
        self._faults = faults
        self._ledger = ledger

    async def probe(self, job_id: JobId) -> int:
        self._ledger.note("preview", "200", job=job_id)
        await self._faults.at("preview answered", job=job_id)
        return 200


class TracedCache(StatusCache):
    """The real cache. It is told of an event before the commit: that is the point `committing <number>`."""

    def __init__(self, redis: Any, faults: Faults) -> None:  # Any: the client is the cache's own business
        super().__init__(redis)
        self._faults = faults

    async def expect(self, job_id: JobId, *, seq: int) -> None:
        await self._faults.at(f"committing {seq}", job=job_id)
        await super().expect(job_id, seq=seq)


class TracedMachine(JobStateMachine):
    """The real machine of a build. After each commit is the point `committed <state>`."""

    def __init__(self, inner: JobStateMachine, faults: Faults) -> None:
        self.__dict__.update(inner.__dict__)
        self._faults = faults

    async def transition(
        self,
        job_id: JobId,
        to: JobStatus,
        *,
        attempt: int | None = None,
        after: int | None = None,
        change: Change = NO_CHANGE,
    ) -> int:
        seq = await super().transition(job_id, to, attempt=attempt, after=after, change=change)
        await self._faults.at(f"committed {to.value}", job=job_id)
        return seq


class TracedGeneration(GenerationService):
    """The real service; the steps of its builds are counted, paced and can be hurt.

    The points of a step are `before <stage>`, `in <stage>` (done, not recorded yet) and `after <stage>`.
    """

    faults: Faults
    ledger: Ledger
    pace_s: float

    async def execute_build(self, tools: BuildTools, job: SpecifiedJob, *, step: Step) -> None:
        job_id, attempt = job.id, job.attempt

        async def traced(name: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
            await self.faults.at(f"before {name}", job=job_id)
            result = await step(name, lambda: self._counted(name, work, job_id, attempt))
            self.ledger.note("recorded", name, job=job_id, attempt=attempt)
            await self.faults.at(f"after {name}", job=job_id)
            return result

        self.ledger.note("attempt", job=job_id, attempt=attempt)
        tools = replace(tools, machine=TracedMachine(tools.machine, self.faults))
        await super().execute_build(tools, job, step=traced)
        self.ledger.note("left", job=job_id, attempt=attempt)

    async def _counted(
        self, name: str, work: Callable[[], Awaitable[dict[str, Any]]], job_id: JobId, attempt: int
    ) -> dict[str, Any]:
        self.ledger.note("began", name, job=job_id, attempt=attempt)
        await asyncio.sleep(self.pace_s)
        result = await work()
        self.ledger.note("did", name, job=job_id, attempt=attempt)
        await self.faults.at(f"in {name}", job=job_id)
        return result


class _Answers(asyncio.Protocol):
    """Says 200 to every request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            self._transport.close()


class LightSandbox:
    """A directory that names its job; every command succeeds, every page answers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, bytes] = {}
        self._gone = asyncio.Event()

    @property
    def id(self) -> SandboxId:
        return SandboxId(self._directory.name)

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        self._require_alive()
        self._files |= files

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        self._require_alive()
        return self._files[path][:max_bytes]

    async def run_command(
        self, argv: Sequence[str], *, env: Env = None, timeout_s: float = 60, on_output: OnOutput | None = None
    ) -> CommandResult:
        self._require_alive()
        return CommandResult(0, "OK")

    async def run_background(self, argv: Sequence[str], *, env: Env = None) -> None:
        self._require_alive()

    def background_output(self) -> str:
        return ""

    async def connect(self, port: int) -> socket.socket:
        self._require_alive()
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(_Answers, theirs)
        return ours

    async def find_fault(self) -> SandboxError | None:
        return SandboxGone("gone") if self._gone.is_set() else None

    async def close_network(self) -> None:
        self._require_alive()

    async def pause(self) -> None:
        self._require_alive()

    async def resume(self) -> None:
        self._require_alive()

    async def set_timeout(self, seconds: float) -> None:
        self._require_alive()

    async def kill(self) -> None:
        rmtree(self._directory, ignore_errors=True)
        self._gone.set()

    async def wait_gone(self) -> None:
        await self._gone.wait()

    def _require_alive(self) -> None:
        if not self._directory.exists():
            raise SandboxGone(f"Sandbox {self.id} is gone.")


class LightSandboxes:
    """Sandboxes that any process of the fleet finds and ends; like a cloud's, they outlive whoever made them."""

    def __init__(self, root: Path, faults: Faults, ledger: Ledger) -> None:
        self._root = root
        self._faults = faults
        self._ledger = ledger
        root.mkdir(parents=True, exist_ok=True)

    async def probe(self) -> None:
        """Always possible."""

    async def start(self, request: SandboxRequest) -> LightSandbox:
        directory = self._root / uuid.uuid4().hex
        draft = self._root / f".{directory.name}"
        draft.mkdir()
        (draft / "job").write_text(str(request.job_id))
        draft.rename(directory)
        self._ledger.note("sandbox", directory.name, job=request.job_id)
        await self._faults.at("sandbox made", job=request.job_id)
        return LightSandbox(directory)

    async def kill(self, sandbox_id: SandboxId) -> None:
        rmtree(self._root / sandbox_id, ignore_errors=True)

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        found = {}
        for directory in self._root.iterdir():
            if directory.name.startswith("."):
                continue
            try:
                found[SandboxId(directory.name)] = JobId(uuid.UUID((directory / "job").read_text()))
            except FileNotFoundError:
                continue  # ended while we looked
        return found

    async def list_ended(self) -> Collection[SandboxId]:
        return []  # as a cloud's: none leaves anything behind

    async def list_data(self) -> Collection[JobId]:
        return ()

    async def remove_data(self, job_id: JobId) -> None:
        """None is kept."""


class SharedStore:
    """Trees as files that every process of the fleet reads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    async def save(
        self, project_id: ProjectId, job_id: JobId, *, name: str, files: Mapping[str, bytes]
    ) -> TreeDigest:
        text = json.dumps({path: content.decode() for path, content in sorted(files.items())})
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._write(self._root / f"{project_id}.{digest}", text)
        return TreeDigest(f"git-tree:{digest}")

    async def load(self, project_id: ProjectId, digest: TreeDigest) -> Mapping[str, bytes]:
        try:
            text = (self._root / f"{project_id}.{digest.removeprefix('git-tree:')}").read_text()
        except FileNotFoundError as error:
            raise SnapshotMissing(digest) from error
        return {path: content.encode() for path, content in json.loads(text).items()}

    async def stream(self, project_id: ProjectId, digest: TreeDigest) -> AsyncGenerator[tuple[str, bytes], None]:
        for path, content in sorted((await self.load(project_id, digest)).items()):
            yield path, content

    async def pack(self) -> None:
        """Whole files share nothing."""

    async def remove(self, project_id: ProjectId) -> None:
        for place in self._root.glob(f"{project_id}.*"):
            place.unlink(missing_ok=True)

    async def seal(self, project_id: ProjectId, digest: TreeDigest, *, version: str) -> None:
        place = self._root / f"{project_id}.{version}"
        if place.exists() and place.read_text() != digest:
            raise VersionSealed(version)
        self._write(place, digest)

    def _write(self, place: Path, text: str) -> None:
        draft = place.with_name(f".{place.name}.{os.getpid()}.{uuid.uuid4().hex}")
        draft.write_text(text)
        draft.rename(place)
