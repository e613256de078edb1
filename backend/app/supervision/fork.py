"""Children that run this program's own code: forked from a process that has imported it once for all of them."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGKILL

from app.core.settings import replace_environment
from app.supervision.process import open_log

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
# The kernel keeps no more.
_NAME_BYTES = 15
_HIGHEST_FD = 65_536
_LISTENING_FD = 3
"""Where a child finds the socket that it listens on."""
_HANDLED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD)


def fork(
    run: Callable[[], int],
    *,
    name: str,
    log: Path,
    environment: Mapping[str, str],
    listener: socket.socket | None = None,
) -> int:
    """Run `run` in a child with this environment, in its own session, talking to `log`; returns the child's pid.

    What `run` returns is the child's exit status. `listener` goes along, for `inherited_listener`. The child is
    killed when this process ends, however it ends, and `ps` and `top` show it under its name. RuntimeError in a
    process that has threads: the child would get their locks, but not them.
    """
    if threading.active_count() != 1:
        names = ", ".join(thread.name for thread in threading.enumerate())
        raise RuntimeError(f"A process with threads ({names}) cannot be forked safely.")
    owner = os.getpid()
    _flush_output()
    _keep_from_collector()
    # A signal that came before the child has let go of the owner's handlers would be lost on it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return pid
    status = 1
    try:
        _leave_owner(owner, name, log, listener)
        replace_environment(environment)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        status = run()
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        # Not sys.exit: what the owner has registered to do at its own end is not the child's to do.
        _flush_output()
        os._exit(status)


def _keep_from_collector() -> None:
    # The garbage collector writes into each object that it looks at. What was imported before a fork would be
    # copied page by page in every child that collects once, 60 MB in the API alone.
    gc.collect()
    gc.freeze()


def _flush_output() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def inherited_listener() -> socket.socket | None:
    """The socket that the owner bound for this child; None in a process that binds its own."""
    return _Inherited.listener


class _Inherited:
    listener: socket.socket | None = None


def _leave_owner(owner: int, name: str, log: Path, listener: socket.socket | None) -> None:
    """Let go of everything that the owner had: its signals, its terminal, its files, its locks."""
    signal.set_wakeup_fd(-1)
    for kind in _HANDLED:
        if signal.getsignal(kind) is not signal.SIG_IGN:
            signal.signal(kind, signal.default_int_handler if kind is signal.SIGINT else signal.SIG_DFL)
    os.setsid()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NAME, name.encode()[:_NAME_BYTES])
    libc.prctl(_PR_SET_PDEATHSIG, SIGKILL)
    # The owner may have ended before the line above, and will not end again.
    if os.getppid() != owner:
        os._exit(0)
    with open_log(log) as out:
        for number in (1, 2):
            os.dup2(out.fileno(), number)
    if listener is None:
        os.closerange(_LISTENING_FD, _HIGHEST_FD)
        return
    os.dup2(listener.detach(), _LISTENING_FD, inheritable=False)
    os.closerange(_LISTENING_FD + 1, _HIGHEST_FD)
    _Inherited.listener = socket.socket(fileno=_LISTENING_FD)
