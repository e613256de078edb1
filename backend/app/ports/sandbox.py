"""The port to sandboxes, which keep an app apart from this machine and from every other app.

A command that fails is a result (`CommandResult.exit_code`); a sandbox that is gone is an exception.

SandboxError
├── SandboxUnavailable   this machine or provider cannot make one; `remedy` says what to do
├── SandboxGone          it was there and is not any more (killed, crashed, timed out)
│   └── SandboxTookTooMuch   it was ended because what ran in it passed a limit
├── SandboxLimitMet      what ran in it met a limit, so what failed in it may have failed for that
├── SandboxFileMissing   read_file found no regular file at that path
└── SandboxRefused       the request itself is not allowed: an unsafe path, a file over the cap
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from app.core.ids import JobId, SandboxId


class SandboxError(Exception):
    """Base of everything that can go wrong with a sandbox."""


class SandboxUnavailable(SandboxError):
    """No sandbox can be made here."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class SandboxGone(SandboxError):
    """The sandbox does not exist any more."""


class Limit(StrEnum):
    """A limit that a sandbox is ended for."""

    MEMORY = "memory"
    DISK = "disk"
    FREE_DISK = "free disk"
    """Of the machine: it is almost full, and of what runs on it this sandbox takes the most."""
    WATCHES = "watches"
    """Descriptors that are watched by epoll."""


class SandboxTookTooMuch(SandboxGone):
    """The sandbox was ended because what ran in it passed this limit: another one would end like it."""

    def __init__(self, message: str, limit: Limit) -> None:
        super().__init__(message)
        self.limit = limit


class SandboxLimitMet(SandboxError):
    """What ran in the sandbox met one of its limits."""


class SandboxFileMissing(SandboxError):
    """There is no regular file at that path."""


class SandboxRefused(SandboxError):
    """The request breaks a rule of the sandbox."""


@dataclass(frozen=True)
class SandboxLimits:
    """Caps of one sandbox. Memory and disk count the whole sandbox, the rest each process or command."""

    memory_bytes: int = 2 << 30
    disk_bytes: int = 2 << 30
    # What the kernel keeps for sockets is bounded by the product of these two.
    processes: int = 256
    """Threads count as well: an installer starts one or two for each core, and a browser was seen with 109, beside
    an app and its tests. Whoever meets the limit fails without saying why: `find_fault` does."""
    open_files: int = 512
    file_bytes: int = 1 << 30
    output_bytes: int = 1 << 20
    """Output kept of one command; a command that writes twenty times as much is killed."""


class PackageRegistry(StrEnum):
    """The registries that the packages of an app come from."""

    PYTHON = "python"
    NPM = "npm"


NOBODYS_JOB: Final = JobId(uuid.UUID(int=0))
"""Of a sandbox that this service makes for itself, which is in no list and which only its maker ends."""


@dataclass(frozen=True)
class SandboxRequest:
    """The use that a sandbox is made for."""

    job_id: JobId
    purpose: str = "build"
    # Off unless asked for: an app that is served has nobody to call.
    network: bool = False
    """Opens the way to the package registries, and to nothing else, until `close_network`: for an install."""
    registries: tuple[PackageRegistry, ...] = (PackageRegistry.PYTHON,)
    """Those that the stack of the app installs from."""
    with_venv: bool = False
    """A .venv in the workspace that has the usual packages already, if the provider keeps one: for apps whose
    installer takes an existing one and changes what differs."""
    keeps_data: bool = False
    """What commands write below `data/` is the job's: it outlives the sandbox, and every later one of the job that
    keeps data finds it there. It counts towards `disk_bytes`, and only commands reach it."""
    limits: SandboxLimits = field(default_factory=SandboxLimits)


@dataclass(frozen=True)
class CommandResult:
    """The end of a command. `exit_code` is negative for a signal; `output` is stdout and stderr as they came."""

    exit_code: int
    output: str
    timed_out: bool = False
    truncated: bool = False


OnOutput = Callable[[bytes], None]


class Sandbox(Protocol):
    """One live sandbox. Paths are relative to the workspace, which is also the working directory."""

    @property
    def id(self) -> SandboxId:
        """Names this sandbox to `SandboxRuntime.kill` from any process of the instance."""
        ...

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        """Create or replace whole files (start.sh is executable). SandboxRefused on an unsafe path."""
        ...

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        """The content of a regular file; never follows a link. SandboxFileMissing, SandboxRefused over the cap."""
        ...

    async def run_command(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Run to the end, at most `timeout_s`; then it and all its children are killed. Cancelling kills it."""
        ...

    async def run_background(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        """Start a server that lives until the sandbox is killed. See `background_output` for its output."""
        ...

    def background_output(self) -> str:
        """The last output of the background commands, at most 64 kB."""
        ...

    async def connect(self, port: int) -> socket.socket:
        """A non-blocking connected TCP socket to 127.0.0.1:port inside. ConnectionError when nobody listens."""
        ...

    async def find_fault(self) -> SandboxError | None:
        """What of the sandbox itself explains that something in it failed: it is gone, or a limit was met."""
        ...

    async def close_network(self) -> None:
        """Cut the way to the package registries for good; idempotent. Commands that begin later are told so."""
        ...

    async def pause(self) -> None:
        """Freeze every process; idempotent."""
        ...

    async def resume(self) -> None:
        """Continue after pause; idempotent."""
        ...

    async def set_timeout(self, seconds: float) -> None:
        """Kill the sandbox that many seconds from now unless this is called again."""
        ...

    async def kill(self) -> None:
        """End every process and remove its files; idempotent, also when it is already gone."""
        ...

    async def wait_gone(self) -> None:
        """Return once the sandbox has ended, for whatever reason."""
        ...


class SandboxRuntime(Protocol):
    """Makes sandboxes and finds them again."""

    async def probe(self) -> None:
        """Raise SandboxUnavailable, with the remedy, when no sandbox can be made here."""
        ...

    async def start(self, request: SandboxRequest) -> Sandbox:
        """A fresh sandbox with an empty workspace. SandboxUnavailable when it cannot be made."""
        ...

    async def kill(self, sandbox_id: SandboxId) -> None:
        """End a sandbox by id, whichever process made it, and remove what is left of it; idempotent."""
        ...

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        """Every sandbox of this instance that is alive or has left files behind."""
        ...

    async def list_ended(self) -> Collection[SandboxId]:
        """The sandboxes among them in which nothing runs any more."""
        ...

    async def list_data(self) -> Collection[JobId]:
        """The jobs that data is kept of."""
        ...

    async def remove_data(self, job_id: JobId) -> None:
        """Forget the data of a job; idempotent."""
        ...
