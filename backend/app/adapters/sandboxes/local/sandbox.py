"""One live sandbox on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.adapters.sandboxes.local.cgroup import Cgroup
from app.adapters.sandboxes.local.channel import Call
from app.adapters.sandboxes.local.command import RunningCommand
from app.adapters.sandboxes.local.egress import Egress
from app.adapters.sandboxes.local.environment import without_network
from app.adapters.sandboxes.local.files import check_files, read_regular
from app.adapters.sandboxes.local.instances import Instance, remove_instance
from app.adapters.sandboxes.local.layout import WRITTEN_BY_APPS
from app.adapters.sandboxes.local.output import Capture, OutputPipe, Tail
from app.adapters.sandboxes.local.processes import ended, in_thread, open_pidfd
from app.adapters.sandboxes.local.startup import Running
from app.adapters.sandboxes.local.watchdog import Excess, ResourceWatch
from app.core.ids import SandboxId
from app.domain.workspace import START_SCRIPT
from app.ports.sandbox import (
    CommandResult,
    Limit,
    OnOutput,
    SandboxError,
    SandboxGone,
    SandboxLimitMet,
    SandboxLimits,
    SandboxRefused,
    SandboxTookTooMuch,
)

CONNECT_TIMEOUT_S: Final = 10.0
NOTICED_S: Final = 1.0
"""A sandbox that loses its files ends a moment after the command that missed them."""
ENDED_S: Final = 10.0
"""The kernel takes back gigabytes from processes that are already dead."""
CORES: Final = 4
"""A command may keep this many of them busy for all of its time."""


@dataclass(frozen=True)
class Terms:
    """The environment and the limits of a sandbox's commands."""

    environment: Mapping[str, str]
    command_limits: Mapping[str, int]
    limits: SandboxLimits
    watched_memory: int
    """Bytes that all processes together may hold."""
    data: Path | None = None


