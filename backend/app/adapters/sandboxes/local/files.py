"""Access from outside to a tree that hostile code writes to: no link is ever followed."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Mapping
from typing import Final

from app.domain.workspace import MAX_FILE_BYTES, UnsafePath, check_paths, safe_path
from app.ports.sandbox import SandboxFileMissing, SandboxRefused

_OPENAT2: Final = 437
_RESOLVE_BENEATH, _RESOLVE_NO_SYMLINKS, _RESOLVE_NO_MAGICLINKS = 0x08, 0x04, 0x02
# Without waiting: a pipe that nobody writes to would hold the reader for ever.
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RETRIES: Final = 10
_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(directory: int, path: str) -> int:
    """Open for reading, below an open directory and through no link of any kind."""
    how = _OpenHow(_READ, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS)
    for _ in range(_RETRIES):
        fd: int = _libc.syscall(
            _OPENAT2, directory, os.fsencode(path), ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if fd >= 0:
            return fd
        # Filters of containers answer a call that they do not know with EPERM.
        if ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):
            return open_by_steps(directory, path)
        # The kernel asks to try again where something was renamed on the way.
        if ctypes.get_errno() != errno.EAGAIN:
            break
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)


def open_by_steps(directory: int, path: str) -> int:
    """The same for kernels and containers without openat2: one directory after the other."""
    *parents, name = path.split("/")
    here = os.dup(directory)
    try:
        for part in parents:
            below = os.open(part, _DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        return os.open(name, _READ, dir_fd=here)
    finally:
        os.close(here)


def check_files(files: Mapping[str, bytes], *, total_bytes: int) -> None:
    """Refuse what may not be written into a workspace."""
    try:
        check_paths(files)
    except UnsafePath as error:
        raise SandboxRefused(str(error)) from error
    for path, content in files.items():
        if len(content) > MAX_FILE_BYTES:
            raise SandboxRefused(f"{path!r} has {len(content)} bytes, more than {MAX_FILE_BYTES}")
    if sum(map(len, files.values())) > total_bytes:
        raise SandboxRefused(f"the files take more than {total_bytes} bytes")


def read_regular(directory: int, path: str, *, max_bytes: int) -> bytes:
    """A regular file. SandboxRefused for a bad path or too large a file, SandboxFileMissing for anything else."""
    try:
        fd = open_beneath(directory, safe_path(path))
    except UnsafePath as error:
        raise SandboxRefused(str(error)) from error
    except OSError as error:
        raise SandboxFileMissing(f"there is no file {path!r} to read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise SandboxFileMissing(f"{path!r} is not a regular file")
    with os.fdopen(fd, "rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise SandboxRefused(f"{path!r} is larger than {max_bytes} bytes")
    return content
