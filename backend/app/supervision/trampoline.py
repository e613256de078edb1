"""Started between an owner and its child: ties the child's life to the owner's, then becomes the child.

Run as a script, by path, with the standard library only; its arguments are the owner's pid, the signal to get when
the owner ends, `plain` or `unprivileged`, and the command.
A script rather than `preexec_fn`, which is not safe in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

NAMESPACE_REFUSED = 96
CANNOT_EXECUTE = 97

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534


def _become_nobody(libc: ctypes.CDLL) -> None:
    """Enter a user namespace where root is called nobody: files stay root's, the capabilities are gone."""
    if libc.unshare(_CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    uid, gid = os.geteuid(), os.getegid()
    # Without it the kernel lets nobody write `gid_map` who has no powers outside.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} 0 1")
    if (os.geteuid(), os.getegid()) != (_NOBODY, _NOBODY):
        raise PermissionError(f"still uid {uid}, gid {gid}")


def main(owner: int, death_signal: int, mode: str, argv: list[str]) -> int:
    """Never returns when all is well; an exit status otherwise."""
    libc = ctypes.CDLL(None, use_errno=True)
    # What the owner had blocked stays blocked through a fork and an exec.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if mode == "unprivileged":
        try:
            _become_nobody(libc)
        except OSError as error:
            print(f"cannot enter a user namespace: {error}", file=sys.stderr)
            return NAMESPACE_REFUSED
    # After the namespace: a change of credentials clears the death signal.
    libc.prctl(_PR_SET_PDEATHSIG, death_signal)
    # The owner may have ended before the line above, and will not end again.
    if os.getppid() != owner:
        return 0
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        print(f"cannot execute {argv[0]}: {error}", file=sys.stderr)
    return CANNOT_EXECUTE


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