class LocalSandbox:
    """Implements `ports.sandbox.Sandbox`; made by `LocalSandboxRuntime.start` only."""

    def __init__(self, instance: Instance, running: Running, terms: Terms) -> None:
        self._instance = instance
        self._process = running.process
        self._channel = running.channel
        self._terms = terms
        self._environment = terms.environment
        self._egress: Egress | None = None
        self._cgroup: Cgroup | None = None
        self._reason: str | Excess = "it has ended"
        self._tail = Tail()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._workspace = os.open(instance.directory / "workspace", os.O_RDONLY | os.O_DIRECTORY)
        self._pidfds = [
            fd for process in (instance.inner, instance.outer) if (fd := open_pidfd(process)) is not None
        ]
        self._over = asyncio.create_task(self._await_end())
        trees = [instance.directory / room for room in WRITTEN_BY_APPS]
        if terms.data is not None:
            trees.append(terms.data)
        self._resources = ResourceWatch(
            trees,
            instance.inner.pid,
            disk=terms.limits.disk_bytes,
            memory=terms.watched_memory,
            directory=instance.directory,
        )
        self._watch = asyncio.create_task(self._watch_resources())

    @property
    def id(self) -> SandboxId:
        return self._instance.id

    async def settle(self, delegated: Path | None) -> None:
        """Make it known to other processes, and to the kernel where that lets us limit the whole of it."""
        await in_thread(self._instance.save)
        if delegated is not None:
            pids = (self._instance.inner.pid, self._instance.outer.pid)
            name = self._instance.directory.name
            self._cgroup = await in_thread(Cgroup.around, pids, delegated, name, self._terms.limits)

    async def open_egress(self, egress: Egress, port: int) -> None:
        """Let this way out be found on a port inside."""
        answer = await self._channel.ask("listen", port=port)
        listener = socket.socket(fileno=answer.fds[0])
        listener.setblocking(False)
        self._egress = egress
        egress.serve(listener)

    async def find_fault(self) -> SandboxError | None:
        await asyncio.wait({self._over}, timeout=NOTICED_S)
        if not self._instance.has_files:
            self._stop("its files were removed")
            await self.wait_gone()
        try:
            self._require_alive()
            met = (await self._channel.ask("met")).fields["met"]
        except SandboxGone:
            # Its agent may be gone already, and the reason is known once everything in it has ended.
            await asyncio.wait({self._over}, timeout=ENDED_S)
            return self._gone()
        return SandboxLimitMet(f"Sandbox {self.id} met its limit of {' and '.join(met)}.") if met else None

    async def close_network(self) -> None:
        self._require_alive()
        self._environment = without_network(self._environment)
        if self._egress is not None:
            await self._egress.close()

    async def write_files(self, files: Mapping[str, bytes]) -> None:
        self._require_alive()
        check_files(files, total_bytes=self._terms.limits.disk_bytes)
        pack = await in_thread(_pack, files)
        try:
            answer = await self._channel.ask("write", fds=[pack], file_bytes=self._terms.limits.file_bytes)
        except OSError as error:
            raise SandboxRefused(f"the files cannot be written: {error.strerror}") from error
        finally:
            os.close(pack)
        # Such an answer is of a writer that was killed: what runs inside has the same user.
        if "code" in answer.fields:
            raise SandboxRefused("the files cannot be written: something inside ended the writing")

    async def read_file(self, path: str, *, max_bytes: int = 5_000_000) -> bytes:
        self._require_alive()
        return await asyncio.to_thread(read_regular, self._workspace, path, max_bytes=max_bytes)

    async def run_command(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        cpu = int(timeout_s * CORES) + 1
        pipe, call = await self._begin(argv, env, {"RLIMIT_CPU": cpu})
        capture = Capture(self._terms.limits.output_bytes, on_output)
        code = asyncio.create_task(_exit_code(call))

        async def end() -> None:
            await self._channel.ask("end", request=call.request)

        command = RunningCommand(code, end, pipe, capture)
        try:
            return await command.result(timeout_s)
        finally:
            self._keep(command.let_go(self._tail))

    async def run_background(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        pipe, _ = await self._begin(argv, env, {})
        self._keep(self._tail.follow(pipe))

    async def _begin(
        self, argv: Sequence[str], env: Mapping[str, str] | None, more_limits: Mapping[str, int]
    ) -> tuple[OutputPipe, Call]:
        self._require_alive()
        if not argv or not all(isinstance(word, str) for word in argv):
            raise SandboxRefused(f"{argv!r} is not a command")
        pipe = await OutputPipe.open()
        try:
            call = await self._channel.begin(
                "run",
                fds=[pipe.write_fd],
                argv=list(argv),
                env={**self._environment, **(env or {})},
                limits={**self._terms.command_limits, **more_limits},
            )
        except BaseException:
            pipe.close()
            raise
        pipe.handed_on()
        return pipe, call

    def background_output(self) -> str:
        return self._tail.text

    async def connect(self, port: int) -> socket.socket:
        self._require_alive()
        if not 0 < port < 65536:
            raise SandboxRefused(f"{port} is not a port")
        answer = await self._channel.ask("socket")
        connection = socket.socket(fileno=answer.fds[0])
        connection.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        except TimeoutError as error:
            connection.close()
            raise ConnectionRefusedError(f"nothing answers on port {port}") from error
        except BaseException:
            connection.close()
            raise
        return connection

    async def pause(self) -> None:
        self._require_alive()
        await self._channel.ask("freeze")
        self._resources.pause()

    async def resume(self) -> None:
        self._require_alive()
        await self._channel.ask("thaw")
        self._resources.resume()

    async def set_timeout(self, seconds: float) -> None:
        self._require_alive()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._stop, "its time is over")

    async def kill(self) -> None:
        self._stop("it was killed")
        await self.wait_gone()

    async def wait_gone(self) -> None:
        await asyncio.shield(self._over)

    def _stop(self, reason: str | Excess) -> None:
        if not self._channel.closed:
            self._reason = reason
            for fd in self._pidfds:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(fd, signal.SIGKILL)

    def _require_alive(self) -> None:
        if self._channel.closed or self._over.done():
            raise self._gone()

    def _gone(self) -> SandboxGone:
        if isinstance(self._reason, Excess):
            return SandboxTookTooMuch(f"Sandbox {self.id} is gone: {self._reason.words}.", self._reason.limit)
        return SandboxGone(f"Sandbox {self.id} is gone: {self._reason}.")

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:  # Any: what a coroutine is generic in
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch_resources(self) -> None:
        try:
            self._stop(await self._resources.until_exceeded())
        except OSError as error:
            self._stop(f"its files cannot be measured ({error})")

    async def _await_end(self) -> None:
        """Once the first process inside has ended all the others have, and only the traces are left."""
        for fd in self._pidfds:
            await ended(fd)
        # It has ended; this only takes its entry from the kernel.
        self._process.wait()
        if self._channel.over or (self._cgroup and self._cgroup.ran_out_of_memory):
            words = f"it used more than {self._terms.limits.memory_bytes} bytes of memory"
            self._reason = Excess(Limit.MEMORY, words)
        self._channel.close(self._gone)
        if self._timer is not None:
            self._timer.cancel()
        self._watch.cancel()
        if self._egress is not None:
            await self._egress.close()
        await asyncio.gather(self._watch, *self._tasks, return_exceptions=True)
        for fd in [self._workspace, *self._pidfds]:
            os.close(fd)
        await in_thread(remove_instance, self._instance.directory)
        if self._cgroup is not None:
            await in_thread(self._cgroup.remove)


async def _exit_code(call: Call) -> int:
    answer = await call.answer
    return int(answer.fields["code"])


def _pack(files: Mapping[str, bytes]) -> int:
    """A descriptor with a table of the files and then their content."""
    table = [[path, len(content), 0o755 if path == START_SCRIPT else 0o644] for path, content in files.items()]
    fd = os.memfd_create("cofounder")
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(json.dumps(table).encode() + b"\n")
        file.writelines(files.values())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
