"""The system calls that nothing in a sandbox needs, as a classic BPF program for seccomp."""

from __future__ import annotations

import errno
import platform
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENT_0, ARGUMENT_1, ARGUMENT_2 = 0, 4, 16, 24, 32
"""Offsets in `struct seccomp_data`; of an argument the low half, which both machines keep first."""

# Those of `clone` for all eight kinds of namespace.
NEW_NAMESPACE_FLAGS: Final = 0x7E020080
# By these a program types into the terminal that it was started from.
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
# Netlink too: glibc asks the kernel by it for the machine's addresses before it resolves a name.
FAMILIES: Final = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
THREAD_FLAG, SHARED_FILES_FLAG, UNSHARE_FLAG = 0x10000, 0x400, 2
X32_BIT: Final = 0x40000000
CLONE3, CLOSE_RANGE = 435, 436

# New system calls have one number on every machine.
_DENIED_EVERYWHERE: Final = {
    "io_uring": (425, 426, 427),
    "mounts": (428, 429, 430, 431, 432, 433, 442),
    "descriptors of others": (438,),
    "quota, secret memory": (443, 447),
}
_DENIED_X86_64: Final = {
    "ptrace": (101, 310, 311, 312),
    "kernel log, personality, ldt": (103, 135, 154),
    "roots and mounts": (155, 161, 165, 166),
    "accounting, swap, reboot, ports": (163, 167, 168, 169, 172, 173, 179),
    "modules and other kernels": (175, 176, 246, 313, 320),
    "keys": (248, 249, 250),
    "memory of others": (256, 279),
    "namespaces": (272, 308),
    "perf, fanotify, handles, bpf, userfaultfd": (298, 300, 303, 304, 321, 323),
    "memory that belongs to no process": (29, 64, 65, 66, 68, 220, 319),
    "requests and watches that a whole user or machine shares": (206, 207, 208, 209, 210, 253, 254, 255, 294, 333),
}
_DENIED_AARCH64: Final = {
    "ptrace": (117, 270, 271, 272),
    "kernel log, personality": (116, 92),
    "roots and mounts": (39, 40, 41, 51),
    "accounting, swap, reboot": (60, 89, 142, 224, 225),
    "modules and other kernels": (104, 105, 106, 273, 294),
    "keys": (217, 218, 219),
    "memory of others": (238, 239),
    "namespaces": (97, 268),
    "perf, fanotify, handles, bpf, userfaultfd": (241, 262, 264, 265, 280, 282),
    "memory that belongs to no process": (186, 190, 191, 192, 193, 194, 279),
    "requests and watches that a whole user or machine shares": (0, 1, 2, 3, 4, 26, 27, 28, 292),
}


class UnknownMachine(Exception):
    """There is no table of system calls for this processor."""


@dataclass(frozen=True)
class Machine:
    """The numbers that differ between processors."""

    audit: int
    denied: tuple[int, ...]
    clone: int
    socket: int
    ioctl: int
    fallocate: int
    has_x32: bool


def _numbers(*tables: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(number for table in tables for group in table.values() for number in group)


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, _numbers(_DENIED_X86_64, _DENIED_EVERYWHERE), 56, 41, 16, 285, has_x32=True),
    "aarch64": Machine(0xC00000B7, _numbers(_DENIED_AARCH64, _DENIED_EVERYWHERE), 220, 198, 29, 47, has_x32=False),
}


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _fail(number: int) -> bytes:
    return _op(RETURN, FAIL | number)


def _when_call(number: int, body: list[bytes]) -> list[bytes]:
    """`body` for this call only. It must return on every way, since it overwrites the loaded call number."""
    return [_op(JUMP_EQUAL, number, 0, len(body)), *body]


def _refuse_unless_in(values: Iterable[int], error: int) -> list[bytes]:
    values = list(values)
    checks = [_op(JUMP_EQUAL, value, len(values) - place) for place, value in enumerate(values)]
    return [*checks, _fail(error), _op(RETURN, ALLOW)]


def build(machine: str | None = None) -> bytes:
    """The program for `machine` (this one by default); UnknownMachine when there is no table for it."""
    name = machine or platform.machine()
    if name not in MACHINES:
        raise UnknownMachine(name)
    table = MACHINES[name]
    program = [_op(LOAD, ARCHITECTURE), _op(JUMP_EQUAL, table.audit, 1, 0), _op(RETURN, KILL), _op(LOAD, NUMBER)]
    # A second numbering of the same calls, which the tables do not know.
    if table.has_x32:
        program += [_op(JUMP_AT_LEAST, X32_BIT, 0, 1), _fail(errno.ENOSYS)]
    for number in table.denied:
        program += _when_call(number, [_fail(errno.EPERM)])
    # A gigabyte reserved in no time outruns every look at the disk. Told this, glibc writes zeros instead.
    program += _when_call(table.fallocate, [_fail(errno.EOPNOTSUPP)])
    # glibc falls back from clone3 to clone, whose flags can be looked at.
    program += _when_call(CLONE3, [_fail(errno.ENOSYS)])
    program += _when_call(
        table.clone,
        [
            _op(LOAD, ARGUMENT_0),
            _op(JUMP_ANY_BIT, NEW_NAMESPACE_FLAGS, 2, 0),
            # What only one thread of a process has open is listed nowhere.
            _op(JUMP_ANY_BIT, THREAD_FLAG, 0, 2),
            _op(JUMP_ANY_BIT, SHARED_FILES_FLAG, 1, 0),
            _fail(errno.EPERM),
            _op(RETURN, ALLOW),
        ],
    )
    unshare = [_op(JUMP_ANY_BIT, UNSHARE_FLAG, 0, 1), _fail(errno.EPERM), _op(RETURN, ALLOW)]
    program += _when_call(CLOSE_RANGE, [_op(LOAD, ARGUMENT_2), *unshare])
    program += _when_call(table.socket, [_op(LOAD, ARGUMENT_0), *_refuse_unless_in(FAMILIES, errno.EAFNOSUPPORT)])
    terminal = [
        _op(JUMP_EQUAL, TIOCSTI, 1, 0),
        _op(JUMP_EQUAL, TIOCLINUX, 0, 1),
        _fail(errno.EPERM),
        _op(RETURN, ALLOW),
    ]
    program += _when_call(table.ioctl, [_op(LOAD, ARGUMENT_1), *terminal])
    return b"".join([*program, _op(RETURN, ALLOW)])
