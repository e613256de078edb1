"""Processes of an instance: told apart by birth, started so that they end with their owner, ended for sure."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals
from typing import IO

import psutil

from app.supervision import trampoline

LOG_CAP = 5_000_000
"""Bytes after which a log starts anew; one older log is kept."""

# An address of a socket has 107 bytes, of which the server's file name takes up to 19.
_SOCKET_DIRECTORY = re.compile(r"[A-Za-z0-9/._-]{1,88}")
_TMP = Path("/tmp")


@dataclass(frozen=True)
class ProcessKey:
    """One process for ever: a pid is used again, a pid with its birth is not."""

    pid: int
    birth: str

    @property
    def alive(self) -> bool:
        """True when this very process runs; a zombie does not."""
        return process_key(self.pid) == self


def boot_id() -> str:
    """Differs after each start of the machine, when pids and ticks begin again."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def process_key(pid: int) -> ProcessKey | None:
    """The key of a running process; None when there is none with this pid, or only a zombie."""
    try:
        text, boot = Path(f"/proc/{pid}/stat").read_text(), boot_id()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = text.rpartition(")")[2].split()
    if state in "ZX":
        return None
    # Ticks since boot: unlike a time of day, they do not move when the clock is set.
    return ProcessKey(pid, f"{boot}:{fields[18]}")


def own_key() -> ProcessKey:
    """The key of this process."""
    key = process_key(os.getpid())
    if key is None:
        raise RuntimeError("/proc does not show this process.")
    return key


def processes_in(directory: Path, name: str) -> list[psutil.Process]:
    """The running processes called `name...` that work in `directory`, whoever started them."""
    place = str(directory.resolve())
    processes = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith(name) and process.cwd() == place:
                processes.append(process)
        except psutil.Error:
            continue
    return processes


def end_processes(processes: Iterable[psutil.Process], *, gently: Signals, grace_s: float) -> None:
    """Ask with `gently`, kill what is left after `grace_s`, and return when none runs (zombies do not run)."""
    living = [process for process in processes if _is_running(process)]
    for kind, seconds in ((gently, grace_s), (SIGKILL, 5.0)):
        for process in living:
            _send_signal(process, kind)
        living = _survivors(living, seconds=seconds)


def _survivors(processes: list[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    wait_until(lambda: not any(map(_is_running, processes)), seconds=seconds)
    return [process for process in processes if _is_running(process)]


def wait_until(claim: Callable[[], bool], *, seconds: float) -> bool:
    """Poll `claim` until it holds; False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send_signal(process: psutil.Process, kind: Signals) -> None:
    try:
        process.send_signal(kind)
    except psutil.NoSuchProcess:
        return


def tied(argv: Sequence[str | Path], *, death_signal: Signals, unprivileged: bool = False) -> list[str]:
    """The command that runs `argv` and gets `death_signal` when this process ends, however it ends.

    Only for the main thread: the kernel sends the signal when the *thread* that started the child ends.
    `unprivileged` takes root's powers away from it and leaves root's files to it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("A process that ends with its owner is started from the main thread only.")
    mode = "unprivileged" if unprivileged else "plain"
    script = [sys.executable, "-I", "-S", trampoline.__file__, str(os.getpid()), str(int(death_signal)), mode]
    return [*script, *map(str, argv)]


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    death_signal: Signals,
    unprivileged: bool = False,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` tied to this process, in its own session (a Ctrl-C is ours alone), talking to `log`."""
    command = tied(argv, death_signal=death_signal, unprivileged=unprivileged)
    with open_log(log) as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )


@contextmanager
def open_log(path: Path) -> Iterator[IO[bytes]]:
    """The log for appending, 0600; one that is over the cap is moved aside first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_CAP:
        path.replace(path.with_suffix(path.suffix + ".1"))
    path.touch(mode=0o600)
    with path.open("ab") as out:
        yield out


def rotate_log(path: Path, *, cap: int = LOG_CAP) -> None:
    """Put a log that is over the cap aside while its writers go on: they append, so it begins anew for them."""
    try:
        if path.stat().st_size > cap:
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            shutil.copyfile(path, draft)
            draft.replace(path.with_suffix(path.suffix + ".1"))
            # Lines that were written since the copy are lost: a log of this size can spare them.
            os.truncate(path, 0)
    except FileNotFoundError:
        return


def tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log; nothing when there is no log."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 8_192))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def socket_directory(directory: Path) -> Path:
    """A directory of ours, 0700, whose path is short and plain enough for a unix socket.

    `directory` itself where possible, else one in /tmp that is the same at every start.
    """
    if _SOCKET_DIRECTORY.fullmatch(str(directory)):
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    candidate = _TMP / f"cofounder-{os.geteuid()}-{digest}"
    with suppress(FileExistsError):
        candidate.mkdir(mode=0o700)
    if _is_private(candidate):
        return candidate
    return Path(tempfile.mkdtemp(prefix=f"cofounder-{os.geteuid()}-", dir=_TMP))


def _is_private(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def package_directory(name: str) -> Path | None:
    """The directory of an installed package, found without importing it (an import would run its code)."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None
