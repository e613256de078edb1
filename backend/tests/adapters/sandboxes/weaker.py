"""Launchers that lack one protection each, to show that it is what protects."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.launch import Launcher
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from app.core.ids import JobId
from app.ports.sandbox import SandboxLimits, SandboxRequest

MakeRuntime = Callable[..., LocalSandboxRuntime]
UNLIMITED = 1 << 50


class WithoutNetworkNamespace(Launcher):
    def isolation(self) -> list[str]:
        return [flag for flag in super().isolation() if flag != "--unshare-net"]

    def watched_memory(self, limits: SandboxLimits) -> int:
        # It would be charged for the sockets of the whole machine.
        return UNLIMITED


class WithoutSeccomp(Launcher):
    def system_calls(self) -> bytes:
        return b""


class WithoutSeccompAndUserNamespaceLock(WithoutSeccomp):
    def isolation(self) -> list[str]:
        return [flag for flag in super().isolation() if flag != "--disable-userns"]


class WithoutSeal(Launcher):
    def seal(self) -> list[str]:
        return []


class WithReadableAgent(Launcher):
    def agent(self) -> bytes:
        before, after = b"PR_SET_DUMPABLE, 0,", b"PR_SET_DUMPABLE, 1,"
        assert before in super().agent()
        return super().agent().replace(before, after)


class WithoutProcessLimit(Launcher):
    def command_limits(self, limits: SandboxLimits) -> dict[str, int]:
        return super().command_limits(limits) | {"RLIMIT_NPROC": 2000}


class WithMessageQueues(Launcher):
    def command_limits(self, limits: SandboxLimits) -> dict[str, int]:
        return super().command_limits(limits) | {"RLIMIT_MSGQUEUE": 819_200}


class WithoutMemoryWatch(Launcher):
    def watched_memory(self, limits: SandboxLimits) -> int:
        return UNLIMITED


class WithoutMemoryLimitOfAProcess(Launcher):
    def command_limits(self, limits: SandboxLimits) -> dict[str, int]:
        return {name: value for name, value in super().command_limits(limits).items() if name != "RLIMIT_DATA"}


class WithoutDrop(WithoutSeal):
    """Only where the tests run as root: the sandbox stays that user."""

    def __init__(self, bwrap: Path, toolchain: Any, *, drop_to: int | None) -> None:
        super().__init__(bwrap, toolchain, drop_to=drop_to)
        self._drop_to = None


@asynccontextmanager
async def started(
    runtime: LocalSandboxRuntime, *, network: bool = False, with_venv: bool = False, **limits: int
) -> AsyncIterator[LocalSandbox]:
    """A sandbox that is gone afterwards."""
    job = JobId(uuid.uuid4())
    request = SandboxRequest(job, network=network, with_venv=with_venv, limits=SandboxLimits(**limits))
    sandbox = await runtime.start(request)
    try:
        yield sandbox
    finally:
        await sandbox.kill()


async def python(
    sandbox: LocalSandbox, code: str, *, env: Mapping[str, str] | None = None, timeout_s: float = 30
) -> str:
    """What a Python program prints inside, with the name of the error that ended it."""
    guarded = f"try:\n{_indent(code)}\nexcept BaseException as error: print(type(error).__name__, error)"
    result = await sandbox.run_command(["python3", "-c", guarded], env=env or {}, timeout_s=timeout_s)
    assert not result.timed_out
    return result.output


def _indent(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.strip().splitlines())


def is_root() -> bool:
    return os.geteuid() == 0
