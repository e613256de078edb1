"""Measuring and removing a tree that hostile code made: links, closed directories, any depth."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

MAX_DEPTH: Final = 100
ENTRY_BYTES: Final = 4096
"""What an entry counts at least, so that millions of empty files are seen too."""

_DIRECTORY: Final = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class TreeTooDeep(Exception):
    """No app nests directories like this, and following it down would take a descriptor a level."""


@dataclass
class _Level:
    fd: int
    names: list[str]

    @classmethod
    def open(cls, parent: int, name: str) -> Self | None:
        """None when there is no such directory (any more)."""
        fd = open_directory(parent, name)
        return None if fd is None else cls(fd, _names(fd))


def _names(fd: int) -> list[str]:
    with os.scandir(fd) as entries:
        return [entry.name for entry in entries]


def open_directory(parent: int, name: str) -> int | None:
    """A directory for listing and changing, opened up by its owner where it is closed; None when it is none."""
    try:
        handle = os.open(name, os.O_PATH | _DIRECTORY, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        if os.fstat(handle).st_mode & 0o700 != 0o700:
            # By its handle: a link may have taken the place of the name meanwhile.
            Path(f"/proc/self/fd/{handle}").chmod(0o700)
        return os.open(".", os.O_RDONLY | _DIRECTORY, dir_fd=handle)
    finally:
        os.close(handle)


def disk_usage(root: Path) -> int:
    """Bytes that a live tree takes, every entry counting something. Raises TreeTooDeep."""
    total = 0
    linked: set[int] = set()
    top = os.open(root.parent, os.O_RDONLY | _DIRECTORY)
    stack = [level] if (level := _Level.open(top, root.name)) else []
    os.close(top)
    try:
        while stack:
            if not stack[-1].names:
                os.close(stack.pop().fd)
                continue
            total += _descend(stack, linked)
    finally:
        for level in stack:
            os.close(level.fd)
    return total


def _descend(stack: list[_Level], linked: set[int]) -> int:
    """Take one name off the deepest level; a directory becomes the next level."""
    fd, name = stack[-1].fd, stack[-1].names.pop()
    try:
        status = os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if stat.S_ISDIR(status.st_mode):
        if len(stack) >= MAX_DEPTH:
            raise TreeTooDeep(f"directories nested more than {MAX_DEPTH} deep")
        if below := _Level.open(fd, name):
            stack.append(below)
    elif status.st_nlink > 1:
        if status.st_ino in linked:
            return 0
        linked.add(status.st_ino)
    return max(ENTRY_BYTES, status.st_blocks * 512)


def remove_tree(root: Path) -> None:
    """Remove a directory that no hostile code writes to any more, whatever its modes and depth; idempotent.

    It never leaves the directory, and two processes may do it at once. What lies deeper is moved up to the top
    first, so neither depth nor the length of a path matters.
    """
    with suppress(FileNotFoundError):
        parent = os.open(root.parent, os.O_RDONLY | _DIRECTORY)
        try:
            while not _emptied(parent, root.name):
                pass
        finally:
            os.close(parent)


def _emptied(parent: int, name: str) -> bool:
    """True when the directory is gone; False when another process has moved something up meanwhile."""
    top = open_directory(parent, name)
    if top is None:
        return True
    try:
        while names := _names(top):
            for entry in names:
                _remove_entry(top, entry)
    finally:
        os.close(top)
    try:
        os.rmdir(name, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
            raise
        return error.errno == errno.ENOENT
    return True


def _remove_entry(top: int, name: str) -> None:
    fd = open_directory(top, name)
    with suppress(FileNotFoundError):
        if fd is None:
            os.unlink(name, dir_fd=top)
            return
        try:
            for child in _names(fd):
                _take_up(top, fd, child)
        finally:
            os.close(fd)
        os.rmdir(name, dir_fd=top)


def _take_up(top: int, fd: int, child: str) -> None:
    below = open_directory(fd, child)
    with suppress(FileNotFoundError):
        if below is None:
            os.unlink(child, dir_fd=fd)
            return
        os.close(below)
        os.rename(child, secrets.token_hex(8), src_dir_fd=fd, dst_dir_fd=top)
